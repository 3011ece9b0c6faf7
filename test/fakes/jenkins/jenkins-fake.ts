import { type FakeAnswer, type FakeServer, type FakeServerOptions, startFakeServer } from '../fake-server.ts';
import { queueItemBody, rootBody } from './bodies.ts';
import { answerJob, json, pipelineBody } from './job-routes.ts';
import { Gatekeeper, type JenkinsSecurity } from './security.ts';
import type { JenkinsFakeState } from './state.ts';
import { JenkinsWorld } from './world.ts';

export interface JenkinsFake extends FakeServer {
  readonly state: JenkinsFakeState;
  readonly world: JenkinsWorld;
  readonly security: JenkinsSecurity;
}

export interface JenkinsFakeOptions extends Pick<FakeServerOptions, 'port' | 'host'> {
  /** API token by user. */
  tokens: Record<string, string>;
  now?: () => number;
}

/** A Jenkins: folders, jobs, multibranch pipelines, queue, builds, crumbs. */
export async function createJenkinsFake({ tokens, now = Date.now, ...server }: JenkinsFakeOptions): Promise<JenkinsFake> {
  const security: JenkinsSecurity = {
    tokens,
    proxy: null,
    crumbs: 'sessions',
    anonymousRead: false,
    rights: new Set(['read', 'build', 'cancel']),
  };
  const state: JenkinsFakeState = {
    world: new JenkinsWorld(now),
    gatekeeper: new Gatekeeper(security),
    rootUrl: 'http://jenkins.internal.example:8080',
    version: '2.516.3',
    hasBlueOcean: false,
    hasPipelineApi: true,
    refusesToQueue: false,
  };
  const fake = await startFakeServer({
    ...server,
    before: (request) => state.gatekeeper.admit(request),
    headers: (): Record<string, string> => (state.version === null ? {} : { 'x-jenkins': state.version, 'x-jenkins-session': '9a2c8d2b' }),
    notFound: notFound(),
  });
  addRoutes(fake, state);
  return Object.assign(fake, { state, world: state.world, security });
}

const notFound = (): FakeAnswer => ({
  status: 404,
  body: '<html><body>Not Found</body></html>',
  headers: { 'content-type': 'text/html;charset=utf-8' },
});

function addRoutes(fake: FakeServer, state: JenkinsFakeState): void {
  const { world, gatekeeper } = state;
  fake.route('GET', '/api/json', (request) => json(request, rootBody(world, state.rootUrl, gatekeeper.security.crumbs !== 'off')));
  fake.route('GET', '/whoAmI/api/json', (request) => {
    const name = gatekeeper.who(request) ?? 'anonymous';
    // Jenkins calls nobody authenticated, too.
    return json(request, { _class: 'hudson.security.WhoAmI', anonymous: name === 'anonymous', authenticated: true, authorities: [], name });
  });
  fake.route('GET', '/crumbIssuer/api/json', (request) => gatekeeper.issue(request));

  fake.route('GET', '/queue/api/json', (request) => {
    const waiting = world.queue.filter((item) => item.state !== 'left' && item.state !== 'cancelled' && !item.hidden);
    return json(request, {
      _class: 'hudson.model.Queue',
      discoverableItems: [],
      items: waiting.map((item) => queueItemBody(item, state.rootUrl)),
    });
  });
  fake.route('GET', '/queue/item/:id/api/json', (request) => {
    const item = world.item(Number(request.params.id));
    return item ? json(request, queueItemBody(item, state.rootUrl)) : notFound();
  });
  fake.route('POST', '/queue/cancelItem', (request) => {
    const item = world.item(Number(request.query.get('id')));
    if (!item || item.state === 'left') return notFound();
    const refused = gatekeeper.lacking('cancel', 'anyone') !== undefined;
    if (refused) return { status: 422, body: `Item for id (${item.id}) is not cancellable`, headers: { 'content-type': 'text/html' } };
    world.cancel(item);
    return { status: 204 };
  });
  // The older way, which ends by sending a browser back.
  fake.route('POST', '/queue/item/:id/cancelQueue', (request) => {
    const item = world.item(Number(request.params.id));
    if (!item) return notFound();
    const refusal = gatekeeper.lacking('cancel', gatekeeper.who(request) ?? 'anonymous');
    if (refusal) return refusal;
    world.cancel(item);
    return { status: 302, headers: { location: `${state.rootUrl}/queue/` } };
  });
  fake.route('GET', '/blue/rest/organizations/jenkins/*pipeline', (request) => {
    const path = [...request.path.matchAll(/\/pipelines\/([^/]+)/g)].map((match) => decodeURIComponent(match[1] ?? '')).join('/');
    const item = state.hasBlueOcean ? world.items.get(path) : undefined;
    return item ? { status: 200, body: pipelineBody(item, gatekeeper.security.rights) } : notFound();
  });
  for (const method of ['GET', 'HEAD', 'POST']) fake.route(method, '/job/*rest', (request) => answerJob(state, request));
}
