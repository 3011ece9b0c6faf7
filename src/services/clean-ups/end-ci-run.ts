import type { CiRun } from '../../integrations/capabilities/ci.ts';
import { ciOf } from '../connections/ci-metadata.ts';
import type { OpenConnection } from '../connections/connect.ts';
import { again, type CarryOut, type CleanUpContext, type CleanUpResult, done } from './clean-up-context.ts';

interface BuildRow {
  integrationId: string | null;
  handle: string | null;
  workflowId: string | null;
  ref: string;
  correlationId: string;
  dispatchedAt: Date | null;
  dispatchedAgoMs: number;
}

/**
 * Cancels the run of a build nobody waits for any more, and looks until the CI shows that it has ended. A dispatch whose answer was lost is looked
 * for as long as its run may still appear.
 */
export const endCiRun: CarryOut = async (context) => {
  const build = await readBuild(context);
  if (build === undefined || build.integrationId === null || build.dispatchedAt === null) return done('There is no run of it.');
  const open = await context.open('ci-cd', build.integrationId);
  const run = await find(open, build);
  if (run === null) return absent(context, open, build);
  if (build.handle !== run.handle) {
    await context.db.run('UPDATE builds SET handle = ? WHERE tenant_id = ? AND id = ?', [
      ...[run.handle, context.cleanUp.tenantId, context.cleanUp.subject],
    ]);
  }
  const ended = { succeeded: 'SUCCEEDED', failed: 'FAILED', cancelled: 'CANCELLED' } as const;
  const status = run.state.kind in ended ? ended[run.state.kind as keyof typeof ended] : null;
  if (status !== null) {
    await writeEnd(context, status);
    return done(`The run ${run.url ?? run.handle} ${status === 'CANCELLED' ? 'is cancelled' : `had ended: ${status}`}.`);
  }
  await ciOf(open).cancel(run.handle);
  return again(`The CI was asked to cancel ${run.url ?? run.handle}.`, context.pollMs);
};

async function readBuild({ db, cleanUp }: CleanUpContext): Promise<BuildRow | undefined> {
  const [build] = await db.rows<BuildRow>(
    `SELECT integration_id AS integrationId, handle, workflow_id AS workflowId, ref, correlation_id AS correlationId,
            dispatched_at AS dispatchedAt, TIMESTAMPDIFF(MICROSECOND, dispatched_at, UTC_TIMESTAMP(3)) / 1000 AS dispatchedAgoMs
     FROM builds WHERE tenant_id = ? AND id = ?`,
    [cleanUp.tenantId, cleanUp.subject],
  );
  return build;
}

async function find(open: OpenConnection, { handle, workflowId, ref, correlationId, dispatchedAt }: BuildRow): Promise<CiRun | null> {
  if (handle !== null) return ciOf(open).run(handle);
  if (workflowId === null || dispatchedAt === null) return null;
  return ciOf(open).findRun({ workflowId, ref, correlationId, since: dispatchedAt.toISOString() });
}

async function absent(context: CleanUpContext, open: OpenConnection, build: BuildRow): Promise<CleanUpResult> {
  const visibleWithinMs = context.connector.comesToLightWithinMs(ciOf(open).dispatchVisibleWithinMs);
  if (build.handle === null && Number(build.dispatchedAgoMs) <= visibleWithinMs) {
    return again('A run of it may still appear at the CI.', context.pollMs);
  }
  await writeEnd(context, 'CANCELLED');
  return done('The CI knows no run of it.');
}

/** A build that was replaced is CANCELLED already, and stays so. */
async function writeEnd({ db, cleanUp }: CleanUpContext, status: string): Promise<void> {
  await db.run('UPDATE builds SET status = ?, ended_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND ended_at IS NULL', [
    ...[status, cleanUp.tenantId, cleanUp.subject],
  ]);
}
