/** A `.tar.gz` whose files a job begins with. */
export interface JobFiles {
  /** Folder of the job's directory, relative; `.` = the directory itself. */
  into: string;
  /** How many folders at the front of each path are left out: 1 where everything lies below one whose name means nothing. */
  strip: 0 | 1;
  /** Called when the job is not there yet. */
  open(): Promise<{ body: ReadableStream<Uint8Array>; sizeBytes: number | null }>;
}

/** Builds and tests that run outside a CI system, bound to one connection. Find-or-create by key. */
export interface Job {
  /** Ours; starting the same key again finds the job. Letters, digits, dashes. */
  key: string;
  command: readonly string[];
  variables: ReadonlyMap<string, string>;
  /** One after the other, later ones over earlier ones; none = an empty directory. Whoever finds the job finds its files. */
  files: readonly JobFiles[];
  timeoutMs: number;
}

export type JobState =
  | { kind: 'absent' }
  | { kind: 'running' }
  | { kind: 'ended'; exitCode: number }
  /** Ended by us, its time-out or a signal. */
  | { kind: 'stopped'; why: string };

export interface JobRunner {
  ensure(job: Job): Promise<JobState>;
  state(key: string): Promise<JobState>;
  /** The last `maxBytes` of what it wrote. */
  log(key: string, maxBytes: number): Promise<string>;
  /** A file it left, by its path within the directory; null = there is none. */
  openFile(key: string, path: string): Promise<{ body: ReadableStream<Uint8Array>; sizeBytes: number } | null>;
  /** Ends it with everything it started, for good: one that has not begun never does. Ended already is success. */
  stop(key: string): Promise<void>;
  /** Removes what it left, running or not; its key is free again. */
  remove(key: string): Promise<void>;
}
