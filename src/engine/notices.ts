import type { Tx } from '../db/client.ts';
import type { Wake } from '../platform/ring.ts';
import { type EngineEvent, type RunDefinitions, runDefinitionOf } from './run-definition.ts';
import { writeDelivery } from './write-delivery.ts';

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
      const wake = await writeDelivery(tx, { ...notice, tenantId, subjectId: event.subjectId });
      if (wake !== null) wakes.push(wake);
    }
  }
  return wakes;
}
