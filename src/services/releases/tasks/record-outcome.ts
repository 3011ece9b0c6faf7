import type { Tx } from '../../../db/client.ts';
import { writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import { isoOrNull } from '../instant.ts';

/** Of one release. */
interface ReleaseKey {
  tenantId: string;
  id: string;
}

const columns = { forkCommit: 'fork_commit', releaseTag: 'release_tag' } as const;

/** What the work on a release brought about, with its history; what is known already is not told again. */
export async function recordOutcome(tx: Tx, { tenantId, id }: ReleaseKey, field: keyof typeof columns, after: string): Promise<void> {
  const column = columns[field];
  const [row] = await tx.rows<{ before: string | null }>(
    `SELECT ${column} AS \`before\` FROM releases WHERE tenant_id = ? AND id = ? FOR UPDATE`,
    [tenantId, id],
  );
  if (row === undefined || row.before === after) return;
  await tx.run(`UPDATE releases SET ${column} = ? WHERE tenant_id = ? AND id = ?`, [after, tenantId, id]);
  await tell(tx, { tenantId, id }, field, row.before, after);
}

/** Every target is live. The first instant stays. */
export async function recordReleased(tx: Tx, { tenantId, id }: ReleaseKey): Promise<void> {
  const [row] = await tx.rows<{ before: Date | null; now: Date }>(
    'SELECT release_date AS `before`, UTC_TIMESTAMP(3) AS now FROM releases WHERE tenant_id = ? AND id = ? FOR UPDATE',
    [tenantId, id],
  );
  if (row === undefined || row.before !== null) return;
  await tx.run('UPDATE releases SET release_date = ? WHERE tenant_id = ? AND id = ?', [row.now, tenantId, id]);
  await tell(tx, { tenantId, id }, 'releaseDate', null, isoOrNull(row.now));
}

const tell = (tx: Tx, { tenantId, id }: ReleaseKey, field: string, before: string | null, after: string | null) =>
  writeHistory(tx, [
    {
      ...{ tenantId, scopeId: id, entityType: 'release', entityId: id, action: 'UPDATE', actor: engineActor },
      items: [{ field, before, after }],
    },
  ]);
