import { type Failure, remedy } from '../../../domain/failure.ts';
import { type DeadlineAction, type HoldReason, restartingWaits, type TaskStatus, type WaitReason } from '../../../domain/run.ts';
import type { BrokenConnection } from '../broken-connections.ts';
import { isGate } from '../gate-view.ts';
import { iso, isoOrNull } from '../instant.ts';
import { titleOf } from '../tasks/task-view.ts';
import { type StoreFact, tellStore } from './why-stores.ts';
import { tellWindow, type WindowFact } from './why-windows.ts';

/** On whom something waits. */
export type WaitsOn = 'person' | 'provider' | 'worker' | 'time';

export interface WhyItem {
  kind: 'hold' | 'task' | 'slot' | 'planning';
  /** Task or slot id; for a hold, what it is about. */
  id: string | null;
  /** Task type, hold reason. */
  what: string;
  on: WaitsOn;
  since: string | null;
  /** What happens next by itself; null = nothing, somebody must act. */
  nextAction: string | null;
  nextAt: string | null;
  deadlineAt: string | null;
  onDeadline: DeadlineAction | null;
  /** What a person can do. */
  remedy: string | null;
  /** The connection at fault, where one is. */
  connection: BrokenConnection | null;
  /** All of it for people. */
  sentence: string;
}

export interface HoldFact {
  reason: HoldReason;
  subject: string | null;
  note: string | null;
  by: string | null;
  since: Date;
  /** Of a blocker: how it stands outside. */
  blocker?: BlockerFact | null;
}

export interface BlockerFact {
  ticketKey: string | null;
  title: string;
  url: string | null;
  /** The tracker's word when it was last read. */
  ticketStatus: string | null;
  /** When it is looked at again. */
  runAt: Date | null;
  /** Why the last look failed. */
  failure: Failure | null;
}

export interface TaskFact {
  id: string;
  type: string;
  status: TaskStatus;
  waitReason: WaitReason | null;
  held: boolean;
  since: Date;
  runAt: Date | null;
  deadlineAt: Date | null;
  onDeadline: DeadlineAction;
  failure: Failure | null;
  /** Through which the failure came, as it stands now. */
  connection: BrokenConnection | null;
  /** Of a gate: how many approved and how many must. `detail`: what else it found about them, e.g. which group is missing. */
  approvals: { given: number; quorum: number; detail?: string | null } | null;
  /** Of a gate: what does not hold, in words. */
  unmet: readonly string[];
  /** Of a task that is about a store. */
  store: StoreFact | null;
  /** Of a task that waits for other releases; `sameVersion`: they bring the very same to its store. */
  blockedBy: readonly string[];
  sameVersion?: boolean;
  /** Of a task that waits for a window. */
  window: WindowFact | null;
}

const holdRemedies: Record<HoldReason, string> = {
  USER_REQUESTED: 'Resume the release.',
  TASK_FAILURE: 'Retry, skip or complete the failed task.',
  AWAITING_APPROVAL: 'Approve it.',
  FREEZE: 'Wait for the end of the freeze.',
  BLOCKER: 'Resolve or waive the blocker.',
};

export function holdItem(hold: HoldFact): WhyItem {
  if (hold.blocker) return blockerItem(hold, hold.blocker);
  const about = hold.subject === null ? '' : ` (${hold.subject})`;
  const by = hold.by === null ? '' : ` by ${hold.by}`;
  const note = hold.note === null ? '' : `: ${hold.note}`;
  return {
    ...silent,
    kind: 'hold',
    id: hold.subject,
    what: hold.reason,
    on: 'person',
    since: iso(hold.since),
    remedy: holdRemedies[hold.reason],
    sentence: `The release is paused${by} since ${iso(hold.since)}, ${hold.reason}${about}${note}. Nothing starts until that is lifted.`,
  };
}

