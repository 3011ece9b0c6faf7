import { describe, expect, it } from 'vitest';
import type { Intent } from '../../engine/intent.ts';
import type { TaskContext } from '../task-context.ts';
import { createProjectManagementTicket } from './create-project-management-ticket.ts';
import { createTestSuite } from './create-test-suite.ts';

/* Tickets and test runs have no name that a provider would refuse twice: what an earlier attempt may have made is looked for, for long enough. */

const LAG_MS = 60_000;

interface Situation {
  /** What an earlier attempt wrote down. */
  recorded?: boolean;
  /** Whether the provider shows what an earlier attempt made. */
  shown?: boolean;
  /** Null: no earlier attempt came this far. */
  triedAgoMs: number | null;
}

/** One target, and everything that is done, in order. */
function situation({ recorded = false, shown = false, triedAgoMs }: Situation): { context: TaskContext; did: string[] } {
  const did: string[] = [];
  const target = {
    ...{ id: 'T1', platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' },
    ...{ ticketKey: recorded ? 'SHOP-1' : null, ticketUrl: recorded ? 'https://jira.example/SHOP-1' : null },
    ...{ testRunId: recorded ? '1' : null, testRunUrl: recorded ? 'https://tests.example/1' : null },
  };
  const ticket = { ticketKey: 'SHOP-1', url: 'https://jira.example/SHOP-1' };
  const run = { runId: '1', url: 'https://tests.example/1', status: 'active' };
  const intent: Intent = { repeated: triedAgoMs !== null, since: new Date(0), agoMs: triedAgoMs ?? 0, value: null };
  const say = <T>(what: string, answer: T) => {
    did.push(what);
    return Promise.resolve(answer);
  };
  const services = {
    tickets: {
      visibleWithinMs: async () => LAG_MS,
      findTicket: () => say('look', shown ? ticket : null),
      createTickets: () => say('create', { ANDROID: ticket }),
    },
    testRuns: {
      visibleWithinMs: async () => LAG_MS,
      findTestRun: () => say('look', shown ? run : null),
      createTestRun: () => say('create', run),
    },
    records: { ticketCreated: () => say('record', undefined), testRunCreated: () => say('record', undefined) },
  };
  const context = {
    task: { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' },
    release: {
      ...{ id: 'R1', tenantId: 'T', displayId: 'REL-1', branch: 'release/1.4.0', description: null, platforms: [target] },
      config: { projectManagementConfigId: 'PM', testManagementConfigId: 'TM' },
    },
    services,
    intent: () => say('intend', intent),
    renewIntent: () => say('intend again', undefined),
  };
  // The handlers read no more of their context than this.
  return { context: context as unknown as TaskContext, did };
}

describe.each([
  ['the release tickets', createProjectManagementTicket],
  ['the test runs', createTestSuite],
])('%s', (_what, handler) => {
  it('are created and written down', async () => {
    const { context, did } = situation({ triedAgoMs: null });

    expect(await handler.run(context)).toMatchObject({ kind: 'completed' });
    expect(did).toEqual(['intend', 'create', 'record']);
  });

  it('are taken as they were written down, also while the search does not show them', async () => {
    const { context, did } = situation({ recorded: true, shown: false, triedAgoMs: 1_000 });

    expect(await handler.run(context)).toMatchObject({ kind: 'completed' });
    expect(did).toEqual([]);
  });

  it('are found when an earlier attempt created them', async () => {
    const { context, did } = situation({ shown: true, triedAgoMs: 1_000 });

    expect(await handler.run(context)).toMatchObject({ kind: 'completed' });
    expect(did).toEqual(['intend', 'look', 'record']);
  });

  it('are waited for as long as they may come to light', async () => {
    const { context, did } = situation({ triedAgoMs: LAG_MS - 1 });

    expect(await handler.run(context)).toMatchObject({ kind: 'waiting', reason: 'TIMER' });
    expect(did).toEqual(['intend', 'look']);
  });

  it('are created again after that, and whoever comes next waits anew', async () => {
    const { context, did } = situation({ triedAgoMs: LAG_MS });

    expect(await handler.run(context)).toMatchObject({ kind: 'completed' });
    expect(did).toEqual(['intend', 'look', 'intend again', 'create', 'record']);
  });
});
