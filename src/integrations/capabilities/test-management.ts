/** Test management, bound to one connection. */

export interface NewTestRun {
  /** Project id at the provider. */
  projectId: string;
  /** 5 to 50 characters; ends with our marker so that `findRun` finds it. */
  name: string;
  description: string;
  /** Which tests belong to the run, in the provider's own ids; empty lists do not filter. */
  filters: { sectionIds: string[]; labelIds: string[]; squadIds: string[]; platformIds: string[] };
}

export interface TestRun {
  id: string;
  name: string;
  url: string;
  state: { kind: 'active' } | { kind: 'locked' } | { kind: 'archived' } | { kind: 'unknown'; raw: string };
}

/** Counts of the tests of a run by latest result; they add up to `total`. */
export interface TestRunResults {
  total: number;
  passed: number;
  failed: number;
  blocked: number;
  skipped: number;
  inProgress: number;
  untested: number;
}

export interface TestManagement {
  /** How long after its creation a run may still be invisible to `findRun`, milliseconds. */
  readonly searchVisibleWithinMs: number;
  findRun(query: { projectId: string; name: string }): Promise<TestRun | null>;
  /** Looks for a run of exactly that name first; creates once. */
  ensureRun(run: NewTestRun): Promise<TestRun>;
  run(query: { projectId: string; runId: string }): Promise<TestRun | null>;
  results(query: { projectId: string; runId: string }): Promise<TestRunResults | null>;
  /** Sets every test of the run back to untested and keeps its history. A locked run is `conflict`. */
  reset(query: { projectId: string; runId: string }): Promise<void>;
}
