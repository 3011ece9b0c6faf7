import { createEngine } from '../../src/engine/create-engine.ts';
import { createReleaseRecords } from '../../src/services/execution/release-records.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import { createTurnService } from '../../src/services/execution/stores/turn-service.ts';
import { releaseRunDefinition } from '../../src/services/releases/release-run.ts';
import type { TaskContext } from '../../src/workers/task-context.ts';
import { waitForTurn } from '../../src/workers/tasks/wait-for-turn.ts';
import type { ApiHarness } from './harness.ts';

interface TaskRow {
  id: string;
  status: string;
  waitReason: string | null;
  fence: number;
  due: number;
}

export interface TurnsWorld {
  /** A worker's look at whether it is the release's turn, when its time has come. @returns whether it took the task */
  look(releaseId: string): Promise<boolean>;
  /** Makes the wait due, as its poll does. */
  poll(releaseId: string): Promise<void>;
  waiting(releaseId: string): Promise<TaskRow>;
  /** Plans the run if it is due; a process that was not rung finds it by its sweep. */
  plan(releaseId: string): Promise<void>;
}

/** The waits of an API's releases, executed by the engine with their real handler. */
export function turnsWorld({ db, deps }: ApiHarness): TurnsWorld {
  const backoff = { baseMs: 1, maxMs: 1 };
  const definitions = new Map([[releaseRunDefinition.kind, releaseRunDefinition]]);
  const engine = createEngine({ db, ring: deps.ring, definitions, owner: 'turns', leaseMs: 60_000, backoff });
  const releases = createReleaseSource(db);
  const turns = createTurnService(db, deps.ring);
  const records = createReleaseRecords(db);

  async function waiting(releaseId: string): Promise<TaskRow> {
    const [row] = await db.rows<TaskRow>(
      `SELECT t.id, t.status, t.wait_reason AS waitReason, t.fence, (t.run_at IS NOT NULL AND t.run_at <= UTC_TIMESTAMP(3)) AS due
       FROM tasks t JOIN runs n ON n.id = t.run_id WHERE n.subject_id = ? AND t.type = 'WAIT_FOR_TURN'`,
      [releaseId],
    );
    if (row === undefined) throw new Error('the release waits for nobody');
    return row;
  }

  return {
    waiting,
    async look(releaseId) {
      const task = await engine.claim(await waiting(releaseId));
      if (task === null) return false;
      // The handler uses nothing else.
      const context = {
        task,
        release: await releases.load(releaseId),
        services: { turns, records },
        pollMs: 60_000,
      } as unknown as TaskContext;
      await engine.settle({ task, outcome: await waitForTurn.run(context), handOver: false });
      return true;
    },
    async poll(releaseId) {
      const { id } = await waiting(releaseId);
      await db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE id = ?', [id]);
    },
    async plan(releaseId) {
      const [run] = await db.rows<{ id: string }>('SELECT id FROM runs WHERE subject_id = ?', [releaseId]);
      await engine.advance(run?.id ?? '');
    },
  };
}
