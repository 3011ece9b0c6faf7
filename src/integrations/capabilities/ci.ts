/** Continuous integration, bound to one connection and one repository or job root. */

export interface Workflow {
  /** Stable id at the provider; what `dispatch` takes. */
  id: string;
  name: string;
  /** Path or URL under which people know it. */
  path: string;
  enabled: boolean;
}

export interface WorkflowInput {
  name: string;
  description: string | null;
  required: boolean;
  type: 'string' | 'boolean' | 'number' | 'choice' | 'environment' | 'unknown';
  default: string | null;
  /** For `choice`. */
  options: string[];
}

/** A state nobody mapped stays visible as unknown: it is neither passed nor failed and is looked at again. */
export type CiRunState =
  | { kind: 'queued' }
  /** Held by something outside: an approval, a concurrency group, a protection rule. */
  | { kind: 'blocked'; raw: string }
  | { kind: 'running' }
  | { kind: 'succeeded' }
  | { kind: 'failed'; raw: string }
  | { kind: 'cancelled'; raw: string }
  | { kind: 'unknown'; raw: string };

export interface CiRun {
  /**
   * What to ask for next time. A provider with a queue hands out a queue item first and a run later; then this changes, and the caller
   * stores the new one.
   */
  handle: string;
  state: CiRunState;
  /** Number people know it by, when there is one. */
  number: number | null;
  /** Grows with each re-run of the same run. */
  attempt: number;
  /** Page with the logs. */
  url: string | null;
  /** The commit it ran on, when known. */
  commit: string | null;
}

export interface CiArtifact {
  id: string;
  name: string;
  /** `null` when the provider does not tell. */
  sizeBytes: number | null;
  /** `sha256:…` when the provider computes one. */
  digest: string | null;
  expired: boolean;
  /** Page or API address; needs the connection's credentials. */
  url: string;
}

/** What an artifact holds, arriving. The caller reads `body` to its end or cancels it. */
export interface ArtifactDownload {
  body: ReadableStream<Uint8Array>;
  /** Bytes that will come, when the provider tells. */
  sizeBytes: number | null;
  contentType: string | null;
}

export interface Dispatch {
  workflowId: string;
  /** Branch or tag to run on; never a default. */
  ref: string;
  /** Already filtered to the inputs the workflow declares. */
  inputs: Record<string, string>;
  /** Ours; put where it can be found again (see `findRun`). */
  correlationId: string;
}

export interface Ci {
  /**
   * How long after an accepted dispatch its run may still be invisible to `findRun`, milliseconds. A caller that does not know whether an
   * earlier dispatch arrived waits this long before it dispatches again.
   */
  readonly dispatchVisibleWithinMs: number;
  /** The input (when the workflow declares it) that carries the correlation id. */
  readonly correlationInput: string;
  workflows(): AsyncIterable<Workflow>;
  /** Declared inputs as of `ref`; `null` when the workflow or the ref is unknown. */
  workflowInputs(workflowId: string, ref: string): Promise<WorkflowInput[] | null>;
  /** Starts a run. Not idempotent: call `findRun` first. `null` handle: accepted, look for it with `findRun`. */
  dispatch(request: Dispatch): Promise<{ handle: string | null }>;
  /**
   * Our run, by correlation id. Where the workflow shows no correlation id, a run is ours only if exactly one candidate on the ref was
   * created at or after `since`; several are a `conflict`, never "the newest".
   * @param since ISO 8601
   */
  findRun(query: { workflowId: string; ref: string; correlationId: string; since: string }): Promise<CiRun | null>;
  run(handle: string): Promise<CiRun | null>;
  /** The handle behind what people have of a run: its handle, or the address of its page. Null for anything else. No call is made. */
  handleOf(reference: string): string | null;
  artifacts(handle: string): AsyncIterable<CiArtifact>;
  /** Streams an artifact of a run; an unknown or expired one is `not-found`. A body that breaks off errors the stream. */
  openArtifact(handle: string, artifactId: string): Promise<ArtifactDownload>;
  /** Asks the provider to stop the run; a run that has ended already is success. */
  cancel(handle: string): Promise<void>;
  /**
   * Runs what failed of an ended run again, once however often asked. Answers the handle to follow: the same where the provider counts
   * attempts of a run, another where each run stands alone.
   */
  rerunFailed(handle: string): Promise<{ handle: string }>;
}