function blockerItem(hold: HoldFact, blocker: BlockerFact): WhyItem {
  const { ticketKey, title, url, ticketStatus, runAt, failure } = blocker;
  const name = ticketKey === null ? `"${title}"` : `${ticketKey} "${title}"`;
  const link = url === null ? '' : ` (${url})`;
  const by = hold.by === null ? '' : `, by ${hold.by}`;
  const at = ticketStatus === null ? '' : ` The ticket is at "${ticketStatus}".`;
  const stale = failure === null ? '' : ` That may be wrong by now, its tracker could not be asked: ${failure.message}`;
  return {
    ...silent,
    kind: 'hold',
    id: hold.subject,
    what: hold.reason,
    on: 'person',
    since: iso(hold.since),
    nextAction: runAt === null ? null : 'the ticket is looked at again',
    nextAt: isoOrNull(runAt),
    remedy: ticketKey === null ? holdRemedies.BLOCKER : `Close the ticket ${ticketKey}, or resolve or waive the blocker.`,
    sentence: `The release is blocked by ${name}${link} since ${iso(hold.since)}${by}.${at}${stale}`,
  };
}

export function slotItem(slot: { id: string; date: Date }, now: Date): WhyItem {
  const due = slot.date <= now;
  return {
    ...silent,
    kind: 'slot',
    id: slot.id,
    what: 'REGRESSION_SLOT',
    on: due ? 'worker' : 'time',
    nextAction: 'the next regression cycle starts, once none is active',
    nextAt: iso(slot.date),
    sentence: `A regression cycle is planned for ${iso(slot.date)}${due ? ', which has come: it starts when no other cycle is active' : ''}.`,
  };
}

export function attentionItem(attention: string): WhyItem {
  return { ...silent, kind: 'planning', what: 'ATTENTION', on: 'person', remedy: attention, sentence: attention };
}

export function planningFailedItem(failure: Failure, runAt: Date | null): WhyItem {
  return {
    ...silent,
    kind: 'planning',
    what: 'PLANNING_FAILED',
    on: 'worker',
    nextAction: runAt === null ? null : 'planning is tried again',
    nextAt: isoOrNull(runAt),
    remedy: remedy(failure),
    sentence: `What comes next could not be planned: ${failure.message}`,
  };
}

export function taskItem(task: TaskFact, now: Date): WhyItem {
  const told = tell(task, now);
  return {
    kind: 'task',
    id: task.id,
    what: task.type,
    since: iso(task.since),
    deadlineAt: isoOrNull(task.deadlineAt),
    onDeadline: task.deadlineAt === null ? null : task.onDeadline,
    connection: task.connection,
    ...told,
    nextAt: told.nextAction === null ? null : isoOrNull(task.window?.opensAt ?? task.runAt),
    sentence: `"${titleOf(task.type)}" ${told.sentence}`,
  };
}

type Told = Pick<WhyItem, 'on' | 'nextAction' | 'remedy' | 'sentence'>;

function tell(task: TaskFact, now: Date): Told {
  switch (task.status) {
    case 'READY':
      return ready(task, now);
    case 'IN_PROGRESS':
      return {
        on: 'worker',
        nextAction: 'another worker takes over if its lease is not renewed',
        remedy: null,
        sentence: `is being executed since ${iso(task.since)}.`,
      };
    case 'WAITING':
      return waiting(task);
    default:
      return failed(task);
  }
}

function ready(task: TaskFact, now: Date): Told {
  if (task.held) {
    return { on: 'person', nextAction: null, remedy: null, sentence: 'is ready and starts when the release is no longer paused.' };
  }
  const due = task.runAt === null || task.runAt <= now;
  return {
    on: due ? 'worker' : 'time',
    nextAction: due ? 'a worker takes it' : 'it starts',
    remedy: null,
    sentence: due ? 'is due and waits for a free worker.' : `starts at ${iso(task.runAt ?? now)}.`,
  };
}

