import type { TestCounts } from '../../domain/release/test-results.ts';

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

/** A run and how its tests stand at one look. */
export interface TestRunReport {
  run: TestRun;
  counts: TestCounts;
}

export interface TestManagement {
  /** How long after its creation a run may still be invisible to `findRun`, milliseconds. */
  readonly searchVisibleWithinMs: number;
  findRun(query: { projectId: string; name: string }): Promise<TestRun | null>;
  /** Looks for a run of exactly that name first; creates once. */
  ensureRun(run: NewTestRun): Promise<TestRun>;
  run(query: { projectId: string; runId: string }): Promise<TestRun | null>;
  results(query: { projectId: string; runId: string }): Promise<TestRunReport | null>;
  /** Sets every test of the run back to untested and keeps its history. A run that is not active is `conflict`. */
  reset(query: { projectId: string; runId: string }): Promise<void>;
}

/** Where a run can be closed, so that its results stand. */
export interface TestRunLocking {
  /** A run that is locked already stays as it is. One that is neither active nor locked is `conflict`, an unknown one `not-found`. */
  lockRun(query: { projectId: string; runId: string }): Promise<TestRun>;
}
