import type { TestRun, TestRunLocking } from '../../capabilities/test-management.ts';
import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type CheckmateClient, checkmateClient, provider } from './client.ts';
import type { CheckmateCredentials, CheckmateSettings } from './credentials.ts';
import { readRun, testRunOf } from './read-run.ts';

/** Locking is for good: the server has no way back. */
export function checkmateTestRunLocking(
  connection: Connection<CheckmateCredentials, CheckmateSettings>,
  deps: AdapterDeps,
): TestRunLocking {
  const client = checkmateClient(connection, deps);
  return {
    async lockRun(query) {
      const found = await demandRun(client, query);
      const before = testRunOf(found, connection.baseUrl);
      if (before.state.kind === 'locked') return before;
      if (before.state.kind !== 'active')
        throw notLocked(before, before.state.kind === 'archived' ? 'it is archived' : 'its state is unknown');
      const words = await client.lockRun({ runId: found.runId, projectId: found.projectId });
      // Read back: "already locked" is what the server says of every run that is not active.
      const after = testRunOf(await demandRun(client, query), connection.baseUrl);
      if (after.state.kind === 'locked') return after;
      throw notLocked(after, words ?? 'the server took the request and the run is not locked');
    },
  };
}

async function demandRun(client: CheckmateClient, query: { projectId: string; runId: string }) {
  const found = await readRun(client, query);
  if (found) return found;
  throw new ProviderError('not-found', `checkmate: project ${query.projectId} has no run ${query.runId}`, { provider });
}

const notLocked = (run: TestRun, why: string) =>
  new ProviderError('conflict', `checkmate: run ${run.id} cannot be locked: ${why}`, { provider });
