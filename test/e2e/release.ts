import type { ReleaseStatus } from '../../src/domain/release/vocabulary.ts';
import type { TaskStatus } from '../../src/domain/run.ts';
import type { ReleaseBuildView } from '../../src/services/releases/builds/list-builds.ts';
import type { HistoryEventView } from '../../src/services/releases/list-history.ts';
import type { NotesView } from '../../src/services/releases/list-notes.ts';
import type { ReleaseDetail } from '../../src/services/releases/release-view.ts';
import type { TaskDetail } from '../../src/services/releases/tasks/get-task.ts';
import type { TaskView } from '../../src/services/releases/tasks/task-view.ts';
import type { WhyView } from '../../src/services/releases/why/why.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Answer, Client } from './client.ts';

export type Command = 'pause' | 'resume' | 'archive' | 'trigger-regression' | 'trigger-pre-release' | 'trigger-distribution';

export interface UntilOptions {
  timeoutMs?: number;
  /** Approves the candidate as the release manager whenever the gate asks. */
  approving?: boolean;
  /** Goes on waiting while a failed task pauses the release; else that ends the wait at once. */
  patient?: boolean;
}

/** A release through the API. `as` is the owner, who created it, where absent. */
export interface ReleaseHandle {
  readonly id: string;
  readonly displayId: string;
  readonly branch: string;
  readonly version: string;
  /** `/release-management/tenants/…/releases/…` */
  readonly path: string;
  view(): Promise<ReleaseDetail>;
  tasks(): Promise<TaskView[]>;
  /** The last task of this type, or that of a cycle. @throws Error when there is none */
  task(type: string, cycle?: number): Promise<TaskDetail>;
  why(): Promise<WhyView>;
  /** Oldest first. */
  history(): Promise<HistoryEventView[]>;
  notes(): Promise<NotesView[]>;
  builds(): Promise<ReleaseBuildView[]>;
  command(name: Command, body?: object, as?: Client): Promise<Answer>;
  onTask(type: string, action: 'retry' | 'skip' | 'complete', body?: object): Promise<Answer>;
  /** As the release manager, unless somebody else is named. */
  decide(decision: 'APPROVED' | 'REJECTED', as?: Client, comment?: string): Promise<Answer>;
  addSlot(inMs: number, automation?: boolean): Promise<Answer>;
  until(status: ReleaseStatus, options?: UntilOptions): Promise<ReleaseDetail>;
  /** Until the task exists and stands there; `WAITING(APPROVAL)` names the reason, too. */
  untilTask(type: string, state: TaskStatus | `WAITING(${string})`, cycle?: number): Promise<TaskDetail>;
}

interface ReleaseParts {
  created: { id: string; displayId: string; branch: string };
  version: string;
  tenantId: string;
  owner: Client;
  manager: Client;
  now: () => number;
}

export function releaseHandle({ created, version, tenantId, owner, manager, now }: ReleaseParts): ReleaseHandle {
  const path = `/release-management/tenants/${tenantId}/releases/${created.id}`;
  const tasks = async () => (await owner.get<{ items: TaskView[] }>(`${path}/tasks`)).items;
  const find = async (type: string, cycle?: number) =>
    (await tasks()).findLast((task) => task.type === type && (cycle === undefined || task.stageAttempt === cycle));
  const detail = (taskId: string) => owner.get<TaskDetail>(`${path}/tasks/${taskId}`);

  async function task(type: string, cycle?: number): Promise<TaskDetail> {
    const found = await find(type, cycle);
    if (found === undefined) throw new Error(`${created.displayId} has no task ${type}${cycle === undefined ? '' : ` of cycle ${cycle}`}`);
    return detail(found.id);
  }

  const handle: ReleaseHandle = {
    ...created,
    ...{ version, path, tasks, task },
    view: () => owner.get(path),
    why: () => owner.get(`${path}/why`),
    history: async () => (await owner.all<HistoryEventView>(`${path}/history`)).sort((a, b) => (a.id < b.id ? -1 : 1)),
    notes: async () => (await owner.get<{ items: NotesView[] }>(`${path}/notes`)).items,
    builds: () => owner.all(`${path}/builds`),
    command: (name, body, as = owner) => as.request('POST', `${path}/${name}`, body),
    onTask: async (type, action, body) => owner.request('POST', `${path}/tasks/${(await task(type)).id}/${action}`, body),
    decide: (decision, as = manager, comment = 'Tried on my own devices.') =>
      as.request('POST', `${path}/approvals`, { decision, comment }),
    addSlot: (inMs, automation = false) =>
      owner.request('POST', `${path}/regression-slots`, { date: new Date(now() + inMs).toISOString(), automation }),

    async until(status, { timeoutMs = 30_000, approving = false, patient = false } = {}) {
      const look = async () => {
        const view = await handle.view();
        const asks = view.gate?.status === 'WAITING' && view.gate.waitReason === 'APPROVAL';
        if (approving && asks) await handle.decide('APPROVED');
        const stuck = !patient && status !== 'PAUSED' && view.pauseReasons.some((reason) => reason.startsWith('TASK_FAILURE'));
        return view.status === status || stuck || hasEnded(view) ? view : null;
      };
      const what = `${created.displayId} to be ${status}`;
      const view = await waitFor(look, { what, timeoutMs, everyMs: 40 }).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await describe(handle)}`, { cause: error });
      });
      if (view.status !== status) throw new Error(`${created.displayId} is ${view.status}, not ${status}:\n${await describe(handle)}`);
      return view;
    },

    async untilTask(type, state, cycle) {
      const look = async () => {
        const found = await find(type, cycle);
        return found !== undefined && (found.status === state || `${found.status}(${found.waitReason})` === state) ? found : null;
      };
      const what = `${type} of ${created.displayId} to be ${state}`;
      const found = await waitFor(look, { what, timeoutMs: 20_000, everyMs: 30 }).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${await describe(handle)}`, { cause: error });
      });
      return detail(found.id);
    },
  };
  return handle;
}

const hasEnded = ({ status }: ReleaseDetail) => status === 'COMPLETED' || status === 'ARCHIVED';

/** Where it stands, for whoever reads a failed test. */
async function describe(handle: ReleaseHandle): Promise<string> {
  try {
    const { summary, items } = await handle.why();
    const tasks = await handle.tasks();
    return [
      summary,
      ...items.map(({ sentence }) => `  why: ${sentence}`),
      ...tasks.map(({ stage, stageAttempt, type, status, waitReason, attempt, failure }) => {
        const state = waitReason === null ? status : `${status}(${waitReason})`;
        return `  ${stage} ${stageAttempt} ${type} ${state} attempt ${attempt}${failure === null ? '' : ` ${failure.message}`}`;
      }),
    ].join('\n');
  } catch (error) {
    return `and where it stands could not be read: ${String(error)}`;
  }
}
