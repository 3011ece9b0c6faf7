import { ulid } from 'ulid';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import type { ClaimedTask } from '../../src/engine/vocabulary.ts';
import type { ApiHarness } from './harness.ts';

export interface Looking {
  task: ClaimedTask;
  settle: Engine['settle'];
}

/** A worker that looks at the task this very moment: it has claimed it and not settled. */
export async function lookAt({ db, deps }: ApiHarness, taskId: string): Promise<Looking> {
  const engine = createEngine({
    ...{ db, ring: deps.ring, definitions: deps.definitions, owner: ulid(), leaseMs: 60_000, backoff: { baseMs: 1, maxMs: 1 } },
  });
  await db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [taskId]);
  const [row] = await db.rows<{ fence: number }>('SELECT fence FROM tasks WHERE id = ?', [taskId]);
  const task = await engine.claim({ id: taskId, fence: row?.fence ?? -1 });
  if (task === null) throw new Error('the task is not due');
  return { task, settle: engine.settle };
}
