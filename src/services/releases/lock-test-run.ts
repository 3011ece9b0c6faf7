import type { Platform } from '../../domain/release/vocabulary.ts';
import type { TestRun } from '../../integrations/capabilities/test-management.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { OpenConnection } from '../connections/connect.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict, notFound } from '../service-error.ts';
import { findTestProject } from '../test-management-configs/test-project.ts';
import { advise, mayBeDone } from './advise.ts';
import { platformsOf } from './platform-view.ts';
import { recordChange } from './record-change.ts';
import { type LockedRelease, lockRelease, stagesOf } from './release-row.ts';

const advice = {
  ...mayBeDone,
  forbidden: 'Locking may need more rights than running tests: give them to the user of the integration, or lock the run there by hand.',
  conflict: 'Nothing was locked; see to the run in the test management.',
  'not-found': 'Nothing was locked: it was removed in the test management.',
};

/**
 * Locks the test runs of a platform of a release, so that its results stand. A run that is locked already stays as it is.
 * @throws ServiceError not-found for a platform without a run; conflict while regression is not over
 */
export async function lockTestRuns(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  { releaseId, platform }: { releaseId: string; platform: Platform },
  { reason }: { reason?: string | undefined },
): Promise<{ items: TestRun[] }> {
  authorise(caller, 'release:update');
  const { configId, runIds } = await deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseWhileTested(release, (await stagesOf(tx, release.run.id)).get('REGRESSION')?.status);
    const targets = (await platformsOf(tx, caller.tenantId, [release.id])).get(release.id) ?? [];
    const runs = targets.flatMap((target) => (target.platform === platform && target.testRun !== null ? [target.testRun.id] : []));
    return { configId: release.config.testManagementConfigId, runIds: [...new Set(runs)] };
  });
  const project = configId === null ? null : await findTestProject(deps.db, caller.tenantId, configId);
  if (project === null || runIds.length === 0) throw notFound(`A test run of ${platform}`);
  const connection = { category: 'test-management' as const, tenantId: caller.tenantId, id: project.integrationId };
  const items: TestRun[] = [];
  for (const runId of runIds) {
    const run = await advise(advice, () => askConnection(deps, connection, (open) => lock(open, { projectId: project.projectId, runId })));
    await recordChange(deps.db, caller, releaseId, {
      why: reason ?? null,
      items: [{ field: 'testRunLocked', before: null, after: run.url }],
    });
    items.push(run);
  }
  return { items };
}

/** The gate takes no results of a locked run, and a lock may be for good. */
function refuseWhileTested({ displayId, run }: LockedRelease, regression: string | undefined): void {
  if (regression === 'COMPLETED' || run.status === 'COMPLETED' || run.status === 'CANCELLED') return;
  throw conflict(`The regression of ${displayId} is not over: its test runs are locked once the candidate is approved.`);
}

function lock({ provider, connection, deps }: OpenConnection, run: { projectId: string; runId: string }): Promise<TestRun> {
  const locking = provider.testRunLocking?.(connection, deps);
  if (locking === undefined) throw lacks(provider, 'locks for test runs');
  return locking.lockRun(run);
}