function waiting(task: TaskFact): Told {
  const look = task.runAt === null ? null : 'the engine looks again';
  const next = task.runAt === null ? '' : ` The engine looks again at ${iso(task.runAt)}.`;
  const last = task.failure === null ? '' : ` Last: ${task.failure.message}`;
  const ofStore = task.store === null || isBack(task.waitReason) ? null : tellStore(task.store, task.runAt);
  if (ofStore !== null) return ofStore;
  if (task.window !== null) return tellWindow(task.window, task.since);
  switch (task.waitReason) {
    case 'APPROVAL': {
      const detail = task.approvals?.detail ? `; ${task.approvals.detail}` : '';
      const count = task.approvals === null ? '' : ` (${task.approvals.given} of ${task.approvals.quorum} given${detail})`;
      return { on: 'person', nextAction: look, remedy: 'Approve or reject it.', sentence: `waits for approval${count}.${next}` };
    }
    case 'MANUAL_BUILD':
      return { on: 'person', nextAction: look, remedy: 'Upload the builds.', sentence: `waits for builds that people upload.${next}` };
    case 'RETRY':
      return { ...paused(task, 'it is tried again'), remedy: null, sentence: `failed and is tried again${at(task)}.${last}` };
    case 'RATE_LIMIT':
      return { ...paused(task, 'it goes on'), remedy: null, sentence: `waits for the provider's rate limit${at(task)}.${last}` };
    case 'CONNECTION':
      return broken(task, last);
    case 'HALTED':
      return { on: 'person', nextAction: look, remedy: 'Resume it.', sentence: `waits until a person resumes it.${next}` };
    case 'TURN':
      return forOthers(task, look, next);
    case 'TIMER':
      return { on: 'time', nextAction: 'it goes on', remedy: null, sentence: `waits for its time.${next}` };
    default:
      return outside(task, look, next);
  }
}

/** What keeps it from looking says more than what it looks at. */
const isBack = (reason: WaitReason | null) => restartingWaits.some((restarting) => restarting === reason);

/** Nothing happens before somebody mends the connection; then it goes on by itself. */
function broken(task: TaskFact, last: string): Told {
  const what = task.failure === null ? null : remedy(task.failure);
  const { connection } = task;
  if (connection === null) return { on: 'person', nextAction: null, remedy: what, sentence: `waits for a connection to be mended.${last}` };
  const since = connection.since === null ? '' : ` since ${connection.since}`;
  const who = connection.people.length === 0 ? '' : ` ${connection.people.join(', ')} can mend it: ${connection.request}.`;
  const sentence = `waits because the connection "${connection.displayName}" (${connection.category}, ${connection.id}) has not worked${since}.${last}${who}`;
  return { on: 'person', nextAction: null, remedy: what, sentence };
}

/** It goes on by itself when they end; a person who does not want that skips the wait, or ends theirs. */
function forOthers(task: TaskFact, look: string | null, next: string): Told {
  if (task.blockedBy.length === 0) {
    return {
      on: 'person',
      nextAction: look,
      remedy: 'Resume the release.',
      sentence: `goes on when the release is no longer paused.${next}`,
    };
  }
  const names = task.blockedBy.join(', ');
  const told = { on: 'time', nextAction: 'it goes on' } as const;
  const sameVersion = `waits for ${names} to end, which brings this very version to the store already.${next}`;
  if (task.sameVersion === true) return { ...told, remedy: `Wait for ${names}, or cancel one of them.`, sentence: sameVersion };
  const toStore = task.type !== 'WAIT_FOR_TURN';
  const sentence = toStore ? `waits for ${names} to leave the store's review.${next}` : `waits for ${names} to end.${next}`;
  const remedy = toStore
    ? `Withdraw the submission of ${names}, or wait for its review.`
    : `Complete or archive ${names}, or skip this task with a reason.`;
  return { ...told, remedy, sentence };
}

/** A gate that does not ask people yet says which of its requirements do not hold. */
function outside(task: TaskFact, look: string | null, next: string): Told {
  if (!isGate(task.type) || task.unmet.length === 0) {
    return { on: 'provider', nextAction: look, remedy: null, sentence: `waits for what it started outside.${next}` };
  }
  return { on: 'provider', nextAction: look, remedy: null, sentence: `is not open: ${task.unmet.join('; ')}.${next}` };
}

/** Waits that end in another start are kept back while the release is paused. */
function paused(task: TaskFact, action: string): Pick<Told, 'on' | 'nextAction'> {
  return task.held ? { on: 'person', nextAction: null } : { on: 'time', nextAction: action };
}

const at = (task: TaskFact) => (task.held ? ' when the release is no longer paused' : task.runAt === null ? '' : ` at ${iso(task.runAt)}`);

function failed(task: TaskFact): Told {
  const message = task.failure?.message ?? 'for an unknown reason';
  const what = task.failure === null ? 'Retry, skip or complete the task.' : remedy(task.failure);
  return { on: 'person', nextAction: null, remedy: what, sentence: `failed: ${message} ${what}` };
}

const silent = {
  ...{ id: null, since: null, nextAction: null, nextAt: null },
  ...{ deadlineAt: null, onDeadline: null, remedy: null, connection: null },
} as const;
