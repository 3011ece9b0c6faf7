import type { Revision, Side } from '../../domain/deployment/vocabulary.ts';

/*
 * Where services run, bound to one connection. A place is one side of one service; a workload is a revision brought there. Everything is
 * find-or-create: asked twice, or after a crash, a driver looks first and finds what it did.
 */

/** One side of one service; `config` is what the target's form took (checked by `configSchema`). */
export interface Place {
  /** Stable and unique within the connection: letters, digits, dashes, at most 63. */
  name: string;
  side: Side;
  config: Record<string, unknown>;
}

export interface Workload {
  place: Place;
  revision: Revision;
  /** Hash of everything that is configured besides the revision: names, values, fingerprints. Another one is another workload. */
  configVersion: string;
  /** Environment variables, secrets among them: never logged, never stored by us in clear. */
  variables: ReadonlyMap<string, string>;
  replicas: number;
  /** Gives the files of a `kept` source; the driver reads it to its end or cancels it. */
  open: () => Promise<{ body: ReadableStream<Uint8Array>; sizeBytes: number }>;
}

export type DeployedState =
  /** Nothing runs there. */
  | { kind: 'absent' }
  /** On its way; `why` says what is missing, for people. */
  | { kind: 'progressing'; why: string }
  /** Every replica runs this very workload and is ready by the driver's own measure. */
  | { kind: 'ready' }
  /** It will not become ready by itself. */
  | { kind: 'failed'; why: string }
  /** A state nobody mapped; it counts as none of the others. */
  | { kind: 'unknown'; raw: string };

export interface Deployed {
  state: DeployedState;
  /** What was asked for last; null = nothing, or it cannot be told. */
  digest: string | null;
  configVersion: string | null;
  replicas: { wanted: number; ready: number } | null;
  /** Where health probes and traffic reach it: `host:port`, one per replica that is known. */
  addresses: readonly string[];
}

export interface DeployTargetAbilities {
  /** Whether both sides can run at once: canary and blue-green need it. */
  sideBySide: boolean;
  /** Sources it can run. */
  sources: readonly Revision['source']['kind'][];
  maxReplicas: number;
  /** Whether `run` can execute a command beside the workload. */
  commands: boolean;
}

export interface DeployTarget {
  readonly abilities: DeployTargetAbilities;
  /** Everything wrong with a target's config at once, each naming its field; none = the other methods take it. */
  configProblems(config: Record<string, unknown>): { field: string; message: string }[];
  /** Whether it can be reached and would take workloads of this config now. Changes nothing. @throws ProviderError when it cannot be asked */
  check(place: Place): Promise<{ ok: true } | { ok: false; problems: string[] }>;
  observe(place: Place): Promise<Deployed>;
  /** Brings the workload to its place and answers at once with what is seen then; it becomes ready later. In place, old replicas serve until new ones are ready. */
  ensure(workload: Workload): Promise<Deployed>;
  /** Ends what runs there, gracefully, within `graceMs` or by force. Nothing there is success. */
  ensureAbsent(place: Place, options: { graceMs: number }): Promise<Deployed>;
  /** Runs a command beside the workload, with its variables. @throws ProviderError invalid where `abilities.commands` is false */
  run(place: Place, command: readonly string[], options: { timeoutMs: number }): Promise<{ exitCode: number; output: string }>;
}
