import { ProviderError } from '../integrations/kit/provider-error.ts';
import type { ReleasePlatform } from '../services/execution/release-source.ts';
import type { DoneFinding } from '../services/releases/tasks/verify-done.ts';
import { storeTargetOf } from './store-target.ts';
import type { DoneContext } from './task-context.ts';

/* What was made elsewhere has no mark of ours: people say which it is, and it is looked up by that. */

const NOTHING_TO_KEEP = async () => undefined;

/** A ticket for each platform: those the person names, else those the release has. */
export async function ticketsDone({ release, services, said }: DoneContext): Promise<DoneFinding> {
  const { tenantId, config, platforms } = release;
  const configId = config.projectManagementConfigId;
  if (configId === null) return { done: true, output: { tickets: [] }, keep: NOTHING_TO_KEEP };
  const tickets: { id: string; platform: string; key: string; url: string }[] = [];
  for (const { id, platform, ticketKey } of platforms) {
    const key = namedFor(said.tickets, platform, 'key') ?? ticketKey;
    if (key === null) return { done: false, found: `no ticket is named for ${platform} (output.tickets: platform and key).` };
    const ticket = await orNull(() => services.tickets.standing({ tenantId, configId, platform, ticketKey: key }), key);
    if (ticket === null) return { done: false, found: `there is no ticket ${key}.` };
    tickets.push({ id, platform, key: ticket.key, url: ticket.url });
  }
  return {
    done: true,
    output: { tickets: tickets.map(({ id: _id, ...ticket }) => ticket) },
    async keep() {
      for (const { id, key, url } of tickets) await services.records.ticketCreated({ tenantId, id }, { ticketKey: key, url });
    },
  };
}

/** A test run for each platform, likewise. */
export async function testRunsDone({ release, services, said }: DoneContext): Promise<DoneFinding> {
  const { tenantId, config, platforms } = release;
  const { testManagementConfigId } = config;
  if (testManagementConfigId === null) return { done: true, output: { testRuns: [] }, keep: NOTHING_TO_KEEP };
  const testRuns: { id: string; platform: string; runId: string; url: string }[] = [];
  for (const { id, platform, testRunId } of platforms) {
    const runId = namedFor(said.testRuns, platform, 'runId') ?? testRunId;
    if (runId === null) return { done: false, found: `no test run is named for ${platform} (output.testRuns: platform and runId).` };
    const run = await services.testRuns.testRun({ tenantId, testManagementConfigId, runId });
    if (run === null) return { done: false, found: `there is no test run ${runId}.` };
    testRuns.push({ id, platform, runId: run.id, url: run.url });
  }
  return {
    done: true,
    output: { testRuns: testRuns.map(({ id: _id, ...run }) => run) },
    async keep() {
      for (const { id, runId, url } of testRuns) await services.records.testRunCreated({ tenantId, id }, { runId, url });
    },
  };
}

const SUBMITTED: readonly string[] = ['in-review', 'approved', 'processing', 'rolling-out', 'halted', 'live', 'superseded'];
const OUT: readonly string[] = ['live', 'superseded'];

/** The store has the version for review, or past it. */
export const submissionDone = (context: DoneContext) => shownByStore(context, SUBMITTED, 'in review');
/** Everybody has got the version, or a later one. */
export const rolloutDone = (context: DoneContext) => shownByStore(context, OUT, 'live');

async function shownByStore({ release, task, services }: DoneContext, wanted: readonly string[], word: string): Promise<DoneFinding> {
  const { store, platform } = storeTargetOf(release, task.input);
  const { appStore, app } = await services.stores.open(release.tenantId, store);
  const seen = await appStore.findRelease({ app, version: platform.version, buildNumber: null });
  const what = `${platform.version} on ${store.target}`;
  if (seen === null) return { done: false, found: `the store shows no ${what}.` };
  if (!wanted.includes(seen.state.kind)) return { done: false, found: `the store shows ${what} as ${seen.state.kind}, not ${word}.` };
  return {
    done: true,
    output: { target: store.target, version: platform.version, state: seen.state.kind, url: seen.url },
    keep: NOTHING_TO_KEEP,
  };
}

/** From what a person says: `[{platform: 'IOS', key: 'APP-1'}, …]`. */
function namedFor(said: unknown, platform: ReleasePlatform['platform'], field: string): string | null {
  const entries: unknown[] = Array.isArray(said) ? said : [];
  for (const entry of entries) {
    const named = new Map(Object.entries(entry ?? {}));
    const value: unknown = named.get(field);
    if (named.get('platform') === platform && (typeof value === 'string' || typeof value === 'number')) return String(value);
  }
  return null;
}

/** Services say not-found of a ticket in words that name it; of a connection or a config they do not. */
async function orNull<T>(ask: () => Promise<T>, key: string): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not-found' && error.message.includes(key)) return null;
    throw error;
  }
}
