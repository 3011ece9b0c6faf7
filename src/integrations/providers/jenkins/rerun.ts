import type { JenkinsClient } from './client.ts';
import { CORRELATION_PARAMETER, parametersOf } from './jobs.ts';
import { buildHandle, queueHandle } from './run-handle.ts';
import { buildState, queueState } from './run-state.ts';
import { attemptOf, type Place, parametersIn, type Sighting, sightings } from './runs.ts';
import { schedule, trouble } from './start-run.ts';

/**
 * Jenkins cannot repeat what failed of a build: the repeat is a new build of the same job with the same parameters, on what the branch is
 * now. Its correlation id follows from the first one's, so a repeat that was asked for already is found instead of asked for again.
 */
export async function rerun(client: JenkinsClient, place: Place): Promise<{ handle: string }> {
  const { path } = place;
  const isBuild = place.kind === 'build';
  const handle = isBuild ? buildHandle(path, place.build.number) : queueHandle(place.item.id, path);
  const state = isBuild ? buildState(place.build.building, place.build.result) : queueState(place.item);
  // Not ended: there is nothing to repeat yet. Passed: nothing failed.
  if (state.kind !== 'failed' && state.kind !== 'cancelled') return { handle };
  const { actions } = isBuild ? place.build : place.item;
  const queueId = isBuild ? place.build.queueId : place.item.id;
  const since = isBuild ? place.build.timestamp : place.item.inQueueSince;
  const parameters = parametersIn(actions);
  const job = await client.job(path);
  if (!job) throw trouble('not-found', `there is no job ${path} any more`);
  const correlated = parametersOf(job).some((parameter) => parameter.name === CORRELATION_PARAMETER);
  const next = correlated
    ? nextCorrelationId(
        parameters.get(CORRELATION_PARAMETER) || `${isBuild ? 'build' : 'queue'}-${isBuild ? place.build.number : queueId}`,
        attemptOf(actions),
      )
    : null;

  const later = (await sightings(client, path, since)).filter((run) => run.queueId > queueId);
  const repeat = later.find((run) => (next === null ? hasSame(run, parameters) : run.parameters.get(CORRELATION_PARAMETER) === next));
  if (repeat) return { handle: repeat.handle };
  const started = await schedule(client, { path, job }, shown(path, parameters), next);
  if (started.handle === null) throw trouble('malformed', `${path} was started again, but Jenkins did not say as which queue item`);
  return { handle: started.handle };
}

function nextCorrelationId(current: string, attempt: number): string {
  return `${attempt > 1 ? current.replace(/\.\d+$/, '') : current}.${attempt + 1}`;
}

/** Where the job does not declare our parameter, the first later run that somebody asked for with the same values is the repeat. */
function hasSame(run: Sighting, parameters: Map<string, string | null>): boolean {
  return (
    run.asked && run.parameters.size === parameters.size && [...parameters].every(([name, value]) => run.parameters.get(name) === value)
  );
}

/** The values to send again. One that Jenkins does not show would silently become the default. */
function shown(path: string, parameters: Map<string, string | null>): Record<string, string> {
  const hidden = [...parameters].filter(([, value]) => value === null).map(([name]) => name);
  if (hidden.length > 0) {
    throw trouble(
      'invalid',
      `${path} cannot be repeated from here: Jenkins does not show the value of ${hidden.join(', ')}; start it again in Jenkins`,
    );
  }
  return Object.fromEntries([...parameters].filter(([name]) => name !== CORRELATION_PARAMETER).map(([name, value]) => [name, value ?? '']));
}
