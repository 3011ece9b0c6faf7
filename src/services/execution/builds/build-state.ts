import type { CiRun } from '../../../integrations/capabilities/ci.ts';

export type BuildStatus = 'PENDING' | 'QUEUED' | 'RUNNING' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** An attempt after which its task gave up for a build. */
export const gaveUp = `outcome = 'failed' AND JSON_UNQUOTE(JSON_EXTRACT(failure, '$.kind')) = 'conflict'`;

/** Of the columns that keep the provider's words. */
const STATE_CHARS = 64;
const URL_CHARS = 1024;

/** For workflows that declare the input: they may say themselves how the build goes, and bring its artifact. */
export const callbackOf = (publicUrl: string | null, tenantId: string, correlationId: string): Record<string, string> =>
  publicUrl === null ? {} : { signalbox_callback_url: `${publicUrl}/api/v1/tenants/${tenantId}/builds/${correlationId}/report` };

/** The provider's own word for a state that is not simply one of ours. */
export function providerWords({ state }: CiRun, complete: boolean): string | null {
  if ('raw' in state) return state.raw.slice(0, STATE_CHARS);
  return state.kind === 'succeeded' && !complete ? 'waiting for the artifact' : null;
}

/** An address cut short leads nowhere. */
export const addressOrNull = (url: string | null | undefined) => (url && url.length <= URL_CHARS ? url : null);

export function statusOf(run: CiRun): BuildStatus {
  switch (run.state.kind) {
    case 'queued':
    case 'blocked':
      return 'QUEUED';
    case 'running':
    // Succeeded without its artifact: not done, looked at again.
    case 'succeeded':
      return 'RUNNING';
    case 'failed':
      return 'FAILED';
    case 'cancelled':
      return 'CANCELLED';
    case 'unknown':
      return 'UNKNOWN';
    default:
      return run.state satisfies never;
  }
}
