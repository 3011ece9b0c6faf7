import { monotonicFactory } from 'ulid';
import type { Sql } from '../db/client.ts';
import type { Wake } from '../platform/ring.ts';

const deliveryId = monotonicFactory();

export interface NewDelivery {
  tenantId: string;
  /** What it is about. */
  subjectId: string;
  type: string;
  data: unknown;
  /** One message per key, however often it is caused; null = each time is one of its own. */
  dedupeKey: string | null;
}

/** Writes a message to people, due at once, in the transaction that causes it. @returns what to ring after the commit; null = it is there already */
export async function writeDelivery(sql: Pick<Sql, 'run'>, delivery: NewDelivery): Promise<Wake | null> {
  const { tenantId, subjectId, type, data } = delivery;
  const id = deliveryId();
  const written = await sql.run(
    `INSERT IGNORE INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
     VALUES (?, ?, ?, ?, ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
    [id, tenantId, subjectId, type, JSON.stringify(data), delivery.dedupeKey ?? `${type}/${id}`],
  );
  return written === 0 ? null : { kind: 'delivery', queue: 'deliveries', id, fence: 0, tenantId };
}
