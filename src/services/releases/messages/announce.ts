import type { Sql, Tx } from '../../../db/client.ts';
import type { NotificationData, NotificationType } from '../../../domain/release/notification-data.ts';
import { writeDelivery } from '../../../engine/write-delivery.ts';
import type { Ring } from '../../../platform/ring.ts';
import type { Caller } from '../../context.ts';
import type { LockedRelease } from '../release-row.ts';

/** Writes the message that a person's command causes, in the command's transaction. Releases without channels have nobody to tell. */
export async function announce<T extends NotificationType>(
  tx: Tx,
  ring: Ring,
  release: LockedRelease,
  type: T,
  data: NotificationData[T],
): Promise<void> {
  if (release.config.commsConfigId === null) return;
  const wake = await writeDelivery(tx, { tenantId: release.tenantId, subjectId: release.id, type, data, dedupeKey: null });
  if (wake !== null) tx.afterCommit(() => ring([wake]));
}

/** How messages call whoever asked. */
export async function nameOf(sql: Sql, caller: Caller): Promise<string | null> {
  const [account] = await sql.rows<{ name: string }>('SELECT display_name AS name FROM accounts WHERE id = ?', [caller.accountId]);
  return account?.name ?? null;
}
