import type { Provider } from '../../integrations/kit/define-provider.ts';

/** The members of a manifest that make an adapter. */
const factories = [
  'sourceControl',
  'sourceArchive',
  'releaseObjects',
  'ci',
  'issueTracker',
  'testManagement',
  'testRunLocking',
  'testCatalogue',
  'messaging',
  'messageHistory',
  'messageEditing',
  'channelDirectory',
  'peopleDirectory',
  'ephemeralReply',
  'fileSharing',
  'appStore',
  'stagedRollout',
  'storeUpload',
  'submissionWithdrawal',
  'appCatalogue',
  'deployTarget',
  'trafficRouter',
  'metricsSource',
  'schemaMigrator',
  'jobRunner',
  'webhookRegistrar',
] as const satisfies readonly (keyof Provider)[];

/** Answers the error to throw in place of the one an adapter threw. */
export type Attribute = (error: unknown) => Promise<unknown>;

/** The same manifest, whose adapters' errors go through `attribute`: adapters do not know which stored connection they serve. */
export function attributeErrors(provider: Provider, attribute: Attribute): Provider {
  const attributed: Record<string, unknown> = { ...provider };
  for (const name of factories) {
    const factory = provider[name];
    if (factory === undefined) continue;
    attributed[name] = (...args: Parameters<typeof factory>) => watched(factory(...args), attribute);
  }
  // Only factories were replaced, each by one of the same shape.
  return attributed as unknown as Provider;
}

function watched<Adapter extends object>(adapter: Adapter, attribute: Attribute): Adapter {
  return new Proxy(adapter, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => watchedResult(member.apply(target, args), attribute);
    },
  });
}

function watchedResult(result: unknown, attribute: Attribute): unknown {
  if (result instanceof Promise) {
    return result.catch(async (error: unknown) => {
      throw await attribute(error);
    });
  }
  return isAsyncIterable(result) ? watchedPages(result, attribute) : result;
}

async function* watchedPages(pages: AsyncIterable<unknown>, attribute: Attribute): AsyncGenerator<unknown> {
  try {
    yield* pages;
  } catch (error) {
    throw await attribute(error);
  }
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
