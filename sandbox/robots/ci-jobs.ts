import { apiUrl, minimalRepository, simpleUser } from '../../test/fakes/github/bodies.ts';
import type { FakeRepository, FakeRun } from '../../test/fakes/github/index.ts';
import type { Webhooks } from '../webhooks.ts';
import type { Robot } from './robot.ts';

/**
 * GitHub tells of a run and of its jobs in separate deliveries of no particular order. Here the job's comes last, when the artifacts can be
 * listed.
 */
export function ciJobs(repositories: () => Iterable<FakeRepository>, webhooks: Webhooks): Robot {
  const told = new Set<string>();
  return {
    look() {
      for (const repository of repositories()) {
        for (const run of repository.runs) {
          const id = `${run.id}#${run.attempt}`;
          if (run.status !== 'completed' || run.artifacts.length === 0 || told.has(id)) continue;
          told.add(id);
          webhooks.github(repository.fullName, 'workflow_job', jobCompleted(repository, run));
        }
      }
    },
  };
}

function jobCompleted(repository: FakeRepository, run: FakeRun) {
  return {
    action: 'completed',
    workflow_job: {
      ...{ id: run.id * 10 + run.attempt, run_id: run.id, run_attempt: run.attempt, name: 'build', workflow_name: run.workflow.name },
      ...{ status: 'completed', conclusion: run.conclusion, head_sha: run.headSha, head_branch: run.ref },
      run_url: apiUrl(repository, `/actions/runs/${run.id}`),
      completed_at: run.updatedAt,
    },
    repository: minimalRepository(repository),
    sender: simpleUser('signalbox-bot'),
  };
}
