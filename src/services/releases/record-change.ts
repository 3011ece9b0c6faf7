import type { Database } from '../../db/client.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { actorOf, type Caller } from '../context.ts';
import { lockRelease } from './release-row.ts';

interface RepositoryChange {
  why: string | null;
  /** The first names the change: one that is recorded already is not recorded again. */
  items: readonly [HistoryItem, ...HistoryItem[]];
}

/**
 * Writes down what somebody had done to the repository of a release. A process that died between the provider's answer and this wrote nothing;
 * whoever asks again finds it done, and then it is written.
 */
export function recordChange(db: Database, caller: Caller, releaseId: string, { why, items }: RepositoryChange): Promise<void> {
  return db.transact(async (tx) => {
    const { id, tenantId } = await lockRelease(tx, caller, releaseId);
    const [{ field, after }] = items;
    const known = await tx.rows(
      `SELECT 1 FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.tenant_id = ? AND h.scope_id = ? AND i.field = ? AND i.value_after = ? LIMIT 1`,
      [tenantId, id, field, after],
    );
    if (known.length > 0) return;
    await writeHistory(tx, [
      { tenantId, scopeId: id, entityType: 'release', entityId: id, action: 'UPDATE', actor: actorOf(caller), why, items },
    ]);
  });
}
