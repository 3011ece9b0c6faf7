import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { RunStatus } from '../../domain/run.ts';
import { groupBy } from './group-by.ts';
import type { ReleaseName } from './release-view.ts';

/**
 * Whom releases of a tenant wait for, by id: what their tasks that wait for their turn found last. A query of its own for those that may wait: text of
 * any length among the rows of a page makes the servers keep the page on disk.
 *
 * @param releases `isDue`: whether the kickoff has come, by the database's clock
 */
export async function turnsOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releases: readonly { id: string; runStatus: RunStatus; isDue: number; releaseTag: string | null }[],
): Promise<ReadonlyMap<string, ReleaseName[]>> {
  // At a kickoff that is due and has not happened; and before the stores, which come after the final tag (`why` tells, too, where a person skipped it).
  const mayWait = releases.filter(({ runStatus, isDue, releaseTag }) =>
    runStatus === 'PENDING' ? isDue === 1 : runStatus === 'IN_PROGRESS' && releaseTag !== null,
  );
  if (mayWait.length === 0) return new Map();
  const rows = await sql.rows<{ releaseId: string; output: unknown }>(
    `SELECT r.id AS releaseId, t.output FROM releases r
     JOIN tasks t ON t.run_id = r.run_id AND t.status = 'WAITING' AND t.wait_reason = 'TURN'
     WHERE r.tenant_id = ? AND r.id IN (?)`,
    [tenantId, mayWait.map(({ id }) => id)],
  );
  return new Map([...groupBy(rows, ({ releaseId }) => releaseId)].map(([id, tasks]) => [id, blockedBy(tasks.map(({ output }) => output))]));
}

/** Each once, whichever task waits for it. */
export function blockedBy(outputs: readonly unknown[]): ReleaseName[] {
  const found = outputs.flatMap((output) => (parseJson(output) as { blockedBy?: ReleaseName[] } | null)?.blockedBy ?? []);
  return [...new Map(found.map((name) => [name.id, name])).values()];
}
