import type { Ci, Dispatch, WorkflowInput } from '../../src/integrations/capabilities/ci.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import type { AdapterHarness, ContractTests } from './adapter-harness.ts';

/** What happens at the CI without the adapter. */
export interface CiWorld {
  /** Its runs show the correlation input; declares it and the input `version`. */
  correlated: string;
  /** Declares `version` alone: its runs show nothing of ours. */
  plain: string;
  /** A ref both workflows exist on. */
  ref: string;
  /** What `workflowInputs` must say of `correlated` besides the correlation input. */
  declared: WorkflowInput[];
  seedWorkflows(count: number): void;
  /** Somebody starts a run by hand; its handle. */
  startByHand(workflowId: string, ref: string): string;
  /** Handles of all runs of a workflow. */
  runs(workflowId: string): string[];
  advance(handle: string, to: 'running' | 'succeeded' | 'failed' | 'cancelled'): void;
  /** How often the run has been started, re-runs counted, whichever way the provider keeps them. */
  attempts(handle: string): number;
  /** Artifacts that hold `content` (a few bytes when absent), as the provider delivers them. */
  seedArtifacts(handle: string, count: number, content?: Uint8Array): void;
  /** The run's artifacts end: they expire, or are deleted as the provider does it. */
  expireArtifacts(handle: string): void;
  /** From now on dispatched runs stay out of every list until `show`. */
  hideNewRuns(): void;
  showRuns(): void;
  /** `download` is the call that delivers an artifact's bytes. */
  endpoints: Record<'run' | 'dispatch' | 'cancel' | 'rerun' | 'download', CallMatch>;
}

export type CiHarness = AdapterHarness<Ci, CiWorld>;
export type CiTests = ContractTests<CiHarness>;

const CORRELATION_ID = 'sb-01jd3x8k2m';
const longAgo = () => new Date(Date.now() - 3_600_000).toISOString();
export const order = ({ connect, world }: CiHarness, changes: Partial<Dispatch> = {}): Dispatch => ({
  workflowId: world.correlated,
  ref: world.ref,
  inputs: { version: '1.2.3', [connect().correlationInput]: changes.correlationId ?? CORRELATION_ID },
  correlationId: CORRELATION_ID,
  ...changes,
});
export const search = ({ world }: CiHarness, changes: { workflowId?: string; since?: string } = {}) => ({
  workflowId: world.correlated,
  ref: world.ref,
  correlationId: CORRELATION_ID,
  since: longAgo(),
  ...changes,
});

/** Starts a run the way the engine does: looks for it, and starts it only where there is none. */
export async function ensureRun(subject: Ci, harness: CiHarness): Promise<string> {
  const found = await subject.findRun(search(harness));
  if (found) return found.handle;
  const { handle } = await subject.dispatch(order(harness));
  return handle ?? (await subject.findRun(search(harness)))?.handle ?? '';
}
