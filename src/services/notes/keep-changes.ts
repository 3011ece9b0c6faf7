import type { Tx } from '../../db/client.ts';
import type { ShippedChange } from '../../domain/notes/shipped-changes.ts';

const CHUNK = 1000;
const KEY_CHARS = 128;

/**
 * Writes down by which words a release is found, in the transaction of its notes. Written again they replace those of the same candidate; what an
 * earlier candidate had already stays with that one.
 * @param cycle 0 = what only the final notes know of
 */
export async function keepChanges(
  tx: Tx,
  { tenantId, id: releaseId }: { tenantId: string; id: string },
  cycle: number,
  changes: readonly ShippedChange[],
): Promise<void> {
  await tx.run('DELETE FROM release_changes WHERE tenant_id = ? AND release_id = ? AND first_cycle = ?', [tenantId, releaseId, cycle]);
  const rows = changes.filter(({ key }) => key.length <= KEY_CHARS).map(({ kind, key }) => [tenantId, kind, key, releaseId, cycle]);
  for (let from = 0; from < rows.length; from += CHUNK) {
    await tx.run(
      `INSERT INTO release_changes (tenant_id, kind, change_key, release_id, first_cycle) VALUES ?
       ON DUPLICATE KEY UPDATE first_cycle = CASE WHEN VALUES(first_cycle) = 0 THEN first_cycle WHEN first_cycle = 0 THEN VALUES(first_cycle)
         ELSE LEAST(first_cycle, VALUES(first_cycle)) END`,
      [rows.slice(from, from + CHUNK)],
    );
  }
}
