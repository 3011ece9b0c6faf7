import { type Ask, dataOf, maybe, PAGE_SIZE, REPO } from './ask.ts';
import * as schema from './schema.ts';

/** GitHub Actions. */
export function actionsCalls(ask: Ask) {
  const actions = `${REPO}/actions`;
  const run = `${actions}/runs/{run_id}`;
  return {
    workflows: (page: number, perPage = PAGE_SIZE) =>
      ask('list workflows', `GET ${actions}/workflows`, { per_page: perPage, page }, schema.workflowsSchema),
    workflow: (id: string) =>
      maybe(ask(`read workflow ${id}`, `GET ${actions}/workflows/{workflow_id}`, { workflow_id: id }, schema.workflowSchema)),
    dispatch: (id: string, ref: string, inputs: Record<string, string>) =>
      dataOf(
        ask(
          `dispatch workflow ${id} on ${ref}`,
          `POST ${actions}/workflows/{workflow_id}/dispatches`,
          { workflow_id: id, ref, inputs, return_run_details: true },
          schema.dispatchSchema,
        ),
      ),
    dispatchedRuns: (id: string, branch: string, page: number) =>
      ask(
        `list runs of workflow ${id}`,
        `GET ${actions}/workflows/{workflow_id}/runs`,
        { workflow_id: id, event: 'workflow_dispatch', branch, per_page: PAGE_SIZE, page },
        schema.runsSchema,
      ),
    run: (id: string) => maybe(ask(`read run ${id}`, `GET ${run}`, { run_id: id }, schema.runSchema)),
    artifacts: (id: string, page: number) =>
      ask(`list artifacts of run ${id}`, `GET ${run}/artifacts`, { run_id: id, per_page: PAGE_SIZE, page }, schema.artifactsSchema),
    artifact: (id: string) =>
      maybe(ask(`read artifact ${id}`, `GET ${actions}/artifacts/{artifact_id}`, { artifact_id: id }, schema.artifactSchema)),
    cancel: (id: string) => dataOf(ask(`cancel run ${id}`, `POST ${run}/cancel`, { run_id: id }, schema.takenSchema)),
    rerunFailed: (id: string) =>
      dataOf(ask(`re-run failed jobs of run ${id}`, `POST ${run}/rerun-failed-jobs`, { run_id: id }, schema.takenSchema)),
  };
}
