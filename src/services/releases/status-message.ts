import { monotonicFactory } from 'ulid';
import type { Sql } from '../../db/client.ts';
import type { NotificationType } from '../../domain/release/notification-data.ts';
import { livingKey } from '../../engine/living.ts';

/** The one message of a release that always shows how it stands. */
export const STATUS_MESSAGE = 'RELEASE_STATUS' satisfies NotificationType;

const deliveryId = monotonicFactory();

/** Begins the status message of a release that has channels, once: a second time changes nothing. */
export async function beginStatusMessage(sql: Sql, release: { tenantId: string; id: string }): Promise<void> {
  await sql.run(
    `INSERT IGNORE INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
     VALUES (?, ?, ?, ?, '{}', ?, 'PENDING', UTC_TIMESTAMP(3))`,
    [deliveryId(), release.tenantId, release.id, STATUS_MESSAGE, livingKey({ type: STATUS_MESSAGE, subjectId: release.id })],
  );
}
