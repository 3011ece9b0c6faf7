import { monotonicFactory } from 'ulid';
import type { Tx } from '../db/client.ts';
import type { Wake } from '../platform/ring.ts';
import { type EngineEvent, type RunDefinitions, runDefinitionOf } from './run-definition.ts';

const deliveryId = monotonicFactory();

/** Writes the deliveries that engine events cause. The dedupe key makes a second writing of the same edge harmless. */
export async function writeNotices(
  tx: Tx,
  definitions: RunDefinitions,
  runKind: string,
  tenantId: string,
  events: readonly EngineEvent[],
): Promise<Wake[]> {
  const wakes: Wake[] = [];
  for (const event of events) {
    for (const notice of runDefinitionOf(definitions, runKind).notices(event)) {
      const id = deliveryId();
      await tx.run(
        `INSERT IGNORE INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
         VALUES (?, ?, ?, ?, ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
        [id, tenantId, event.subjectId, notice.type, JSON.stringify(notice.data), notice.dedupeKey],
      );
      wakes.push({ kind: 'delivery', queue: 'deliveries', id, fence: 0, tenantId });
    }
  }
  return wakes;
}
