import type { FakeServer } from '../fake-server.ts';
import { filter, notFound, page, passes } from './answers.ts';
import { appBody, buildBody, phasedBody, versionBody } from './bodies.ts';
import type { AscVersion, AscWorld } from './world.ts';

/** Apps, builds and lists of versions. */
export function addAppRoutes(server: Pick<FakeServer, 'route'>, world: AscWorld, maxPageSize: number): void {
  server.route('GET', '/v1/apps', (request) => {
    const wanted = filter(request, 'bundleId');
    const platforms = filter(request, 'appStoreVersions.platform');
    const all = [...world.apps.values()]
      // Apple's filter also finds what begins so.
      .filter(({ bundleId }) => wanted === null || wanted.some((each) => bundleId.startsWith(each)))
      .filter((app) => platforms === null || (platforms.includes('IOS') && world.versionsOf(app).length > 0))
      .sort((one, other) => (one.bundleId < other.bundleId ? 1 : -1) * (request.query.get('sort') === 'bundleId' ? -1 : 1));
    return page(request, ['filter[bundleId]', 'filter[appStoreVersions.platform]', 'sort'], { all, body: appBody, maxPageSize });
  });

  server.route('GET', '/v1/builds', (request) => {
    const [apps, numbers, trains] = ['app', 'version', 'preReleaseVersion.version'].map((name) => filter(request, name));
    const all = [...world.builds.values()]
      .filter(
        ({ app, number, version }) => passes(apps ?? null, app.id) && passes(numbers ?? null, number) && passes(trains ?? null, version),
      )
      .filter(() => passes(filter(request, 'preReleaseVersion.platform'), 'IOS'))
      .sort((one, other) =>
        request.query.get('sort') === '-uploadedDate' ? Date.parse(other.uploadedAt) - Date.parse(one.uploadedAt) : 0,
      );
    const known = ['app', 'version', 'preReleaseVersion.version', 'preReleaseVersion.platform'].map((name) => `filter[${name}]`);
    return page(request, [...known, 'sort'], { all, body: buildBody, maxPageSize });
  });

  server.route('GET', '/v1/apps/:id/appStoreVersions', (request) => {
    const app = world.apps.get(request.params.id ?? '');
    if (!app) return notFound('apps', request.params.id ?? '');
    const strings = filter(request, 'versionString');
    const all = passes(filter(request, 'platform'), 'IOS')
      ? world.versionsOf(app).filter((each) => passes(strings, each.versionString))
      : [];
    const wanted = request.query.get('include')?.split(',') ?? [];
    return page(request, ['filter[platform]', 'filter[versionString]', 'include'], {
      all,
      body: versionBody,
      included: (version) => includedWith(version, wanted),
      maxPageSize,
    });
  });
}

function includedWith({ build, phased }: AscVersion, wanted: readonly string[]) {
  return [
    ...(build && wanted.includes('build') ? [buildBody(build)] : []),
    ...(phased && wanted.includes('appStoreVersionPhasedRelease') ? [phasedBody(phased)] : []),
  ];
}
