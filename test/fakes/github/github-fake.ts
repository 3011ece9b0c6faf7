import { type CallMatch, type FakeServer, startFakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { commitArchive } from '../git/archive.ts';
import { type AutoComplete, type FailedRuns, FakeActions } from './actions.ts';
import { actionsRoutes } from './actions-routes.ts';
import { notFound, page, refusal } from './answers.ts';
import { appRefusal, appRoutes, FakeApps, type FakeInstallation } from './apps.ts';
import { ARTIFACT_PATH, type ArtifactStore, openArtifactStore } from './artifact-store.ts';
import * as bodies from './bodies.ts';
import { branchRoutes } from './branch-routes.ts';
import { gitRoutes, type RepositoryRoute } from './git-routes.ts';
import { hookRoutes } from './hook-routes.ts';
import { objectRoutes } from './object-routes.ts';
import { pullRoutes } from './pull-routes.ts';
import { FakeRepository, type NewRepository } from './repository.ts';
import type { FakeRun } from './run.ts';
import { type SentWebhook, WebhookSender, type WebhookTarget } from './webhook-sender.ts';

const HOURLY_LIMIT = 5_000;

export interface GithubFakeOptions {
  port?: number;
  host?: string;
  now?: () => Date;
  /** Calls remembered; a sandbox that runs for hours wants few. */
  maxCalls?: number;
}

export interface GithubFake extends Pick<FakeServer, 'origin' | 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  /** Where artifacts are fetched from: addresses of another server. */
  artifactOrigin: string;
  world: GithubWorld;
}

/** What happens at GitHub without our asking. */
export interface GithubWorld {
  addRepository(input: NewRepository): FakeRepository;
  repository(owner: string, repo: string): FakeRepository;
  /** A GitHub App installed on repositories. */
  installApp(input: NewInstallation): FakeInstallation;
  /** Runs dispatched from now on progress by themselves. */
  autoComplete(how: boolean | Partial<AutoComplete>): void;
  failRuns(how: FailedRuns): void;
  /** Somebody starts a workflow in the browser. */
  dispatch(owner: string, repo: string, workflow: string, ref: string, inputs?: Record<string, string>): FakeRun;
  /** Moves a run by hand to any documented (or undocumented) status and conclusion. */
  advance(runId: number, status: string, conclusion?: string | null): void;
  addArtifact(runId: number, name: string, sizeBytes?: number, content?: Uint8Array): void;
  run(runId: number): FakeRun;
  /** Lists show a dispatched run only after this many milliseconds. */
  runsVisibleAfterMs: number;
  /** Off: an old server, which answers a dispatch with 204. */
  returnsRunDetails: boolean;
  /** Signed `workflow_run` events go there. */
  webhookTarget: WebhookTarget | null;
  readonly sentWebhooks: readonly SentWebhook[];
  /** `github-authentication-token-expiration`, e.g. `2027-01-31 12:00:00 UTC`. */
  tokenExpiration: string | null;
  /** `x-oauth-scopes` of a classic token; a fine-grained one (`null`) has no such header. */
  tokenScopes: string | null;
}

export type NewInstallation = Pick<FakeInstallation, 'appId' | 'publicKey' | 'repositories' | 'permissions'>;

