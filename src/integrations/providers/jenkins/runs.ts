import type { CiRun } from '../../capabilities/ci.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { JenkinsClient } from './client.ts';
import { commitOf } from './commit.ts';
import type { JenkinsConnection, JenkinsSettings } from './identity.ts';
import { jobPathOfUrl, jobUrlPath } from './job-path.ts';
import { CORRELATION_PARAMETER, isBelowRoot } from './jobs.ts';
import { buildHandle, queueHandle, readHandle } from './run-handle.ts';
import { buildState, queueState } from './run-state.ts';
import type { Action, Build, QueueItem } from './schema.ts';

/** Where a run is now: waiting in the queue (or cancelled there), or a build. */
export type Place = { kind: 'queue'; path: string; item: QueueItem } | { kind: 'build'; path: string; build: Build };

/** `null`: Jenkins knows no such run, or not any more (builds are discarded, cancelled queue items forgotten). */
export async function findPlace(client: JenkinsClient, settings: JenkinsSettings, handle: string): Promise<Place | null> {
  const known = readHandle(handle);
  if (!known || !isBelowRoot(settings, known.path)) return null;
  const { path } = known;
  if (known.kind === 'build') return buildPlace(client, path, known.number);
  const item = await client.queueItem(known.id);
  // Ids start again when Jenkins loses its queue: the item of another job is not ours.
  if (!item || jobPathOfUrl(item.task?.url ?? '') !== path) {
    const number = await buildOfItem(client, path, known.id);
    return number === null ? null : buildPlace(client, path, number);
  }
  const number = item.executable?.number;
  if (number === undefined || number === null) return { kind: 'queue', path, item };
  return buildPlace(client, path, number);
}

async function buildPlace(client: JenkinsClient, path: string, number: number): Promise<Place | null> {
  const build = await client.build(path, number);
  return build && { kind: 'build', path, build };
}

/** The build that a forgotten queue item became. Builds start in about the order they were queued in, so a range of older ones ends it. */
async function buildOfItem(client: JenkinsClient, path: string, id: number): Promise<number | null> {
  for await (const builds of client.builds(path)) {
    const found = builds.find((build) => build.queueId === id);
    if (found) return found.number;
    if (builds.every((build) => build.queueId < id)) return null;
  }
  return null;
}

/** What the places of a run mean. */
export async function toRun(client: JenkinsClient, connection: JenkinsConnection, place: Place): Promise<CiRun> {
  const page = connection.baseUrl + jobUrlPath(place.path);
  if (place.kind === 'queue') {
    const { item, path } = place;
    const handle = queueHandle(item.id, path);
    return { handle, state: queueState(item), number: null, attempt: attemptOf(item.actions), url: `${page}/`, commit: null };
  }
  const { build, path } = place;
  const { settings } = connection;
  const ref = parametersIn(build.actions).get(settings.refParameter) ?? branchOf(path);
  return {
    handle: buildHandle(path, build.number),
    state: buildState(build.building, build.result, await waitsForInput(client, path, build)),
    number: build.number,
    attempt: attemptOf(build.actions),
    // By the address we know: Jenkins writes the one it believes to have.
    url: `${page}/${build.number}/console`,
    commit: commitOf(build.actions ?? [], { repositoryUrl: settings.repositoryUrl, ref }),
  };
}

/** Last name of a path, decoded: the branch, for the job of a branch. */
function branchOf(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/%(2[35F]|3F|5[BCD])/g, (code) => decodeURIComponent(code));
}

/** Only pipelines wait for input, and only a plugin (Pipeline REST API) tells. */
async function waitsForInput(client: JenkinsClient, path: string, build: Build): Promise<boolean> {
  if (!build.building || !build._class?.endsWith('WorkflowRun')) return false;
  try {
    return ((await client.pendingInputs(path, build.number)) ?? []).length > 0;
  } catch (error) {
    // Then nobody tells: the build is running as far as anybody can see.
    if (error instanceof ProviderError && ['forbidden', 'invalid', 'malformed'].includes(error.kind)) return false;
    throw error;
  }
}

/** Values as text; `null` for one that Jenkins does not show (passwords, files). */
export function parametersIn(actions: readonly (Action | null)[] | null | undefined): Map<string, string | null> {
  const all = (actions ?? []).flatMap((action) => action?.parameters ?? []);
  return new Map(all.map(({ name, value }) => [name, value === undefined || value === null ? null : String(value)]));
}

/** Each repeat is a build of its own; its correlation id says which repeat it is: `<id>`, `<id>.2`, `<id>.3`. */
export function attemptOf(actions: readonly (Action | null)[] | null | undefined): number {
  const repeat = /\.([1-9]\d{0,3})$/.exec(parametersIn(actions).get(CORRELATION_PARAMETER) ?? '');
  return Math.max(1, Number(repeat?.[1] ?? 1));
}

/** A run as lists show it. */
export interface Sighting {
  handle: string;
  queueId: number;
  /** Milliseconds since the epoch: entry into the queue, or start of the build. */
  at: number;
  parameters: Map<string, string | null>;
  /** A person or we asked for it, by the page or the API; not a push, a timer or another job. */
  asked: boolean;
}

/**
 * Runs of a job since `since`, first of the queue and then of the builds: in the other order a run that leaves the queue between the two
 * looks would be in neither. A range of builds that is too old from end to end ends the search.
 */
export async function sightings(client: JenkinsClient, path: string, since: number): Promise<Sighting[]> {
  const seen = new Map<number, Sighting>();
  for (const item of (await client.queue()).items) {
    if (jobPathOfUrl(item.task?.url ?? '') !== path || item.inQueueSince < since) continue;
    seen.set(item.id, { handle: queueHandle(item.id, path), queueId: item.id, at: item.inQueueSince, ...toldBy(item.actions) });
  }
  for await (const builds of client.builds(path)) {
    const recent = builds.filter((build) => build.timestamp >= since);
    for (const { number, queueId, timestamp, actions } of recent) {
      seen.set(queueId, { handle: buildHandle(path, number), queueId, at: timestamp, ...toldBy(actions) });
    }
    if (recent.length === 0) break;
  }
  return [...seen.values()].sort((a, b) => a.queueId - b.queueId);
}

function toldBy(actions: readonly (Action | null)[] | null | undefined): Pick<Sighting, 'parameters' | 'asked'> {
  const causes = (actions ?? []).flatMap((action) => action?.causes ?? []);
  const asked = causes.length === 0 || causes.some(({ _class }) => /\$(UserIdCause|UserCause|RemoteCause)$/.test(_class ?? '$UserIdCause'));
  return { parameters: parametersIn(actions), asked };
}
