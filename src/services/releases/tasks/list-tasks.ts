import type { StageKey } from '../../../domain/release/vocabulary.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { findRunOf } from '../release-row.ts';
import { dependenciesOf, type TaskRow, type TaskView, taskColumns, taskTables, taskView } from './task-view.ts';

export interface TaskFilter {
  stage?: StageKey | undefined;
  status?: TaskStatus | undefined;
}

/** All tasks of a release, of every round of every stage, in the order in which they were planned. Three queries. */
export async function listTasks(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  filter: TaskFilter,
): Promise<{ items: TaskView[] }> {
  authorise(caller, 'release:read');
  const runId = await findRunOf(deps.db, caller, releaseId);
  const conditions = [
    ...(filter.stage === undefined ? [] : [{ text: 's.stage_key = ?', value: filter.stage }]),
    ...(filter.status === undefined ? [] : [{ text: 't.status = ?', value: filter.status }]),
  ];
  const rows = await deps.db.rows<TaskRow>(
    `SELECT ${taskColumns} FROM ${taskTables}
     WHERE t.run_id = ?${conditions.map(({ text }) => ` AND ${text}`).join('')} ORDER BY s.ordinal, t.stage_attempt, t.id`,
    [runId, ...conditions.map(({ value }) => value)],
  );
  const dependencies = await dependenciesOf(deps.db, { runId });
  return { items: rows.map((row) => taskView(row, dependencies.get(row.id) ?? [])) };
}