/** The calls that write, for `failNext`. */
export const githubWrites = {
  branch: { method: 'POST', path: /\/git\/refs$/ },
  tag: { method: 'POST', path: /\/git\/refs$/ },
  release: { method: 'POST', path: /\/releases$/ },
  pull: { method: 'POST', path: /\/pulls$/ },
  merge: { method: 'PUT', path: /\/pulls\/\d+\/merge$/ },
  moveRef: { method: 'PATCH', path: /\/git\/refs\// },
  deleteRef: { method: 'DELETE', path: /\/git\/refs\// },
  hook: { method: 'POST', path: /\/hooks$/ },
  dispatch: { method: 'POST', path: /\/dispatches$/ },
  cancel: { method: 'POST', path: /\/cancel$/ },
  rerun: { method: 'POST', path: /\/rerun-failed-jobs$/ },
} satisfies Record<string, CallMatch>;

export async function createGithubFake(options: GithubFakeOptions = {}): Promise<GithubFake> {
  const now = options.now ?? (() => new Date());
  const repositories = new Map<string, FakeRepository>();
  const webhooks = new WebhookSender();
  let lastId = 1_000;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const actions = new FakeActions(nextId, now, (repository, run, action) => {
    const payload = {
      action,
      workflow_run: bodies.run(repository, run),
      workflow: bodies.workflow(repository, run.workflow),
      repository: bodies.minimalRepository(repository),
      sender: bodies.simpleUser('signalbox-bot'),
    };
    const hooks = repository.hooks.filter((hook) => hook.active && hook.events.includes('workflow_run'));
    webhooks.send('workflow_run', payload, hooks);
  });
  const apps = new FakeApps(now);
  const store = await openArtifactStore(options.host);
  const world = openWorld({ repositories, apps, actions, webhooks, nextId, now });
  const limit = hourlyLimit(now);

  const server = await startFakeServer({
    ...options,
    before: (request) => authenticate(request, repositories, apps),
    headers: () => ({
      ...limit(),
      ...(world.tokenExpiration === null ? {} : { 'github-authentication-token-expiration': world.tokenExpiration }),
      ...(world.tokenScopes === null ? {} : { 'x-oauth-scopes': world.tokenScopes }),
    }),
    notFound: notFound(),
  });
  appRoutes({ server, apps, tokenOf, fullRepository: bodies.fullRepository });
  const route: RepositoryRoute = (method, pattern, handler) =>
    server.route(method, `/repos/:owner/:repo${pattern}`, (request) => {
      const repository = repositories.get(key(request.params.owner ?? '', request.params.repo ?? ''));
      const installation = apps.holderOf(tokenOf(request));
      const isSeen = installation ? repository && installation.repositories.includes(repository) : repository?.tokens.has(tokenOf(request));
      if (!repository || !isSeen) return notFound();
      if (method !== 'GET' && repository.archived) return refusal(403, 'Repository was archived so is read-only.');
      const below = request.path.split('/').slice(4).join('/');
      const refused = installation && appRefusal(installation, request, `/${below}`);
      if (refused) return refused;
      if (method !== 'GET' && !repository.push) return refusal(403, 'Resource not accessible by personal access token');
      return handler(request, repository);
    });
  accountRoutes(server, repositories, apps);
  pullRoutes({ route, server });
  gitRoutes({ route, server, nextId, now });
  objectRoutes({ route, now });
  branchRoutes({ route, server });
  hookRoutes({ route, server });
  actionsRoutes({ route, server, actions, store, now });
  archiveRoute(route, store);
  return { ...withStore(server, store), artifactOrigin: store.origin, world, close: () => closeAll([actions, webhooks, store, server]) };
}

/** Archives are made at another host, for whoever comes with the address that the API has signed. */
function archiveRoute(route: RepositoryRoute, store: ArtifactStore): void {
  route('GET', '/tarball/:ref', (request, { owner, repo, git }) => {
    const commit = git.resolve(request.params.ref ?? '');
    if (commit === null) return notFound();
    const content = commitArchive(commit, `${owner}-${repo}-${commit.sha.slice(0, 7)}`);
    return { status: 302, headers: { location: store.address({ id: commit.sha, content, contentType: 'application/x-gzip' }) } };
  });
}

async function closeAll(parts: { close(): void | Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.close();
}

/** Faults of the store's address go to the store. */
function withStore(server: FakeServer, store: ArtifactStore): FakeServer {
  return {
    ...server,
    failNext(fault) {
      const path = typeof fault.match === 'object' ? fault.match.path : undefined;
      const isStored = path instanceof RegExp && path.test(`${ARTIFACT_PATH}1`);
      (isStored ? store : server).failNext(fault);
    },
    clearFaults() {
      server.clearFaults();
      store.clearFaults();
    },
  };
}

function accountRoutes(server: FakeServer, repositories: Map<string, FakeRepository>, apps: FakeApps): void {
  const asUser =
    (handler: (request: FakeRequest) => FakeAnswer) =>
    (request: FakeRequest): FakeAnswer =>
      apps.holderOf(tokenOf(request)) ? refusal(403, 'Resource not accessible by integration') : handler(request);
  server.route(
    'GET',
    '/user',
    asUser(() => ({ status: 200, body: bodies.authenticatedUser('signalbox-bot') })),
  );
  server.route(
    'GET',
    '/user/repos',
    asUser((request) => {
      const seen = [...repositories.values()].filter((repository) => repository.tokens.has(tokenOf(request)));
      const found = page(request, seen, server.origin);
      return { status: 200, headers: found.headers, body: found.items.map(bodies.fullRepository) };
    }),
  );
}

interface WorldParts {
  repositories: Map<string, FakeRepository>;
  apps: FakeApps;
  actions: FakeActions;
  webhooks: WebhookSender;
  nextId: () => number;
  now: () => Date;
}

function openWorld({ repositories, apps, actions, webhooks, nextId, now }: WorldParts): GithubWorld {
  const locate = (runId: number): { repository: FakeRepository; run: FakeRun } => {
    for (const repository of repositories.values()) {
      const run = repository.runs.find((each) => each.id === runId);
      if (run) return { repository, run };
    }
    throw new Error(`no run ${runId}`);
  };
  return {
    addRepository(input) {
      const repository = new FakeRepository(input, nextId, now);
      repositories.set(key(input.owner, input.repo), repository);
      return repository;
    },
    repository(owner, repo) {
      const found = repositories.get(key(owner, repo));
      if (!found) throw new Error(`no repository ${owner}/${repo}`);
      return found;
    },
    installApp(input) {
      const installation = { ...input, id: nextId(), slug: 'signalbox', suspendedAt: null };
      apps.installations.push(installation);
      return installation;
    },
    dispatch(owner, repo, name, ref, inputs = {}) {
      const repository = repositories.get(key(owner, repo));
      const workflow = repository && actions.find(repository, name);
      if (!repository || !workflow) throw new Error(`no workflow ${name} in ${owner}/${repo}`);
      return actions.dispatch(repository, workflow, ref, inputs);
    },
    autoComplete: (how) => actions.autoComplete(how),
    failRuns: (how) => actions.failRuns(how),
    advance(runId, status, conclusion = null) {
      const { repository, run } = locate(runId);
      actions.advance(repository, run, status, conclusion);
    },
    addArtifact: (runId, name, sizeBytes, content) => void actions.addArtifact(locate(runId).run, name, sizeBytes, content),
    run: (runId) => locate(runId).run,
    get runsVisibleAfterMs() {
      return actions.runsVisibleAfterMs;
    },
    set runsVisibleAfterMs(ms) {
      actions.runsVisibleAfterMs = ms;
    },
    get returnsRunDetails() {
      return actions.returnsRunDetails;
    },
    set returnsRunDetails(on) {
      actions.returnsRunDetails = on;
    },
    get webhookTarget() {
      return webhooks.target;
    },
    set webhookTarget(target) {
      webhooks.target = target;
    },
    sentWebhooks: webhooks.sent,
    tokenExpiration: null,
    tokenScopes: null,
  };
}

function authenticate(request: FakeRequest, repositories: Map<string, FakeRepository>, apps: FakeApps): FakeAnswer | undefined {
  if (!request.headers['user-agent']) return refusal(403, 'Request forbidden by administrative rules.');
  const token = tokenOf(request);
  // What an app asks as itself is signed, and checked where it is answered.
  if (/^\/app\/|^\/repos\/[^/]+\/[^/]+\/installation$/.test(request.path)) return undefined;
  const known = apps.holderOf(token) || [...repositories.values()].some((repository) => repository.tokens.has(token));
  return known ? undefined : refusal(401, 'Bad credentials');
}

function tokenOf(request: FakeRequest): string {
  return /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

/** Counted and shown, never enforced: faults do that. */
function hourlyLimit(now: () => Date): () => Record<string, string> {
  let used = 0;
  let resetsAt = 0;
  return () => {
    const second = Math.floor(now().getTime() / 1000);
    if (second >= resetsAt) {
      used = 0;
      resetsAt = second + 3_600;
    }
    used += 1;
    return {
      'x-ratelimit-limit': String(HOURLY_LIMIT),
      'x-ratelimit-remaining': String(Math.max(1, HOURLY_LIMIT - used)),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(resetsAt),
      'x-ratelimit-resource': 'core',
    };
  };
}

/** Owner and repository names ignore case. */
function key(owner: string, repo: string): string {
  return `${owner}/${repo}`.toLowerCase();
}
