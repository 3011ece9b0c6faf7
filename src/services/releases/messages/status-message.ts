import type { Sql } from '../../../db/client.ts';
import type { NotificationType } from '../../../domain/release/notification-data.ts';
import { livingKey } from '../../../engine/living.ts';
import { writeDelivery } from '../../../engine/write-delivery.ts';

/** The one message of a release that always shows how it stands. */
export const STATUS_MESSAGE = 'RELEASE_STATUS' satisfies NotificationType;

/** Begins the status message of a release that has channels, once: a second time changes nothing. */
export async function beginStatusMessage(sql: Sql, release: { tenantId: string; id: string }): Promise<void> {
  const about = { type: STATUS_MESSAGE, subjectId: release.id };
  await writeDelivery(sql, { ...about, tenantId: release.tenantId, data: {}, dedupeKey: livingKey(about) });
}
