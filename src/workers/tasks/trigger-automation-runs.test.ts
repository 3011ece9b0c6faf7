import { describe, expect, it } from 'vitest';
import { frozenConfig } from '../../../test/data/release-facts.ts';
import type { Build } from '../../services/execution/builds/build-service.ts';
import type { TaskContext } from '../task-context.ts';
import { triggerAutomationRuns } from './trigger-automation-runs.ts';

/** A release for Android whose automated tests stand like this after the look. */
function contextOf(build: Partial<Build>): TaskContext {
  const workflows = [{ platform: 'ANDROID' as const, workflowType: 'AUTOMATION_BUILD' as const }];
  const context = {
    task: { id: 'T', input: { cycle: 1 } },
    release: {
      ...{ id: 'R', tenantId: 'tenant', branch: 'release/1.4.0', releaseTag: null },
      platforms: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' }],
      cycles: [{ id: 'C', number: 1, status: 'IN_PROGRESS', rcTag: 'v1.4.0-rc.1', rcCommit: 'a'.repeat(40) }],
      config: frozenConfig({ workflows }),
    },
    services: { builds: { follow: async () => ({ id: 'B', status: 'QUEUED', handle: null, url: null, ...build }) } },
    pollMs: 60_000,
  };
  // The handler reads no more of its context than this.
  return context as unknown as TaskContext;
}

describe('starting the automated tests', () => {
  it('is done once every run is known to its CI', async () => {
    expect(await triggerAutomationRuns.run(contextOf({ handle: '7' }))).toMatchObject({ kind: 'completed' });
  });

  it('waits for a run that the CI does not show yet', async () => {
    expect(await triggerAutomationRuns.run(contextOf({}))).toMatchObject({ kind: 'waiting', reason: 'CALLBACK' });
  });

  it.each(['SUCCEEDED', 'FAILED', 'CANCELLED'] as const)('is done for a run that is %s and that the CI never showed', async (status) => {
    expect(await triggerAutomationRuns.run(contextOf({ status }))).toMatchObject({ kind: 'completed', output: { runs: [{ status }] } });
  });
});
