import type { Tx } from '../../db/client.ts';
import type { NotificationData, NotificationType } from '../../domain/release/notification-data.ts';
import { markChanged } from '../../engine/living.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';
import type { Ring } from '../../platform/ring.ts';
import { STATUS_MESSAGE } from '../releases/messages/status-message.ts';
import type { ReleaseContext } from './release-source.ts';

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
  for (const message of messages) {
    const wake = await writeDelivery(tx, { ...message, tenantId, subjectId });
    if (wake !== null) tx.afterCommit(() => ring([wake]));
  }
}
