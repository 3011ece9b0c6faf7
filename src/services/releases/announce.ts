import { monotonicFactory } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import type { NotificationData, NotificationType } from '../../domain/release/notification-data.ts';
import type { Ring } from '../../platform/ring.ts';
import type { Caller } from '../context.ts';
import type { LockedRelease } from './release-row.ts';

const deliveryId = monotonicFactory();

/** Writes the message that a person's command causes, in the command's transaction. Releases without channels have nobody to tell. */
export async function announce<T extends NotificationType>(
  tx: Tx,
  ring: Ring,
  release: LockedRelease,
  type: T,
  data: NotificationData[T],
): Promise<void> {
  if (release.config.commsConfigId === null) return;
  const id = deliveryId();
  await tx.run(
    `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
     VALUES (?, ?, ?, ?, ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
    [id, release.tenantId, release.id, type, JSON.stringify(data), `${type}/${id}`],
  );
  tx.afterCommit(() => ring([{ kind: 'delivery', queue: 'deliveries', id, fence: 0, tenantId: release.tenantId }]));
}

/** How messages call whoever asked. */
export async function nameOf(sql: Sql, caller: Caller): Promise<string | null> {
  const [account] = await sql.rows<{ name: string }>('SELECT display_name AS name FROM accounts WHERE id = ?', [caller.accountId]);
  return account?.name ?? null;
}
