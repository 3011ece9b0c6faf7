import type { CiRunState } from '../../capabilities/ci.ts';

/** Every status of the REST description of pipelines. What built nothing we may ship (`skipped`) did not pass. */
export function pipelineState(status: string): CiRunState {
  switch (status) {
    case 'created':
    case 'preparing':
    case 'pending':
      return { kind: 'queued' };
    // A resource group holds it back, an outside service has to call, somebody has to start its next job, or a delay has to pass.
    case 'waiting_for_resource':
    case 'waiting_for_callback':
    case 'manual':
    case 'scheduled':
      return { kind: 'blocked', raw: status };
    // Told to stop, and not stopped yet.
    case 'canceling':
    case 'running':
      return { kind: 'running' };
    case 'success':
      return { kind: 'succeeded' };
    case 'failed':
    case 'skipped':
      return { kind: 'failed', raw: status };
    case 'canceled':
      return { kind: 'cancelled', raw: status };
    default:
      return { kind: 'unknown', raw: status };
  }
}
