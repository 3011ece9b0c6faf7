import type { TaskStatus } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { Page, PageRequest } from '../page.ts';
import { type HistoryEventView, historyPage } from '../releases/list-history.ts';
import { dependenciesOf, type TaskRow, type TaskView, taskColumns, taskTables, taskView } from '../releases/tasks/task-view.ts';
import { findDeploymentRun } from './deployment-row.ts';

/** All tasks of a deployment in the order in which they were planned. Three queries. */
export async function listDeploymentTasks(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  deploymentId: string,
  filter: { status?: TaskStatus | undefined },
): Promise<{ items: TaskView[] }> {
  authorise(caller, 'release:read');
  const runId = await findDeploymentRun(db, caller, deploymentId);
  const rows = await db.rows<TaskRow>(
    `SELECT ${taskColumns} FROM ${taskTables}
     WHERE t.run_id = ?${filter.status === undefined ? '' : ' AND t.status = ?'} ORDER BY s.ordinal, t.stage_attempt, t.id`,
    [runId, ...(filter.status === undefined ? [] : [filter.status])],
  );
  const dependencies = await dependenciesOf(db, { runId });
  return { items: rows.map((row) => taskView(row, dependencies.get(row.id) ?? [])) };
}

/** Everything that ever happened to a deployment, newest first. */
export async function listDeploymentHistory(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  deploymentId: string,
  page: PageRequest,
): Promise<Page<HistoryEventView>> {
  authorise(caller, 'release:read');
  await findDeploymentRun(db, caller, deploymentId);
  return historyPage(db, caller.tenantId, deploymentId, page);
}
