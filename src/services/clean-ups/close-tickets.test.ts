import { describe, expect, it } from 'vitest';
import { frozenConfig } from '../../../test/data/release-facts.ts';
import type { TestRun } from '../../integrations/capabilities/test-management.ts';
import type { CleanUpContext } from './clean-up-context.ts';
import { closeTestRun } from './close-tickets.ts';

let locked: string[] = [];

function contextOf(run: TestRun | null, hasLocks = true): CleanUpContext {
  locked = [];
  const provider = {
    displayName: 'Checks',
    testManagement: () => ({ run: async () => run }),
    ...(hasLocks ? { testRunLocking: () => ({ lockRun: async ({ runId }: { runId: string }) => void locked.push(runId) }) } : {}),
  };
  const context = {
    cleanUp: { tenantId: 'tenant', subject: '7' },
    release: { config: frozenConfig({ testManagementConfigId: 'tests' }) },
    db: { rows: async () => [{ integrationId: 'i', projectId: 'p', passThresholdPercent: 90, platforms: '[]' }] },
    open: async () => ({ provider, connection: {}, deps: {} }),
  };
  // The handler reads no more of its context than this.
  return context as unknown as CleanUpContext;
}

const run = (kind: 'active' | 'locked' | 'archived'): TestRun => ({ id: '7', name: 'Release 9', url: 'https://x', state: { kind } });

describe('a test run of a release that was called off', () => {
  it.each([
    ['is active', run('active'), true, 'DONE', ['7']],
    ['is locked already', run('locked'), true, 'DONE', []],
    ['is archived', run('archived'), true, 'DONE', []],
    ['is gone', null, true, 'DONE', []],
    ['has no locks', run('active'), false, 'KEPT', []],
  ] as const)('that %s', async (_what, shown, hasLocks, state, locks) => {
    const result = await closeTestRun(contextOf(shown, hasLocks));

    expect([result.state, locked]).toEqual([state, locks]);
  });

  it('stays where nobody knows the test management any more', async () => {
    const context = contextOf(run('active'));
    const config = frozenConfig({ testManagementConfigId: null });

    expect(await closeTestRun({ ...context, release: { ...context.release, config } })).toMatchObject({ state: 'KEPT' });
  });
});
