import type { TaskStatus } from '../domain/run.ts';

export interface Transition {
  event: TaskEvent;
  from: readonly TaskStatus[];
  to: TaskStatus;
  /** Who moves the row. */
  by: string;
  /** Under what condition, for people. */
  when: string;
}

export const taskEvents = [
  'release',
  'claim',
  'complete',
  'wait',
  'retry-later',
  'fail',
  'expire',
  'pass-over',
  'lapse',
  'give-up',
  'hand-back',
  'hurry',
  'retry',
  'skip',
  'complete-outside',
  'cancel',
] as const;
export type TaskEvent = (typeof taskEvents)[number];

/** Every way a task moves. The engine consults nothing else, and `docs/states.md` is printed from it. */
export const transitions: readonly Transition[] = [
  { event: 'release', from: ['PENDING'], to: 'READY', by: 'settlement of the last dependency', when: 'no dependency is left unmet' },
  { event: 'claim', from: ['READY', 'WAITING'], to: 'IN_PROGRESS', by: 'a worker', when: 'run_at has come and the task is not held' },
  { event: 'complete', from: ['IN_PROGRESS'], to: 'COMPLETED', by: 'the worker holding the lease', when: 'the handler says it is done' },
  {
    event: 'wait',
    from: ['IN_PROGRESS'],
    to: 'WAITING',
    by: 'the worker holding the lease',
    when: 'the outside has to do something first',
  },
  {
    event: 'retry-later',
    from: ['IN_PROGRESS'],
    to: 'WAITING',
    by: 'the worker holding the lease',
    when: 'a transient failure, a rate limit or a refused connection; attempts and deadline not exhausted',
  },
  {
    event: 'fail',
    from: ['IN_PROGRESS'],
    to: 'FAILED',
    by: 'the worker holding the lease',
    when: 'a permanent failure, or attempts or deadline exhausted; the run is held, or the planner asked, as its failure action says',
  },
  {
    event: 'expire',
    from: ['IN_PROGRESS'],
    to: 'SKIPPED',
    by: 'the worker holding the lease',
    when: 'the deadline passed and its action is "continue"',
  },
  {
    event: 'pass-over',
    from: ['IN_PROGRESS'],
    to: 'SKIPPED',
    by: 'the worker holding the lease, or the scheduler',
    when: 'it would fail, and its failure action is "continue"',
  },
  { event: 'lapse', from: ['IN_PROGRESS'], to: 'READY', by: 'the scheduler', when: 'the lease (run_at) lapsed: its worker died or hangs' },
  {
    event: 'give-up',
    from: ['IN_PROGRESS'],
    to: 'FAILED',
    by: 'the scheduler',
    when: 'the lease lapsed for the 20th time since an attempt last came to an end',
  },
  {
    event: 'hand-back',
    from: ['IN_PROGRESS'],
    to: 'READY',
    by: 'a stopping worker, or a person',
    when: 'the process shuts down before the handler ended, or a person changes a build that is being looked at: adopts another, cancels it, runs it again',
  },
  {
    event: 'hurry',
    from: ['WAITING'],
    to: 'WAITING',
    by: 'a webhook, an approval or a mended connection',
    when: 'what it waits for may have happened: run_at becomes now',
  },
  { event: 'retry', from: ['FAILED', 'WAITING'], to: 'READY', by: 'a person', when: 'asked to; failures and deadline start again' },
  {
    event: 'skip',
    from: ['PENDING', 'READY', 'IN_PROGRESS', 'WAITING', 'FAILED'],
    to: 'SKIPPED',
    by: 'a person',
    when: 'asked to, with a reason; a worker that executes it loses it',
  },
  {
    event: 'complete-outside',
    from: ['PENDING', 'READY', 'IN_PROGRESS', 'WAITING', 'FAILED'],
    to: 'COMPLETED',
    by: 'a person',
    when: 'the work was done outside, with a reason; a worker that executes it loses it',
  },
  {
    event: 'cancel',
    from: ['PENDING', 'READY', 'IN_PROGRESS', 'WAITING', 'FAILED'],
    to: 'CANCELLED',
    by: 'the run',
    when: 'the run is cancelled or its plan no longer wants the task',
  },
];

const byEvent = new Map(transitions.map((transition) => [transition.event, transition]));

function transitionOf(event: TaskEvent): Transition {
  const transition = byEvent.get(event);
  if (transition === undefined) throw new Error(`no transition for ${event}`);
  return transition;
}

/** The status `event` leads to from `status`, or null when it does not apply there. */
export function next(status: TaskStatus, event: TaskEvent): TaskStatus | null {
  const transition = transitionOf(event);
  return transition.from.includes(status) ? transition.to : null;
}

/** Statuses from which `event` is possible: the WHERE of its compare-and-set. */
export const sourcesOf = (event: TaskEvent): readonly TaskStatus[] => transitionOf(event).from;

export const isTerminal = (status: TaskStatus) => transitions.every((transition) => !transition.from.includes(status));
