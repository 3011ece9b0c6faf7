import { monotonicFactory } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { NotificationData, NotificationType } from '../../domain/release/notification-data.ts';
import { markChanged } from '../../engine/living.ts';
import type { Ring } from '../../platform/ring.ts';
import { STATUS_MESSAGE } from '../releases/status-message.ts';
import type { ReleaseContext } from './release-source.ts';

const deliveryId = monotonicFactory();

export interface Message<T extends NotificationType = NotificationType> {
  type: T;
  data: NotificationData[T];
  /** One message per key, however often it is caused. */
  dedupeKey: string;
}

/** Writes what a handler's finding has to tell people, in the finding's transaction, and has the release's living message told anew. */
export async function tell(
  tx: Tx,
  ring: Ring,
  release: Pick<ReleaseContext, 'id' | 'tenantId' | 'config'>,
  messages: readonly Message[],
): Promise<void> {
  const { id: subjectId, tenantId } = release;
  markChanged(tx, [{ tenantId, subjectId, type: STATUS_MESSAGE }]);
  if (release.config.commsConfigId === null) return;
  for (const { type, data, dedupeKey } of messages) {
    const id = deliveryId();
    const written = await tx.run(
      `INSERT IGNORE INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
       VALUES (?, ?, ?, ?, ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
      [id, tenantId, subjectId, type, JSON.stringify(data), dedupeKey],
    );
    if (written > 0) tx.afterCommit(() => ring([{ kind: 'delivery', queue: 'deliveries', id, fence: 0, tenantId }]));
  }
}
