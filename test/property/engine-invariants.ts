import { type RunStatus, type TaskStatus, taskStatuses } from '../../src/domain/run.ts';
import { isTerminal, transitions } from '../../src/engine/transitions.ts';
import type { EngineWorld, HistoryRow, RunRow, StageRow, TaskRow, WorldRun } from '../data/engine-world.ts';

/* What holds of the rows of a run after every commit, whatever anybody did. */

export interface Snapshot {
  tasks: TaskRow[];
  run: RunRow;
  stage: StageRow;
  holds: { reason: string; subject: string }[];
  dependencies: { task: string; on: string }[];
  attempts: { task: string; number: number }[];
  history: HistoryRow[];
}

export async function readSnapshot(world: EngineWorld, run: WorldRun): Promise<Snapshot> {
  const of = <T>(text: string) => world.db.rows<T>(text, [run.runId]);
  const [tasks, head, stage, holds, dependencies, attempts, history] = await Promise.all([
    run.tasks(),
    run.run(),
    run.stage('S'),
    of<Snapshot['holds'][number]>('SELECT reason, subject FROM run_holds WHERE run_id = ?'),
    of<Snapshot['dependencies'][number]>(
      'SELECT d.task_id AS task, d.depends_on_id AS `on` FROM task_dependencies d JOIN tasks t ON t.id = d.task_id WHERE t.run_id = ?',
    ),
    of<Snapshot['attempts'][number]>(
      'SELECT a.task_id AS task, a.number FROM attempts a JOIN tasks t ON t.id = a.task_id WHERE t.run_id = ?',
    ),
    run.history(),
  ]);
  return { tasks, run: head, stage, holds, dependencies, attempts, history };
}

const isOpen = (row: TaskRow) => !isTerminal(row.status);
const restarts = (row: TaskRow) =>
  row.status === 'PENDING' ||
  row.status === 'READY' ||
  (row.status === 'WAITING' && (row.waitReason === 'RETRY' || row.waitReason === 'RATE_LIMIT'));
const hasEnded = (status: RunStatus | string) => status === 'COMPLETED' || status === 'CANCELLED';

/** @returns what is wrong, in words; empty when nothing is */
export function violations(now: Snapshot): string[] {
  return [...countsAreTrue(now), ...nothingStartsEarly(now), ...holdsAgree(now), ...recordAgrees(now), ...somethingWillHappen(now)];
}

function countsAreTrue({ tasks, stage, dependencies }: Snapshot): string[] {
  const open = tasks.filter(isOpen).length;
  const byId = new Map(tasks.map((row) => [row.id, row]));
  const unmetOf = (row: TaskRow) => dependencies.filter(({ task, on }) => task === row.id && isOpen(byId.get(on) ?? row)).length;
  return [
    ...(stage.openTasks === open ? [] : [`the stage counts ${stage.openTasks} open tasks, there are ${open}`]),
    ...tasks
      .filter((row) => row.status === 'PENDING' && (row.unmet !== unmetOf(row) || row.unmet === 0))
      .map((row) => `${row.key} counts ${row.unmet} unmet dependencies, there are ${unmetOf(row)}`),
  ];
}

function nothingStartsEarly({ tasks, dependencies }: Snapshot): string[] {
  const begun = new Map(
    tasks.filter((row) => ['READY', 'IN_PROGRESS', 'WAITING', 'FAILED'].includes(row.status)).map((row) => [row.id, row]),
  );
  const open = new Map(tasks.filter(isOpen).map((row) => [row.id, row]));
  return dependencies
    .filter(({ task, on }) => begun.has(task) && open.has(on))
    .map(({ task, on }) => `${begun.get(task)?.key} is ${begun.get(task)?.status} before ${open.get(on)?.key} ended`);
}

