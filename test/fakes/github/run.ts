export interface FakeWorkflow {
  id: number;
  name: string;
  path: string;
  state: 'active' | 'disabled_manually';
  createdAt: string;
}

export interface FakeArtifact {
  id: number;
  name: string;
  sizeBytes: number;
  digest: string;
  /** The archive that a download delivers. */
  content: Uint8Array;
  expired: boolean;
  createdAt: string;
}

export interface FakeRun {
  id: number;
  workflow: FakeWorkflow;
  ref: string;
  headSha: string;
  title: string;
  inputs: Record<string, string>;
  number: number;
  attempt: number;
  /** Anything the REST description lists, so that tests can show odd ones. */
  status: string;
  conclusion: string | null;
  createdAt: string;
  updatedAt: string;
  /** Lists show it from then on, milliseconds since the epoch. */
  visibleAt: number;
  artifacts: FakeArtifact[];
}
