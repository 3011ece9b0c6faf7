import type { CiRunState } from '../../capabilities/ci.ts';

/**
 * GitHub's `status` and, once that is `completed`, `conclusion`, as the REST description of workflow runs and check suites lists them. A
 * run that concluded without success did not pass: `neutral`, `skipped` and `stale` built nothing we may ship.
 */
export function runState(status: string | null, conclusion: string | null): CiRunState {
  switch (status) {
    case 'queued':
    case 'requested':
      return { kind: 'queued' };
    // A concurrency group holds it back, or a protection rule of an environment.
    case 'pending':
    case 'waiting':
      return { kind: 'blocked', raw: status };
    case 'in_progress':
      return { kind: 'running' };
    case 'completed':
      return concluded(conclusion);
    default:
      return { kind: 'unknown', raw: status ?? 'null' };
  }
}

function concluded(conclusion: string | null): CiRunState {
  switch (conclusion) {
    case 'success':
      return { kind: 'succeeded' };
    case 'failure':
    case 'timed_out':
    case 'startup_failure':
    case 'neutral':
    case 'skipped':
    case 'stale':
      return { kind: 'failed', raw: conclusion };
    case 'cancelled':
      return { kind: 'cancelled', raw: conclusion };
    // "Completed" only until somebody approves the run.
    case 'action_required':
      return { kind: 'blocked', raw: conclusion };
    default:
      return { kind: 'unknown', raw: `completed/${conclusion ?? 'null'}` };
  }
}
