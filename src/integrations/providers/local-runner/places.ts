import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Place, Workload } from '../../capabilities/deploy-target.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type LocalConnection, type PlaceConfig, trouble } from './identity.ts';

/*
 * <root>/<tenant>/local-runner/<connection>/services/<name>/<side>/
 *   wanted.json            what shall run there; whoever looks after runs obeys it
 *   current                link to the release that was asked for last
 *   releases/<run>/        unpacked archives
 *   runs/<run>/            spec.json, state.json and the logs of replicas; <run> is digest and config version
 */
export interface PlacePaths {
  directory: string;
  wanted: string;
  current: string;
  releases: string;
  /** What is being unpacked. */
  arriving: string;
  runs: string;
}

/** What is asked of a place; its own file, replaced as a whole. */
export type Wanted =
  | { run: string; digest: string; configVersion: string; replicas: number; overlapMs: number; graceMs: number }
  | { run: null; graceMs: number };

/** What a supervisor needs to know of a run; it holds secrets and is readable for us alone. */
export interface RunSpec {
  kind: 'service';
  run: string;
  mark: string;
  wanted: string;
  directory: string;
  command: readonly string[];
  environment: Record<string, string>;
  portVariable: string | null;
  host: string;
  limits: PlaceConfig['limits'];
  settleMs: number;
  stableMs: number;
  graceMs: number;
  logBytes: number;
}

/** The connection's directory. @throws ProviderError forbidden where the operator allows none */
export function homeOf(connection: LocalConnection, { localRoot }: AdapterDeps): string {
  if (localRoot === null) throw trouble('forbidden', 'the operator allows no services on this machine: LOCAL_RUNNER_ROOT is not set');
  return join(localRoot, 'local-runner', named('connection', connection.id));
}

export function placePaths(home: string, place: Place): PlacePaths {
  const directory = join(home, 'services', named('place', place.name), place.side);
  return {
    directory,
    wanted: join(directory, 'wanted.json'),
    current: join(directory, 'current'),
    releases: join(directory, 'releases'),
    arriving: join(directory, 'arriving'),
    runs: join(directory, 'runs'),
  };
}

export function runName({ revision, configVersion }: Workload): string {
  const [, digest] = /^sha256:([0-9a-f]{64})$/.exec(revision.digest) ?? [];
  if (digest === undefined) throw trouble('invalid', 'the digest of the artifact is none of SHA-256');
  return `${digest}-${named('config version', configVersion)}`;
}

/** A word that may stand as a file's name. */
export function named(what: string, text: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(text))
    throw trouble('invalid', `the ${what} "${text.slice(0, 100)}" cannot be the name of a directory`);
  return text;
}

/** Stands in the environment of everything that a run starts. */
export const markOf = (directory: string) => createHash('sha256').update(directory).digest('hex').slice(0, 40);
