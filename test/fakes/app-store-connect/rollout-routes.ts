import type { FakeAnswer, FakeRequest, FakeServer } from '../fake-server.ts';
import { bodyOf, notFound, refusal, single, wrongAttribute, wrongState } from './answers.ts';
import { phasedBody } from './bodies.ts';
import type { AscVersion, AscWorld } from './world.ts';

const MAX_PAUSED_DAYS = 30;
const BEFORE_RELEASE = [
  'PREPARE_FOR_SUBMISSION',
  'READY_FOR_REVIEW',
  'WAITING_FOR_REVIEW',
  'IN_REVIEW',
  'PENDING_DEVELOPER_RELEASE',
  'DEVELOPER_REJECTED',
  'REJECTED',
  'METADATA_REJECTED',
  'INVALID_BINARY',
];

/** Release requests and phased releases. */
export function addRolloutRoutes(server: Pick<FakeServer, 'route'>, world: AscWorld): void {
  server.route('POST', '/v1/appStoreVersionReleaseRequests', (request) => {
    const read = bodyOf(request, 'appStoreVersionReleaseRequests', []);
    if ('refused' in read) return read.refused;
    const version = world.versions.get(read.body.ids.appStoreVersion ?? '');
    if (!version) return notFound('appStoreVersions', read.body.ids.appStoreVersion ?? '');
    if (version.state !== 'PENDING_DEVELOPER_RELEASE') return wrongState('The version is not pending developer release.');
    world.release(version);
    return single(request, { type: 'appStoreVersionReleaseRequests', id: version.id }, 201);
  });
  server.route('POST', '/v1/appStoreVersionPhasedReleases', (request) => planPhasedRelease(request, world));
  server.route('PATCH', '/v1/appStoreVersionPhasedReleases/:id', (request) => changePhasedRelease(request, world));
  server.route('DELETE', '/v1/appStoreVersionPhasedReleases/:id', (request) => {
    const version = versionOf(world, request);
    if (!version) return notFound('appStoreVersionPhasedReleases', request.params.id ?? '');
    if (!BEFORE_RELEASE.includes(version.state)) return wrongPhase();
    version.phased = null;
    return { status: 204 };
  });
}

function planPhasedRelease(request: FakeRequest, world: AscWorld): FakeAnswer {
  const read = bodyOf(request, 'appStoreVersionPhasedReleases', ['phasedReleaseState']);
  if ('refused' in read) return read.refused;
  const version = world.versions.get(read.body.ids.appStoreVersion ?? '');
  if (!version) return notFound('appStoreVersions', read.body.ids.appStoreVersion ?? '');
  if (version.phased) return refusal(409, 'ENTITY_ERROR.RELATIONSHIP.INVALID', 'The version has a phased release already.');
  if (world.versionsOf(version.app).length === 1) return wrongState('Phased release is available for updates only.');
  if (!BEFORE_RELEASE.includes(version.state)) return wrongPhase();
  version.phased = { id: world.newId(), state: 'INACTIVE', day: 0, pausedDays: 0, startedAt: null };
  return single(request, phasedBody(version.phased), 201);
}

function changePhasedRelease(request: FakeRequest, world: AscWorld): FakeAnswer {
  const version = versionOf(world, request);
  if (!version?.phased) return notFound('appStoreVersionPhasedReleases', request.params.id ?? '');
  const read = bodyOf(request, 'appStoreVersionPhasedReleases', ['phasedReleaseState']);
  if ('refused' in read) return read.refused;
  const state = String(read.body.attributes.phasedReleaseState);
  if (!['INACTIVE', 'ACTIVE', 'PAUSED', 'COMPLETE'].includes(state)) {
    return wrongAttribute('INVALID', 'phasedReleaseState', `'${state}' is not a state of phased releases`);
  }
  const { phased } = version;
  if (version.state !== 'READY_FOR_DISTRIBUTION' || phased.state === 'COMPLETE' || state === 'INACTIVE') return wrongPhase();
  if (state === 'PAUSED' && phased.pausedDays >= MAX_PAUSED_DAYS) return wrongState('The phased release cannot be paused any more.');
  phased.state = state;
  return single(request, phasedBody(phased));
}

const versionOf = (world: AscWorld, request: FakeRequest): AscVersion | undefined =>
  [...world.versions.values()].find(({ phased }) => phased?.id === request.params.id);

const wrongPhase = () =>
  refusal(409, 'STATE_ERROR', 'An attribute value is not acceptable for the current resource state.', {
    detail: 'You cannot change the state of a phased release in the current version state.',
    source: { pointer: '/data/attributes/phasedReleaseState' },
  });
