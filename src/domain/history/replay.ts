/** One change as the history tells it. */
export interface HistoryStep {
  entityType: string;
  entityId: string;
  action: string;
  items: readonly HistoryStepItem[];
}

interface HistoryStepItem {
  /** Set when the change moved another row than the event's own. */
  entityId: string | null;
  field: string;
  before: string | null;
  after: string | null;
}

/** What is known of one row: field → value, as text. */
export type ReplayedFields = Record<string, string | null>;

/** Where the history of a release leads. Ids lead to fields; what was removed is not there. */
export interface ReplayedState {
  release: ReplayedFields;
  run: ReplayedFields;
  /** `REASON` or `REASON(subject)`, sorted. */
  holds: string[];
  stages: Record<string, ReplayedFields>;
  tasks: Record<string, ReplayedFields>;
  slots: Record<string, ReplayedFields>;
  cycles: Record<string, ReplayedFields>;
  approvals: Record<string, ReplayedFields>;
  submissions: Record<string, ReplayedFields>;
  rollouts: Record<string, ReplayedFields>;
  blockers: Record<string, ReplayedFields>;
  /** Ids of those it is part of, sorted. */
  milestones: string[];
  /** Where a status began otherwise than the one before had ended: something was not written down. */
  breaks: string[];
}

const kinds = {
  stage: 'stages',
  task: 'tasks',
  slot: 'slots',
  cycle: 'cycles',
  approval: 'approvals',
  submission: 'submissions',
  rollout: 'rollouts',
  blocker: 'blockers',
} as const satisfies Record<string, keyof ReplayedState>;
type Kind = keyof typeof kinds;

/** What a new row is like where its first event does not say. */
const initial: Record<Kind, ReplayedFields> = {
  stage: { status: 'PENDING', attempt: '0' },
  task: { waitReason: null },
  slot: { status: 'PLANNED' },
  cycle: {},
  approval: {},
  submission: { status: 'PREPARING' },
  rollout: { status: 'PENDING', pauseReason: null, step: '0', fraction: '0', wanted: 'RUN' },
  blocker: {},
};

/**
 * Goes through the history of a release, oldest first, and says where it leads: the state that is settled. What is being executed right now shows
 * as what it was before, for claims are no part of the history.
 */
export function replay(steps: readonly HistoryStep[]): ReplayedState {
  const state: ReplayedState = {
    ...{ release: {}, run: {}, holds: [], stages: {}, tasks: {}, slots: {}, cycles: {}, approvals: {}, submissions: {}, rollouts: {} },
    ...{ blockers: {}, milestones: [], breaks: [] },
  };
  const holds = new Set<string>();
  const milestones = new Set<string>();
  for (const told of steps) {
    const step = asOfTask(told);
    if (step.entityType === 'milestone') changeLink(milestones, step);
    for (const item of step.items) {
      if (item.field === 'hold') changeHold(holds, item);
      else apply(state, step, item);
    }
    if (step.action === 'REMOVE' && isKind(step.entityType)) delete state[kinds[step.entityType]][step.entityId];
  }
  return { ...state, holds: [...holds].sort(), milestones: [...milestones].sort() };
}

/** A gate that was passed against its requirements is told among the approvals, under the task that it is. */
const asOfTask = (step: HistoryStep): HistoryStep =>
  step.entityType === 'approval' && step.items.some(({ field }) => field === 'gateOverride') ? { ...step, entityType: 'task' } : step;

function changeLink(milestones: Set<string>, { action, entityId }: HistoryStep): void {
  if (action === 'ADD') milestones.add(entityId);
  if (action === 'REMOVE') milestones.delete(entityId);
}

function changeHold(holds: Set<string>, { before, after }: HistoryStepItem): void {
  if (before !== null) holds.delete(before);
  if (after !== null) holds.add(after);
}

function apply(state: ReplayedState, step: HistoryStep, item: HistoryStepItem): void {
  const { field, before, after } = item;
  const fields = fieldsOf(state, step, item);
  if (fields === null) return;
  if (field === 'status') {
    if (!follows(fields.status, before))
      state.breaks.push(`${step.entityType} ${item.entityId ?? step.entityId}: ${fields.status} ≠ ${before} → ${after}`);
    // A task that goes on waits for nothing; what it waits for now is told behind this.
    if ('waitReason' in fields) fields.waitReason = null;
  }
  // The slots that a release is created with are told by their dates.
  fields[field === 'slot' ? 'date' : field] = after;
}

function fieldsOf(state: ReplayedState, step: HistoryStep, item: HistoryStepItem): ReplayedFields | null {
  const { entityType, entityId } = step;
  if (item.entityId !== null && item.entityId !== entityId) {
    if (item.field === 'slot') return rowOf(state, 'slot', item.entityId);
    const moved = item.entityId;
    return (
      Object.values(kinds)
        .map((rows) => state[rows][moved])
        .find((row) => row !== undefined) ?? null
    );
  }
  if (entityType === 'release') return state.release;
  if (entityType === 'run') return state.run;
  return isKind(entityType) ? rowOf(state, entityType, entityId) : null;
}

function rowOf(state: ReplayedState, kind: Kind, id: string): ReplayedFields {
  const rows = state[kinds[kind]];
  const row = rows[id] ?? { ...initial[kind] };
  rows[id] = row;
  return row;
}

const isKind = (entityType: string): entityType is Kind => Object.hasOwn(kinds, entityType);

/** A task is claimed without a word. */
const claimable = ['READY', 'WAITING', 'PENDING'];

function follows(known: string | null | undefined, before: string | null): boolean {
  if (known === undefined || known === null || before === null || before === '') return true;
  return known === before || (before === 'IN_PROGRESS' && claimable.includes(known));
}
