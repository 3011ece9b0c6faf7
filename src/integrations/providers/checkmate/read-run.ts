import type { TestRun } from '../../capabilities/test-management.ts';
import type { CheckmateClient } from './client.ts';
import { idOf } from './id.ts';
import type { Run } from './schema.ts';

/** `null` for a run that does not exist, was deleted, or belongs to another project. */
export async function readRun(client: CheckmateClient, query: { projectId: string; runId: string }): Promise<Run | null> {
  const found = await client.run(idOf('run', query.runId));
  return found && found.projectId === idOf('project', query.projectId) && !isDeleted(found) ? found : null;
}

export const testRunOf = (run: Run, baseUrl: string): TestRun => ({
  id: String(run.runId),
  name: run.runName,
  url: `${baseUrl}/project/${run.projectId}/run/${run.runId}`,
  state: stateOf(run.status ?? ''),
});

function stateOf(status: string): TestRun['state'] {
  switch (status) {
    case 'Active':
      return { kind: 'active' };
    case 'Locked':
      return { kind: 'locked' };
    case 'Archived':
      return { kind: 'archived' };
    default:
      return { kind: 'unknown', raw: status };
  }
}

/** Deleted runs stay in the lists. */
export function isDeleted(run: Run): boolean {
  return run.status === 'Deleted';
}
