import type { FakeAnswer, FakeRequest, FakeServer } from '../fake-server.ts';
import { bodyOf, notFound, page, refusal, single, wrongAttribute, wrongState } from './answers.ts';
import { localizationBody, versionBody } from './bodies.ts';
import { type AscApp, type AscVersion, type AscWorld, EDITABLE } from './world.ts';

const MAX_WHATS_NEW = 4000;
const RELEASE_TYPES = ['MANUAL', 'AFTER_APPROVAL', 'SCHEDULED'];

/** A version, its build and what is new in it: only while it is editable. */
export function addVersionRoutes(server: Pick<FakeServer, 'route'>, world: AscWorld, maxPageSize: number): void {
  server.route('POST', '/v1/appStoreVersions', (request) => createVersion(request, world));
  server.route('PATCH', '/v1/appStoreVersions/:id', (request) => changeVersion(request, world));
  server.route('PATCH', '/v1/appStoreVersions/:id/relationships/build', (request) => attachBuild(request, world));
  server.route('GET', '/v1/appStoreVersions/:id/appStoreVersionLocalizations', (request) => {
    const version = world.versions.get(request.params.id ?? '');
    if (!version) return notFound('appStoreVersions', request.params.id ?? '');
    return page(request, [], { all: version.localizations, body: localizationBody, maxPageSize });
  });
  server.route('PATCH', '/v1/appStoreVersionLocalizations/:id', (request) => changeLocalization(request, world));
}

function createVersion(request: FakeRequest, world: AscWorld): FakeAnswer {
  const read = bodyOf(request, 'appStoreVersions', [
    'platform',
    'versionString',
    'releaseType',
    'copyright',
    'reviewType',
    'earliestReleaseDate',
  ]);
  if ('refused' in read) return read.refused;
  const { attributes, ids } = read.body;
  const app = world.apps.get(ids.app ?? '');
  if (!app) return notFound('apps', ids.app ?? '');
  const { platform, versionString, releaseType } = attributes;
  if (platform !== 'IOS') return wrongAttribute('INVALID', 'platform', 'The platform is not one of this app');
  if (typeof versionString !== 'string' || !/^\d+(\.\d+){0,2}$/.test(versionString)) {
    return wrongAttribute('INVALID', 'versionString', 'This version number is not in the required format');
  }
  return refuseVersion(world, app, versionString) ?? made(request, world.addVersion(app, versionString, releaseTypeOf(releaseType)));
}

const releaseTypeOf = (value: unknown) => (typeof value === 'string' ? { releaseType: value } : {});
const made = (request: FakeRequest, version: AscVersion) => single(request, versionBody(version), 201);

function refuseVersion(world: AscWorld, app: AscApp, versionString: string): FakeAnswer | null {
  if (world.version(app, versionString)) {
    return wrongAttribute('INVALID.DUPLICATE', 'versionString', 'The version number has been previously used.');
  }
  if (!world.inFlight(app)) return null;
  return refusal(409, 'ENTITY_ERROR.RELATIONSHIP.INVALID', 'The provided entity includes a relationship with an invalid value', {
    detail: 'You cannot create a new version of the App in the current state.',
    source: { pointer: '/data/relationships/app' },
  });
}

function changeVersion(request: FakeRequest, world: AscWorld): FakeAnswer {
  const version = world.versions.get(request.params.id ?? '');
  if (!version) return notFound('appStoreVersions', request.params.id ?? '');
  const read = bodyOf(request, 'appStoreVersions', ['versionString', 'releaseType', 'earliestReleaseDate', 'copyright', 'downloadable']);
  if ('refused' in read) return read.refused;
  const { releaseType } = read.body.attributes;
  if (!RELEASE_TYPES.includes(String(releaseType))) return wrongAttribute('INVALID', 'releaseType', 'Not a release type');
  if (!EDITABLE.includes(version.state)) return notEditable('releaseType');
  version.releaseType = String(releaseType);
  return single(request, versionBody(version));
}

function attachBuild(request: FakeRequest, world: AscWorld): FakeAnswer {
  const version = world.versions.get(request.params.id ?? '');
  if (!version) return notFound('appStoreVersions', request.params.id ?? '');
  const { data } = (request.body ?? {}) as { data?: { type?: string; id?: string } };
  const build = data?.type === 'builds' ? world.builds.get(data.id ?? '') : undefined;
  if (!build) return notFound('builds', data?.id ?? '');
  const fits = build.app === version.app && build.version === version.versionString && build.audience === 'APP_STORE_ELIGIBLE';
  if (!fits || build.processingState !== 'VALID' || build.expired) {
    return refusal(409, 'ENTITY_ERROR.RELATIONSHIP.INVALID', 'The provided entity includes a relationship with an invalid value', {
      detail: 'The specified pre-release build could not be added.',
      source: { pointer: '/data/relationships/build' },
    });
  }
  if (!EDITABLE.includes(version.state)) return wrongState('The build of the version cannot be changed in its current state.');
  version.build = build;
  return { status: 204 };
}

function changeLocalization(request: FakeRequest, world: AscWorld): FakeAnswer {
  const id = request.params.id ?? '';
  const version = [...world.versions.values()].find(({ localizations }) => localizations.some((each) => each.id === id));
  const localization = version?.localizations.find((each) => each.id === id);
  if (!version || !localization) return notFound('appStoreVersionLocalizations', id);
  const read = bodyOf(request, 'appStoreVersionLocalizations', ['whatsNew', 'description', 'keywords', 'promotionalText']);
  if ('refused' in read) return read.refused;
  const { whatsNew } = read.body.attributes;
  if (typeof whatsNew !== 'string') return wrongAttribute('TYPE', 'whatsNew', 'whatsNew must be a string');
  // Apple names neither all it refuses nor when that changes; these were seen to be refused.
  const refused = [...new Set(whatsNew.match(/[<>]|\p{Emoji_Presentation}|[★✓]/gu) ?? [])];
  if (refused.length > 0) {
    const detail = `What's New in This Version can't contain the following character(s): ${refused.join(', ')}.`;
    return wrongAttribute('INVALID.INVALID_CHARACTERS', 'whatsNew', detail);
  }
  if ([...whatsNew].length > MAX_WHATS_NEW) return wrongAttribute('INVALID.TOO_LONG', 'whatsNew', 'whatsNew is too long');
  const isFirst = world.versionsOf(version.app).length === 1;
  if (isFirst || !EDITABLE.includes(version.state)) return notEditable('whatsNew');
  localization.whatsNew = whatsNew;
  return single(request, localizationBody(localization));
}

const notEditable = (attribute: string) =>
  refusal(409, 'STATE_ERROR', 'An attribute value is not acceptable for the current resource state.', {
    detail: `The attribute '${attribute}' can not be edited at this time`,
    source: { pointer: `/data/attributes/${attribute}` },
  });