function holdsAgree({ tasks, run, holds }: Snapshot): string[] {
  const wrong: string[] = [];
  if ((run.held === 1) !== holds.length > 0) wrong.push(`the run is${run.held ? '' : ' not'} held with ${holds.length} holds`);
  const onlyFailures = holds.every(({ reason }) => reason === 'TASK_FAILURE');
  for (const row of tasks.filter(isOpen)) {
    // A person's retry goes on beside other failures, so it may or may not be held by them.
    const mayGoOn = onlyFailures && row.attempt > 0;
    if (holds.length === 0 && row.held === 1) wrong.push(`${row.key} is held and the run is not`);
    if (holds.length > 0 && restarts(row) && row.held === 0 && !mayGoOn)
      wrong.push(`${row.key} (${row.status}) could start while the run is held`);
    if (row.status === 'WAITING' && !restarts(row) && row.held === 1) wrong.push(`${row.key} only watches, yet it is held`);
    const failure = holds.some(({ reason, subject }) => reason === 'TASK_FAILURE' && subject === row.id);
    if (failure !== (row.status === 'FAILED')) wrong.push(`${row.key} is ${row.status} and ${failure ? 'a' : 'no'} hold says it failed`);
    const approval = holds.some(({ reason, subject }) => reason === 'AWAITING_APPROVAL' && subject === row.id);
    if (approval !== (row.waitReason === 'APPROVAL'))
      wrong.push(`${row.key} waits for ${row.waitReason} and ${approval ? 'a' : 'no'} hold awaits approval`);
  }
  return wrong;
}

function recordAgrees({ tasks, attempts, history }: Snapshot): string[] {
  const wrong: string[] = [];
  for (const row of tasks) {
    const numbers = attempts.filter(({ task }) => task === row.id).map(({ number }) => number);
    if (numbers.some((number) => number > row.attempt)) wrong.push(`${row.key} has attempts ${numbers} and is in its ${row.attempt}th`);
    if (isTerminal(row.status) && numbers.length !== row.attempt)
      wrong.push(`${row.key} ended in attempt ${row.attempt} with ${numbers.length} recorded`);
    const changes = history.filter(({ entityId, field }) => entityId === row.id && field === 'status');
    const last = changes.at(-1)?.after;
    if (row.status !== 'IN_PROGRESS' && last !== row.status) wrong.push(`${row.key} is ${row.status}, its history ends with ${last}`);
    changes.slice(1).forEach(({ before }, index) => {
      const previous = changes[index]?.after;
      const claimed = before === 'IN_PROGRESS' && (previous === 'READY' || previous === 'WAITING');
      if (before !== previous && !claimed) wrong.push(`${row.key}: its history goes to ${previous} and on from ${before}`);
    });
  }
  return wrong;
}

/** Somebody or some instant moves whatever is open. */
function somethingWillHappen({ tasks, run, stage }: Snapshot): string[] {
  const stuck = tasks.filter((row) => ['READY', 'IN_PROGRESS', 'WAITING'].includes(row.status) && row.runAt === null);
  const drained = stage.openTasks === 0 && !hasEnded(run.status) && run.due === 0;
  return [
    ...stuck.map((row) => `${row.key} is ${row.status} and nothing is due`),
    ...(drained ? ['the stage is drained and nobody asks what next'] : []),
  ];
}

const moves = new Set(transitions.flatMap(({ from, to }) => from.map((status) => `${status}>${to}`)));
/** A hand-over releases and claims in one write. */
moves.add('PENDING>IN_PROGRESS');

/** @returns what is wrong with the step from one commit to the next */
export function stepViolations(before: Snapshot, after: Snapshot): string[] {
  return before.tasks.flatMap((old) => {
    const row = after.tasks.find(({ id }) => id === old.id);
    if (row === undefined) return [`${old.key} is gone`];
    const changed = row.status !== old.status;
    return [
      ...(changed && isTerminal(old.status) ? [`${old.key} left ${old.status}`] : []),
      ...(changed && !moves.has(`${old.status}>${row.status}`) ? [`${old.key} went from ${old.status} to ${row.status}`] : []),
      ...(row.fence < old.fence ? [`the fence of ${old.key} went back`] : []),
      ...(changed && row.fence === old.fence ? [`${old.key} moved and kept its fence`] : []),
      ...(row.attempt < old.attempt ? [`the attempts of ${old.key} went back`] : []),
    ];
  });
}

/** Statuses a test has seen, to show that it looked everywhere. */
export const unseen = (seen: ReadonlySet<TaskStatus>) => taskStatuses.filter((status) => !seen.has(status));
