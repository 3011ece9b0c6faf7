import type { Database } from '../db/client.ts';
import { parseJson } from '../db/schema/columns.ts';
import { restartingWaits } from '../domain/run.ts';
import { createBatch } from './batch.ts';
import { sourcesOf } from './transitions.ts';
import type { ClaimedTask } from './vocabulary.ts';

interface ClaimOptions {
  db: Database;
  /** This process; on every lease it holds. */
  owner: string;
  leaseMs: number;
}

export type Claim = (wake: { id: string; fence: number }) => Promise<ClaimedTask | null>;

/**
 * Claims tasks by compare-and-set on (id, fence, status), many in one statement.
 *
 * A crash after the UPDATE leaves rows IN_PROGRESS under a lease nobody renews: the lapse sweep hands them on. A lost answer to the UPDATE
 * looks the same from here. Each UPDATE writes a lease of its own name, so the SELECT returns what this very UPDATE claimed: a wake-up that
 * comes twice, even to the same process or in the same statement, is won once.
 */
export function createClaim({ db, owner, leaseMs }: ClaimOptions): Claim {
  let claims = 0;
  return createBatch({ maxSize: 200, maxConcurrent: 2, flush: claimAll });

  async function claimAll(wakes: { id: string; fence: number }[]): Promise<(ClaimedTask | null)[]> {
    const sorted = [...wakes].sort((a, b) => (a.id < b.id ? -1 : 1));
    const ids = sorted.map((wake) => wake.id);
    claims += 1;
    const lease = `${owner}:${claims.toString(36)}`;
    const [changed, rows] = (await db.batch([
      [
        `UPDATE tasks SET
           attempt_started_at = IF(status = 'READY' OR wait_reason IN (?), UTC_TIMESTAMP(3), attempt_started_at),
           attempt = attempt + IF(status = 'READY' OR wait_reason IN (?), 1, 0),
           deadline_at = COALESCE(deadline_at, UTC_TIMESTAMP(3) + INTERVAL (deadline_ms * 1000) MICROSECOND),
           started_at = COALESCE(started_at, UTC_TIMESTAMP(3)),
           status_since = IF(status = 'READY', UTC_TIMESTAMP(3), status_since),
           status = 'IN_PROGRESS', hurried = 0, fence = fence + 1, lease_owner = ?,
           run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
         WHERE id IN (?) AND (id, fence) IN (?) AND status IN (?) AND held = 0 AND run_at <= UTC_TIMESTAMP(3)
         ORDER BY id`,
        [
          ...[restartingWaits, restartingWaits, lease, leaseMs * 1000, ids],
          sorted.map((wake) => [wake.id, wake.fence]),
          sourcesOf('claim'),
        ],
      ],
      [`${selectClaimed} WHERE t.id IN (?) AND t.lease_owner = ? AND t.status = 'IN_PROGRESS'`, [ids, lease]],
    ])) as [number, ClaimedRow[]];
    if (changed === 0) return wakes.map(() => null);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return wakes.map((wake) => {
      const row = byId.get(wake.id);
      if (row === undefined || row.fence !== wake.fence + 1) return null;
      byId.delete(wake.id);
      return toClaimedTask(row);
    });
  }
}

/** As the database answers: JSON may be text. */
export type ClaimedRow = Omit<ClaimedTask, 'input' | 'output' | 'intents'> & Record<'input' | 'output' | 'intents', unknown>;

const selectClaimed = `
  SELECT t.id, t.tenant_id AS tenantId, t.run_id AS runId, r.kind AS runKind, r.subject_id AS subjectId, t.stage_id AS stageId,
         t.stage_attempt AS stageAttempt, t.task_key AS \`key\`, t.type, t.queue, t.fence, t.attempt, t.failures,
         t.max_attempts AS maxAttempts, t.input, t.output, t.external_id AS externalId, t.intents, t.wait_reason AS waitedFor
  FROM tasks t JOIN runs r ON r.id = t.run_id`;

export function toClaimedTask(row: ClaimedRow): ClaimedTask {
  return {
    ...row,
    input: (parseJson(row.input) as Record<string, unknown> | null) ?? {},
    output: parseJson(row.output) as Record<string, unknown> | null,
    intents: (parseJson(row.intents) as ClaimedTask['intents'] | null) ?? {},
  };
}
