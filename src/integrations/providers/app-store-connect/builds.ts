import type { StoreBuild } from '../../capabilities/app-store.ts';
import { ascTrouble } from './asc-error.ts';
import type { AscClient } from './client.ts';
import type { BuildResource } from './schema.ts';

interface BuildSearch {
  /** Apple's number of the app. */
  appId: string;
  version: string;
  buildNumber: string | null;
  uploadedSince: string | null;
}

/** The newest that fits. Without an upload date nobody can say that a build is new enough. */
export async function findBuild(client: AscClient, search: BuildSearch): Promise<StoreBuild | null> {
  const since = search.uploadedSince === null ? Number.NEGATIVE_INFINITY : Date.parse(search.uploadedSince);
  const fitting = (await client.builds(search)).data
    .filter(({ attributes }) => search.buildNumber === null || attributes.version === search.buildNumber)
    .filter((build) => uploadedMs(build) >= since)
    .sort((one, other) => uploadedMs(other) - uploadedMs(one));
  const [newest] = fitting;
  return newest ? storeBuild(newest, search.version) : null;
}

/** The build to submit, which must be one that Apple takes. */
export async function readyBuild(client: AscClient, search: Omit<BuildSearch, 'uploadedSince'>): Promise<StoreBuild> {
  const build = await findBuild(client, { ...search, uploadedSince: null });
  const name = `build ${search.buildNumber} of ${search.version}`;
  if (build === null) throw ascTrouble('not-found', `there is no ${name}`);
  if (build.state.kind === 'ready') return build;
  const why = {
    processing: 'Apple is still processing it',
    expired: 'it has expired',
    refused: build.state.kind === 'refused' ? build.state.reason : '',
    unknown: build.state.kind === 'unknown' ? `its state is ${build.state.raw}, which is not known here` : '',
  }[build.state.kind];
  throw ascTrouble('conflict', `${name} cannot be submitted: ${why}`);
}

function uploadedMs({ attributes }: BuildResource): number {
  const time = Date.parse(attributes.uploadedDate ?? '');
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

function storeBuild({ id, attributes }: BuildResource, version: string): StoreBuild {
  return { id, version, buildNumber: attributes.version, uploadedAt: attributes.uploadedDate ?? null, state: buildState(attributes) };
}

function buildState({ expired, processingState, buildAudienceType }: BuildResource['attributes']): StoreBuild['state'] {
  if (expired === true) return { kind: 'expired' };
  switch (processingState) {
    case 'PROCESSING':
      return { kind: 'processing' };
    case 'FAILED':
      return { kind: 'refused', reason: 'App Store Connect could not process it; the uploader has got an e-mail that says why' };
    case 'INVALID':
      return { kind: 'refused', reason: 'App Store Connect found it invalid; the uploader has got an e-mail that says why' };
    case 'VALID':
      return buildAudienceType === 'INTERNAL_ONLY'
        ? { kind: 'refused', reason: 'it was uploaded for internal testing only' }
        : { kind: 'ready' };
    default:
      return { kind: 'unknown', raw: processingState ?? 'none' };
  }
}
