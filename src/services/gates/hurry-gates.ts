import type { Tx } from '../../db/client.ts';
import { gateTasks } from '../../domain/release/gate-rules.ts';
import { hurry } from '../../engine/signal.ts';
import type { Ring } from '../../platform/ring.ts';

/** What a gate looks at has changed: it looks now, not when its turn comes. */
export async function hurryGates(tx: Tx, ring: Ring, runId: string): Promise<void> {
  const gates = await tx.rows<{ id: string }>(
    `SELECT id FROM tasks WHERE run_id = ? AND type IN (?) AND status IN ('WAITING', 'IN_PROGRESS')`,
    [runId, Object.values(gateTasks)],
  );
  const wakes = await hurry(
    tx,
    gates.map(({ id }) => id),
  );
  tx.afterCommit(() => ring(wakes));
}
