import type { Database } from '../../../db/client.ts';
import type { Platform } from '../../../domain/release/vocabulary.ts';
import type { CiRun } from '../../../integrations/capabilities/ci.ts';
import type { CiCdService } from '../ci-cd-service.ts';
import { addressOrNull, type BuildStatus, providerWords, statusOf } from './build-state.ts';

/*
 * CI runs of cycles that are over while nobody has seen the runs end: nobody waits for them any more. Each is found, asked to stop, and looked at
 * until it has ended, so that its build shows how; what it made is not kept.
 *
 * A worker that still executes a task of such a cycle may dispatch this very moment. A build that is not dispatched is closed by the statement
 * that the dispatch needs, too: one of them wins. One that is dispatched and has no handle is searched for until the CI must have shown it.
 */

/** Condition that a cycle has such builds. @param cycle how the query calls `regression_cycles` */
export const leftRunningOf = (cycle: string): string => `
  SELECT 1 FROM release_builds lr JOIN builds lb ON lb.id = lr.build_id
  WHERE lr.tenant_id = ${cycle}.tenant_id AND lr.release_id = ${cycle}.release_id AND lr.cycle_id = ${cycle}.id AND ${isOurs('lb')}`;

/** Runs that people started elsewhere are theirs. */
function isOurs(build: string): string {
  return `${build}.mode = 'CI' AND ${build}.ended_at IS NULL AND ${build}.adopted_by_account_id IS NULL`;
}

export interface SupersededBuild {
  id: string;
  platform: Platform;
  cycle: number;
  integrationId: string;
  workflowId: string;
  ref: string;
  correlationId: string;
  handle: string | null;
  url: string | null;
  reportedStatus: BuildStatus | null;
  dispatchedAt: Date | null;
  /** Milliseconds since the dispatch, by the database's clock. */
  dispatchedAgoMs: number | null;
}

/** Where one stands after a look. */
export type SupersededState =
  | { kind: 'ended'; status: BuildStatus }
  /** It still runs. */
  | { kind: 'running'; handle: string }
  /** Dispatched, and its CI need not show it yet. */
  | { kind: 'not-shown-yet' }
  /** Its CI shows it no more, and nobody knows how it ended. */
  | { kind: 'lost' };

export interface SupersededBuildService {
  /** Those of the cycles up to this one, oldest first. */
  left(release: { tenantId: string; id: string }, through: number): Promise<SupersededBuild[]>;
  /** Looks at its run and writes down what shows. */
  look(tenantId: string, build: SupersededBuild): Promise<SupersededState>;
}

const ENDED: readonly BuildStatus[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

export function createSupersededBuildService(db: Database, cicd: CiCdService): SupersededBuildService {
  async function end(tenantId: string, id: string, status: BuildStatus, words: string | null, undispatched = false): Promise<boolean> {
    const ended = await db.run(
      `UPDATE builds SET status = ?, provider_state = ?, ended_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND id = ? AND ended_at IS NULL${undispatched ? ' AND dispatched_at IS NULL AND handle IS NULL' : ''}`,
      [status, words, tenantId, id],
    );
    return ended === 1;
  }

  async function find(tenantId: string, build: SupersededBuild, since: Date): Promise<CiRun | null> {
    const { integrationId, workflowId, ref, correlationId, id } = build;
    const run = await cicd.find(tenantId, { integrationId, workflowId, displayName: '', inputs: {} }, { ref, correlationId, since });
    if (run !== null)
      await db.run('UPDATE builds SET handle = ? WHERE tenant_id = ? AND id = ? AND handle IS NULL', [run.handle, tenantId, id]);
    return run;
  }

  /** Dispatched, with no answer that named the run. */
  async function search(tenantId: string, build: SupersededBuild, dispatchedAt: Date): Promise<SupersededState> {
    const run = await find(tenantId, build, dispatchedAt);
    if (run !== null) return seen(tenantId, build, run);
    const visibleWithinMs = await cicd.visibleWithinMs(tenantId, build.integrationId);
    if ((build.dispatchedAgoMs ?? 0) <= visibleWithinMs) return { kind: 'not-shown-yet' };
    await end(tenantId, build.id, 'CANCELLED', 'never started');
    return { kind: 'ended', status: 'CANCELLED' };
  }

  async function seen(tenantId: string, build: SupersededBuild, run: CiRun): Promise<SupersededState> {
    const status = run.state.kind === 'succeeded' ? 'SUCCEEDED' : statusOf(run);
    const hasEnded = ENDED.includes(status);
    await db.run(
      `UPDATE builds SET status = ?, provider_state = ?, handle = ?, url = COALESCE(?, url), commit_sha = COALESCE(?, commit_sha),
         ended_at = ${hasEnded ? 'UTC_TIMESTAMP(3)' : 'NULL'} WHERE tenant_id = ? AND id = ? AND ended_at IS NULL`,
      [status, providerWords(run, true), run.handle, addressOrNull(run.url), run.commit, tenantId, build.id],
    );
    return hasEnded ? { kind: 'ended', status } : { kind: 'running', handle: run.handle };
  }

  return {
    left({ tenantId, id }, through) {
      return db.rows<SupersededBuild>(
        `SELECT b.id, b.platform, c.number AS cycle, b.integration_id AS integrationId, b.workflow_id AS workflowId, b.ref,
                b.correlation_id AS correlationId, b.handle, b.url, b.reported_status AS reportedStatus, b.dispatched_at AS dispatchedAt,
                TIMESTAMPDIFF(MICROSECOND, b.dispatched_at, UTC_TIMESTAMP(3)) / 1000 AS dispatchedAgoMs
         FROM release_builds r JOIN builds b ON b.id = r.build_id JOIN regression_cycles c ON c.id = r.cycle_id
         WHERE r.tenant_id = ? AND r.release_id = ? AND c.number <= ? AND ${isOurs('b')} ORDER BY b.id`,
        [tenantId, id, through],
      );
    },

    async look(tenantId, build) {
      if (build.handle === null && build.dispatchedAt === null) {
        if (await end(tenantId, build.id, 'CANCELLED', 'never started', true)) return { kind: 'ended', status: 'CANCELLED' };
        // It was dispatched in this very moment.
        return { kind: 'not-shown-yet' };
      }
      if (build.handle === null) return search(tenantId, build, build.dispatchedAt ?? new Date(0));
      const run = await cicd.run(tenantId, build.integrationId, build.handle);
      if (run !== null) return seen(tenantId, build, run);
      const { reportedStatus } = build;
      if (reportedStatus === null || !ENDED.includes(reportedStatus)) return { kind: 'lost' };
      await end(tenantId, build.id, reportedStatus, 'as CI reported');
      return { kind: 'ended', status: reportedStatus };
    },
  };
}
