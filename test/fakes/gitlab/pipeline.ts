export interface FakeJob {
  id: number;
  name: string;
  stage: string;
  status: string;
  /** Another job of this name has taken its place. */
  retried: boolean;
  archive: { filename: string; bytes: Uint8Array; expired: boolean } | null;
  createdAt: string;
}

export interface FakePipeline {
  id: number;
  iid: number;
  ref: string;
  isTag: boolean;
  sha: string;
  /** Anything the REST description lists, so that tests can show odd ones. */
  status: string;
  source: string;
  /** `workflow:name`, or none. */
  name: string | null;
  user: string;
  variables: { key: string; value: string; variable_type: string }[];
  inputs: Record<string, unknown>;
  jobs: FakeJob[];
  createdAt: string;
  updatedAt: string;
  /** Lists show it from then on, milliseconds since the epoch. */
  visibleAt: number;
}
