import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import { createDownload } from '../../src/integrations/kit/download.ts';
import { guardFetch, type ProviderCall } from '../../src/integrations/kit/http.ts';
import { createSession } from '../../src/integrations/kit/session.ts';
import { createTokenCache, type TokenCache } from '../../src/integrations/kit/token-cache.ts';
import { createUpload } from '../../src/integrations/kit/upload.ts';
import type { FakeServer } from '../fakes/fake-server.ts';
import { dial } from '../support/dial.ts';
import { type ContractSkip, contractCases } from './contract-case.ts';

/** What every contract suite needs of a provider: its adapter over real HTTP, and power over the other side. */

export interface ConnectOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Tokens obtained earlier, as a process keeps them between attempts; none when absent. */
  tokens?: TokenCache;
  /** The tenant's directory on this machine; none when absent. */
  localRoot?: string;
}

export type FaultyWorld = Pick<FakeServer, 'calls' | 'failNext' | 'clearFaults'>;

export interface AdapterHarness<Subject, World> {
  /** A new instance of the adapter on the same connection, as each task attempt gets one. */
  connect(options?: ConnectOptions): Subject;
  /** Each world of a suite extends `FaultyWorld`. */
  world: World & FaultyWorld;
  /** The credential, which may appear in no error and no observation. */
  secret: string;
  /** Filled by the deps that `connect` uses (see `guardedDeps`). */
  observed: ProviderCall[];
  close(): Promise<void>;
}

/** Deps over the process's own fetch; `observed` collects every call. */
export function guardedDeps(provider: string, observed: ProviderCall[], options: ConnectOptions = {}): AdapterDeps {
  const now = () => new Date();
  const timeoutMs = options.timeoutMs ?? 10_000;
  const door = {
    provider,
    fetch: globalThis.fetch,
    signal: options.signal ?? new AbortController().signal,
    observe: (call: ProviderCall) => void observed.push(call),
    admit: async () => undefined,
  };
  return {
    now,
    fetch: guardFetch({ ...door, timeoutMs }),
    download: createDownload({ ...door, idleMs: timeoutMs, now }),
    upload: createUpload({ ...door, idleMs: timeoutMs }),
    session: createSession({ ...door, connect: dial, timeoutMs }),
    tokens: options.tokens ?? createTokenCache(now),
    localRoot: options.localRoot ?? null,
  };
}

export interface ContractTests<Harness> {
  /** Opens a harness, runs the body, closes it. */
  test(title: string, body: (harness: Harness) => Promise<void>): void;
  /** Last in a suite: a skip of a test that does not exist hides nothing and misleads. */
  end(): void;
}

export function contractTests<Harness extends { close(): Promise<void> }>(
  makeHarness: () => Promise<Harness>,
  skips: readonly ContractSkip[] = [],
): ContractTests<Harness> {
  const { guarantee, end } = contractCases(skips);
  return {
    end,
    test: (title, body) =>
      guarantee(title, async () => {
        const harness = await makeHarness();
        try {
          await body(harness);
        } finally {
          await harness.close();
        }
      }),
  };
}

/** All items of a list that pages. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
