/**
 * The words and shapes of runs, stages and tasks that planners (pure, here in the domain) and the engine share. What each status means and who
 * moves a task out of it is the engine's transition table.
 */

export const taskStatuses = ['PENDING', 'READY', 'IN_PROGRESS', 'WAITING', 'COMPLETED', 'FAILED', 'SKIPPED', 'CANCELLED'] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** Never left again. FAILED is not among them: a person may retry it. */
export const terminalTaskStatuses = ['COMPLETED', 'SKIPPED', 'CANCELLED'] as const satisfies readonly TaskStatus[];

export const waitReasons = [
  'CALLBACK',
  'MANUAL_BUILD',
  'APPROVAL',
  'WINDOW',
  'TIMER',
  'HALTED',
  'TURN',
  'RETRY',
  'RATE_LIMIT',
  'CONNECTION',
] as const;
export type WaitReason = (typeof waitReasons)[number];

/** Waits that end in another start of the work. The others only look at what is under way outside, and go on while a run is held. */
export const restartingWaits = ['RETRY', 'RATE_LIMIT', 'CONNECTION'] as const satisfies readonly WaitReason[];

export const runStatuses = ['PENDING', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED'] as const;
export type RunStatus = (typeof runStatuses)[number];

export const stageStatuses = ['PENDING', 'IN_PROGRESS', 'COMPLETED', 'SKIPPED', 'CANCELLED'] as const;
export type StageStatus = (typeof stageStatuses)[number];

/** What happens when a task's deadline passes: it fails (and a person is asked), or it is skipped and the run goes on without it. */
export const deadlineActions = ['fail', 'continue'] as const;
export type DeadlineAction = (typeof deadlineActions)[number];

/** What a task's final failure means: its run is held until a person has seen to it, it is skipped and the run goes on, or the planner is asked. */
export const failureActions = ['hold', 'continue', 'plan'] as const;
export type FailureAction = (typeof failureActions)[number];

export const holdReasons = ['USER_REQUESTED', 'TASK_FAILURE', 'AWAITING_APPROVAL', 'FREEZE', 'BLOCKER'] as const;
export type HoldReason = (typeof holdReasons)[number];

/** A task about to be created. Keys are unique within a stage attempt. */
export interface TaskPlan {
  key: string;
  type: string;
  dependsOn: readonly string[];
  /** Earliest start; null = as soon as its dependencies are met. */
  notBefore: Date | null;
  input: Record<string, unknown> | null;
  maxAttempts: number;
  deadlineMs: number;
  onDeadline: DeadlineAction;
  /** Absent = hold. */
  onFailure?: FailureAction;
  /** It only looks after what is under way outside, from its first look on: no hold keeps it from that. It depends on nothing. */
  startsNothing?: boolean;
}

/** A run as its planner sees it. */
export interface RunView {
  id: string;
  tenantId: string;
  subjectId: string;
  status: RunStatus;
  holds: readonly { reason: HoldReason; subject: string }[];
  stages: readonly StageView[];
  /** Tasks of each stage's current attempt. */
  tasks: readonly TaskView[];
}

export interface StageView {
  id: string;
  key: string;
  status: StageStatus;
  attempt: number;
  openTasks: number;
}

export interface TaskView {
  id: string;
  stageKey: string;
  stageAttempt: number;
  key: string;
  type: string;
  status: TaskStatus;
}

/** What a planner wants done. The engine carries all of it out in the transaction in which the planner was asked. */
export type PlanCommand =
  | { do: 'start' }
  /** Opens the stage (again): a new attempt with these tasks. */
  | { do: 'open-stage'; stage: string; tasks: readonly TaskPlan[] }
  /** Adds tasks to the current attempt of an open stage. */
  | { do: 'add-tasks'; stage: string; tasks: readonly TaskPlan[] }
  /** CANCELLED leaves its failed tasks as they are, and is never opened again. */
  | { do: 'close-stage'; stage: string; status: 'COMPLETED' | 'SKIPPED' | 'CANCELLED' }
  /** A stage without open tasks has yet to begin again: its next opening is another attempt. */
  | { do: 'put-back-stage'; stage: string }
  | { do: 'cancel-tasks'; taskIds: readonly string[]; why: string }
  /** Of these reasons, so that what comes next may start. */
  | { do: 'lift-holds'; reasons: readonly HoldReason[]; why: string }
  | { do: 'complete' };

export interface Plan {
  commands: readonly PlanCommand[];
  /** When to ask the planner again if no event does; null = only an event. */
  wakeAt: Date | null;
}
