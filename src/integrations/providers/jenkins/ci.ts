import type { Ci, CiArtifact } from '../../capabilities/ci.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type JenkinsClient, jenkinsClient } from './client.ts';
import { findRun } from './find-run.ts';
import type { JenkinsConnection } from './identity.ts';
import { buildOfUrl } from './job-path.ts';
import { CORRELATION_PARAMETER, declaredInputs, findRefJob, listWorkflows } from './jobs.ts';
import { rerun } from './rerun.ts';
import { buildHandle, queueHandle, readHandle } from './run-handle.ts';
import { findPlace, type Place, toRun } from './runs.ts';
import { startRun, trouble } from './start-run.ts';

/** Between leaving the queue and being listed as a build a run is invisible for moments; a busy controller stretches them. */
const VISIBLE_WITHIN_MS = 30_000;
/** Each size is a call of its own. */
const SIZES_ASKED_FOR = 20;

export function jenkinsCi(connection: JenkinsConnection, deps: AdapterDeps): Ci {
  const client = jenkinsClient(connection, deps);
  const { settings } = connection;

  const mustFind = async (handle: string): Promise<Place> => {
    const place = await findPlace(client, settings, handle);
    if (!place) throw trouble('not-found', `there is no run ${handle}`);
    return place;
  };

  return {
    dispatchVisibleWithinMs: VISIBLE_WITHIN_MS,
    correlationInput: CORRELATION_PARAMETER,
    workflows: () => listWorkflows(client, settings),
    async workflowInputs(workflowId, ref) {
      const target = await findRefJob(client, settings, workflowId, ref);
      return target && declaredInputs(target);
    },
    dispatch: (request) => startRun(client, settings, request),
    findRun: (query) => findRun(client, connection, query),
    async run(handle) {
      const place = await findPlace(client, settings, handle);
      return place && toRun(client, connection, place);
    },
    handleOf(reference) {
      if (readHandle(reference) !== null) return reference;
      const page = buildOfUrl(reference.replace(/[?#].*$/, '').replace(/\/(console\w*)?\/?$/, ''));
      return page && buildHandle(page.path, page.number);
    },
    async *artifacts(handle) {
      const place = await mustFind(handle);
      if (place.kind === 'build') yield* artifactsOf(client, place.path, place.build.number);
    },
    async openArtifact(handle, artifactId) {
      const place = await mustFind(handle);
      // A path that is a folder would be answered with a web page.
      const listed = place.kind === 'build' ? await client.artifacts(place.path, place.build.number) : null;
      if (place.kind !== 'build' || !listed?.artifacts.some((artifact) => artifact.relativePath === artifactId)) {
        throw trouble('not-found', `run ${handle} has no artifact ${artifactId}`);
      }
      return client.downloadArtifact(place.path, place.build.number, artifactId);
    },
    cancel: async (handle) => cancel(client, await mustFind(handle), (queued) => findPlace(client, settings, queued)),
    rerunFailed: async (handle) => rerun(client, await mustFind(handle)),
  };
}

async function* artifactsOf(client: JenkinsClient, path: string, number: number): AsyncGenerator<CiArtifact> {
  const { artifacts } = (await client.artifacts(path, number)) ?? { artifacts: [] };
  for (const [index, { fileName, relativePath }] of artifacts.entries()) {
    yield {
      id: relativePath,
      name: fileName,
      sizeBytes: index < SIZES_ASKED_FOR ? await client.artifactSize(path, number, relativePath) : null,
      digest: null,
      expired: false,
      url: client.artifactUrl(path, number, relativePath),
    };
  }
}

/** Ended, or cancelled before it started, is as good as stopped. */
async function cancel(client: JenkinsClient, place: Place, again: (handle: string) => Promise<Place | null>): Promise<void> {
  if (place.kind === 'build') {
    if (place.build.building) await client.stop(place.path, place.build.number);
    return;
  }
  if (place.item.cancelled === true) return;
  try {
    await client.cancelQueueItem(place.item.id);
  } catch (error) {
    // Too late for the queue: it became a build between the two calls, or is gone.
    if (!(error instanceof ProviderError && error.kind === 'not-found')) throw error;
    const now = await again(queueHandle(place.item.id, place.path));
    if (now?.kind === 'build') await cancel(client, now, again);
    else if (now?.item.cancelled !== true) throw error;
  }
}
