/** What a Jenkins holds. */

export type ParameterKind = 'String' | 'Text' | 'Boolean' | 'Choice' | 'Password' | 'File' | 'Credentials' | 'Git';

export interface FakeParameter {
  name: string;
  kind: ParameterKind;
  description?: string;
  default?: string;
  choices?: string[];
}

export interface FakeValue {
  name: string;
  kind: ParameterKind;
  value: string | boolean;
}

export interface FakeFolder {
  type: 'folder' | 'multibranch';
  path: string;
}

export interface FakeJob {
  type: 'job';
  path: string;
  pipeline: boolean;
  disabled: boolean;
  parameters: FakeParameter[];
  /** Oldest first. */
  builds: FakeBuild[];
  nextNumber: number;
}

export type FakeItem = FakeFolder | FakeJob;

export interface FakeCause {
  /** `hudson.model.Cause$UserIdCause` and its like. */
  cls: string;
  userId: string;
}

export interface FakeQueueItem {
  id: number;
  job: FakeJob;
  values: FakeValue[];
  causes: FakeCause[];
  inQueueSince: number;
  state: 'waiting' | 'blocked' | 'buildable' | 'left' | 'cancelled';
  stuck: boolean;
  why: string | null;
  build: FakeBuild | null;
  /** Some minutes after it left the queue an item is forgotten. */
  forgotten: boolean;
  /** In no list, though it can be asked for: on its way from the queue to the builds. */
  hidden: boolean;
}

export interface FakeArtifact {
  relativePath: string;
  content: Buffer;
}

export interface FakeBuild {
  number: number;
  job: FakeJob;
  item: FakeQueueItem;
  building: boolean;
  result: string | null;
  timestamp: number;
  /** What the git plugin checked out, each repository. */
  checkouts: { commit: string; branch: string; remote: string }[];
  artifacts: FakeArtifact[];
  waitsForInput: boolean;
}

export const nameOf = (path: string): string => path.split('/').at(-1) ?? '';
export const urlPath = (path: string): string =>
  path
    .split('/')
    .map((name) => `job/${encodeURIComponent(name)}/`)
    .join('');
