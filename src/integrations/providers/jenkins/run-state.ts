import type { CiRunState } from '../../capabilities/ci.ts';

/** Reasons are sentences of any length; this much of them is kept. */
const MAX_RAW_CHARS = 60;

/** A queue item that has not become a build. `why` is Jenkins' sentence for people. */
export function queueState(item: {
  cancelled?: boolean | null | undefined;
  blocked?: boolean | null | undefined;
  stuck?: boolean | null | undefined;
  why?: string | null | undefined;
}): CiRunState {
  if (item.cancelled === true) return { kind: 'cancelled', raw: 'cancelled in the queue' };
  const why = (word: string) => (item.why ? `${word}: ${item.why}` : word).slice(0, MAX_RAW_CHARS);
  // Held by another build, a lock, a quiet Jenkins.
  if (item.blocked === true) return { kind: 'blocked', raw: why('blocked') };
  // Waits for an agent much longer than builds of this job do: there may be none.
  if (item.stuck === true) return { kind: 'blocked', raw: why('stuck') };
  return { kind: 'queued' };
}

/**
 * `building` and `result` of a build (`hudson.model.Result`). A result may be there before the build has ended and may still get worse.
 * What is unstable or was not built did not pass: neither may be shipped.
 * @param waitsForInput a pipeline that stands at an `input` step
 */
export function buildState(building: boolean, result: string | null | undefined, waitsForInput = false): CiRunState {
  if (building) return waitsForInput ? { kind: 'blocked', raw: 'waiting for input' } : { kind: 'running' };
  switch (result) {
    case 'SUCCESS':
      return { kind: 'succeeded' };
    case 'UNSTABLE':
    case 'FAILURE':
    case 'NOT_BUILT':
      return { kind: 'failed', raw: result };
    case 'ABORTED':
      return { kind: 'cancelled', raw: result };
    default:
      return { kind: 'unknown', raw: (result ?? 'null').slice(0, MAX_RAW_CHARS) };
  }
}
