import type { Database } from '../../../src/db/client.ts';
import { type StageKey, stageKeys } from '../../../src/domain/release/vocabulary.ts';
import type { TaskStatus } from '../../../src/domain/run.ts';
import type { GateDetail } from '../../../src/services/gates/gate-detail.ts';
import type { ReleaseDetail } from '../../../src/services/releases/release-view.ts';
import type { TaskDetail } from '../../../src/services/releases/tasks/get-task.ts';
import { expectHistoryReplays } from '../../support/history-replays.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Answer, Client } from '../client.ts';
import type { ReleaseHandle } from '../release.ts';
import type { TenantWorld } from '../tenant.ts';

type Status = ReleaseDetail['status'];
type TaskState = TaskStatus | `WAITING(${string})`;

/** What a release in a scenario needs of its world. */
interface Around {
  db: Database;
  tenant: TenantWorld;
  /** Moves the clock there; does nothing where it is past that. */
  advanceTo(instant: Date | string): Promise<void>;
}

/** A release in a scenario. Whoever is not named is the release manager. */
export interface ScenarioRelease extends ReleaseHandle {
  approve(who?: Client): Promise<Answer>;
  reject(who?: Client): Promise<Answer>;
  gate(name: 'pre-release' | 'distribution'): Promise<GateDetail>;
  /** Waits; what is asked for on the way is not answered. A completed release is approved on its way. */
  reaches(status: Status): Promise<ReleaseDetail>;
  reaches(task: string, state: TaskState, cycle?: number): Promise<TaskDetail>;
  /** Until that stage is under way or that task there: waits, and moves the clock to the kickoff or the next slot where only time is missing. */
  advanceTo(stageOrTask: string): Promise<void>;
  /** A request of the owner, below the release's path. @throws Refusal when the answer is no success */
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', below: string, body?: unknown): Promise<T>;
  read<T>(below: string): Promise<T>;
  /** The history leads to the rows as they are. */
  replays(): Promise<void>;
}

export function scenarioRelease(handle: ReleaseHandle, world: Around): ScenarioRelease {
  const { owner } = world.tenant;
  const isStage = (key: string): key is StageKey => (stageKeys as readonly string[]).includes(key);

  async function isThere(stageOrTask: string): Promise<boolean> {
    if (!isStage(stageOrTask)) return (await handle.tasks()).some(({ type, status }) => type === stageOrTask && status !== 'PENDING');
    const stage = (await handle.view()).stages.find(({ key }) => key === stageOrTask);
    return stage !== undefined && stage.status !== 'PENDING';
  }

  /** What it waits for is an instant: that one; else null. */
  async function nextInstant(): Promise<string | null> {
    const { status, kickOffDate, slots } = await handle.view();
    if (status === 'PENDING') return kickOffDate;
    const isBusy = (await handle.tasks()).some((task) => ['READY', 'IN_PROGRESS', 'WAITING'].includes(task.status));
    return isBusy ? null : (slots.find((slot) => slot.status === 'PLANNED')?.date ?? null);
  }

  return {
    ...handle,
    approve: (who) => handle.decide('APPROVED', who),
    reject: (who) => handle.decide('REJECTED', who),
    gate: (name) => owner.get(`${handle.path}/gates/${name}`),
    // One name for both: the first word says which.
    reaches: ((what: string, state?: TaskState, cycle?: number) =>
      state === undefined
        ? handle.until(what as Status, { approving: what === 'COMPLETED', timeoutMs: 40_000 })
        : handle.untilTask(what, state, cycle)) as ScenarioRelease['reaches'],
    async advanceTo(stageOrTask) {
      const look = async () => {
        if (await isThere(stageOrTask)) return true;
        const instant = await nextInstant();
        if (instant !== null) await world.advanceTo(instant);
        return null;
      };
      await waitFor(look, { what: `${handle.displayId} to get to ${stageOrTask}`, timeoutMs: 30_000, everyMs: 50 });
    },
    send: (method, below, body) => owner.send(method, `${handle.path}${below}`, body),
    read: (below) => owner.get(`${handle.path}${below}`),
    async replays() {
      const replays = () => expectHistoryReplays(world.db, handle.id).then(() => true);
      await waitFor(replays, { what: `the history of ${handle.displayId} to replay` });
    },
  };
}
