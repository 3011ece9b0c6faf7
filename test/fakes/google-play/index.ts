import { type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import { answering, invalid, notFound, Refusal } from './answers.ts';
import { FakeApp, type FakeEdit, type NewApp } from './app.ts';
import { type FakeAccount, TokenEndpoint } from './tokens.ts';
import type { FakeRelease } from './track-rules.ts';

export { bundleFile, type FakeApp } from './app.ts';
export type { FakeAccount } from './tokens.ts';
export type { FakeRelease } from './track-rules.ts';

interface GooglePlayFakeOptions {
  /** 0 or absent: a free one. */
  port?: number;
  host?: string;
  now?: () => Date;
}

export interface GooglePlayFake extends Pick<FakeServer, 'origin' | 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  /** A service account that may use every app. @param pem its private key; a new one, which takes a while, when absent */
  addAccount(email: string, pem?: string): FakeAccount;
  addApp(app: NewApp): FakeApp;
  /** One that exists and is somebody else's. */
  addForeignApp(packageName: string): void;
  /** Edits that another one ended, of all apps: two callers were at one app at once. */
  displaced(): number;
}

const API = '/androidpublisher/v3/applications/:app';
const EDIT = `${API}/edits/:edit`;

/** A stateful Google Play: service accounts and tokens, apps, edits that displace each other, bundles, tracks, review. */
export async function createGooglePlayFake({ now = () => new Date(), ...listen }: GooglePlayFakeOptions = {}): Promise<GooglePlayFake> {
  const tokens = new TokenEndpoint(now);
  const apps = new Map<string, FakeApp>();
  const foreign = new Set<string>();

  const server = await startFakeServer({
    ...listen,
    before({ path, headers }) {
      if (path === '/token' || tokens.isSignedIn(headers.authorization)) return undefined;
      return new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.').answer;
    },
    notFound: notFound('Requested entity was not found.').answer,
  });
  const tokenUri = `${server.origin}/token`;

  const appOf = ({ params }: FakeRequest): FakeApp => {
    const name = params.app ?? '';
    if (foreign.has(name)) throw new Refusal(403, 'PERMISSION_DENIED', 'The caller does not have permission');
    const app = apps.get(name);
    if (app === undefined) throw notFound(`Package not found: ${name}.`);
    return app;
  };
  /** A route within the open edit. */
  const inEdit = (method: string, path: string, handle: (app: FakeApp, edit: FakeEdit, request: FakeRequest) => unknown) =>
    server.route(method, `${EDIT}${path}`, (request) =>
      answering(() => {
        const app = appOf(request);
        return { status: 200, body: handle(app, app.edit(request.params.edit ?? ''), request) };
      }),
    );

  server.route('POST', '/token', (request) => tokens.exchange(request, tokenUri));
  server.route('POST', `${API}/edits`, (request) => answering(() => ({ status: 200, body: editBody(appOf(request).openEdit(), now()) })));
  server.route('DELETE', EDIT, (request) =>
    answering(() => {
      appOf(request).edit(request.params.edit ?? '').state = 'deleted';
      return { status: 204 };
    }),
  );
  server.route('POST', `${API}/edits/:commit`, (request) => answering(() => commit(appOf(request), request, now())));
  server.route('POST', `/upload${EDIT}/bundles`, (request) =>
    answering(() => {
      if (request.query.get('uploadType') !== 'media') throw invalid('Unknown uploadType.');
      const app = appOf(request);
      return { status: 200, body: app.upload(app.edit(request.params.edit ?? ''), request.rawBody) };
    }),
  );
  inEdit('GET', '/bundles', (_app, edit) => ({ kind: 'androidpublisher#bundlesListResponse', ...unlessEmpty({ bundles: edit.bundles }) }));
  inEdit('GET', '/listings', (app) => ({ kind: 'androidpublisher#listingsListResponse', ...unlessEmpty({ listings: app.languages }) }));
  inEdit('GET', '/details', (app) => ({ defaultLanguage: app.languages[0]?.language, contactEmail: 'mobile@example.com' }));
  inEdit('GET', '/tracks', (_app, edit) => ({
    kind: 'androidpublisher#tracksListResponse',
    tracks: [...edit.tracks].map(([track, releases]) => ({ track, ...unlessEmpty({ releases }) })),
  }));
  inEdit('GET', '/tracks/:track', (_app, edit, { params: { track = '' } }) => {
    const releases = edit.tracks.get(track);
    if (releases === undefined) throw notFound(`Track not found: ${track}.`);
    return { track, ...unlessEmpty({ releases }) };
  });
  inEdit('PUT', '/tracks/:track', (app, edit, { params: { track = '' }, body }) => {
    const { releases = [] } = body as { releases?: FakeRelease[] };
    return { track, ...unlessEmpty({ releases: app.updateTrack(edit, track, releases) }) };
  });
  server.route('GET', `${API}/tracks/:track/releases`, (request) =>
    answering(() => {
      const app = appOf(request);
      if (!app.tellsReviews) throw notFound('Requested entity was not found.');
      return { status: 200, body: unlessEmpty({ releases: app.summaries(request.params.track ?? '') }) };
    }),
  );

  return {
    ...{ origin: server.origin, calls: server.calls, failNext: server.failNext, clearFaults: server.clearFaults, close: server.close },
    addAccount: (email, pem) => tokens.addAccount(email, tokenUri, pem),
    addApp(options) {
      const app = new FakeApp(options);
      apps.set(app.packageName, app);
      return app;
    },
    addForeignApp: (packageName) => void foreign.add(packageName),
    displaced: () => [...apps.values()].reduce((sum, app) => sum + app.displaced, 0),
  };
}

function commit(app: FakeApp, { params, query }: FakeRequest, now: Date) {
  const id = /^(.+):commit$/.exec(params.commit ?? '')?.[1];
  if (id === undefined) throw notFound('Requested entity was not found.');
  const edit = app.edit(id);
  const cancelsReview = query.get('changesInReviewBehavior') !== 'ERROR_IF_IN_REVIEW';
  app.commit(edit, { cancelsReview, isNotSent: query.get('changesNotSentForReview') === 'true' });
  return { status: 200, body: editBody(edit, now) };
}

const editBody = ({ id }: FakeEdit, now: Date) => ({ id, expiryTimeSeconds: String(Math.floor(now.getTime() / 1000) + 3_600) });

/** Protocol buffers as JSON leave out what is empty. */
function unlessEmpty(lists: Record<string, readonly unknown[] | undefined>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined && list.length > 0));
}
