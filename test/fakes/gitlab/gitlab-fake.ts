import { type CallMatch, type FakeServer, startFakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { forbidden, notFound, page, refusal } from './answers.ts';
import * as bodies from './bodies.ts';
import { mergeRequestRoutes } from './merge-request-routes.ts';
import type { FakePipeline } from './pipeline.ts';
import { pipelineRoutes } from './pipeline-routes.ts';
import { type AutoComplete, FakePipelines, type NewPipeline } from './pipelines.ts';
import { DEVELOPER, FakeProject, type NewProject } from './project.ts';
import { hookRoutes, releaseRoutes } from './release-routes.ts';
import { type ProjectRoute, repositoryRoutes } from './repository-routes.ts';
import { type SentWebhook, WebhookSender } from './webhook-sender.ts';

const MINUTE_LIMIT = 2_000;

export interface GitlabFakeOptions {
  port?: number;
  host?: string;
  now?: () => Date;
  /** Calls remembered; a sandbox that runs for hours wants few. */
  maxCalls?: number;
  /** Path under which the instance lives (`/gitlab`); empty when absent. */
  root?: string;
}

export interface FakeToken {
  value: string;
  username: string;
  scopes: string[];
  revoked: boolean;
  /** Day, `2027-01-31`. */
  expiresAt: string | null;
}

export interface GitlabFake extends Pick<FakeServer, 'origin' | 'calls' | 'failNext' | 'clearFaults' | 'close'> {
  /** What a connection names: the origin and the path under which the instance lives. */
  baseUrl: string;
  world: GitlabWorld;
}

/** What happens at GitLab without our asking. */
export interface GitlabWorld {
  addToken(token: { value: string; username: string; scopes?: string[]; expiresAt?: string }): FakeToken;
  /** @param members user name → role */
  addProject(input: NewProject & { members?: Record<string, number> }): FakeProject;
  project(path: string): FakeProject;
  /** Pipelines started from now on progress by themselves. */
  autoComplete(how: boolean | Partial<AutoComplete>): void;
  failPipelines(times?: number): void;
  /** Somebody starts a pipeline; `source: 'web'` in the browser. */
  startPipeline(path: string, how: Partial<NewPipeline> & { ref: string }): FakePipeline;
  /** Moves a pipeline and its jobs by hand to any documented (or undocumented) status. */
  advance(pipelineId: number, status: string): void;
  addArchive(pipelineId: number, jobName: string, bytes?: Uint8Array): void;
  expireArchives(pipelineId: number): void;
  pipeline(pipelineId: number): FakePipeline;
  /** Lists show a started pipeline only after this many milliseconds. */
  pipelinesVisibleAfterMs: number;
  readonly sentWebhooks: readonly SentWebhook[];
}

/** The calls that write, for `failNext`. */
export const gitlabWrites = {
  branch: { method: 'POST', path: /\/repository\/branches$/ },
  tag: { method: 'POST', path: /\/repository\/tags$/ },
  mergeRequest: { method: 'POST', path: /\/merge_requests$/ },
  merge: { method: 'PUT', path: /\/merge$/ },
  cherryPick: { method: 'POST', path: /\/cherry_pick$/ },
  release: { method: 'POST', path: /\/releases$/ },
  deleteBranch: { method: 'DELETE', path: /\/repository\/branches\// },
  deleteTag: { method: 'DELETE', path: /\/repository\/tags\// },
  hook: { method: 'POST', path: /\/hooks$/ },
  pipeline: { method: 'POST', path: /\/pipeline$/ },
  cancel: { method: 'POST', path: /\/cancel$/ },
  retry: { method: 'POST', path: /\/retry$/ },
} satisfies Record<string, CallMatch>;

export async function createGitlabFake(options: GitlabFakeOptions = {}): Promise<GitlabFake> {
  const now = options.now ?? (() => new Date());
  const root = options.root ?? '';
  const tokens = new Map<string, FakeToken>();
  const projects: FakeProject[] = [];
  const webhooks = new WebhookSender();
  let lastId = 1_000;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const pipelines = new FakePipelines((project, pipeline) =>
    webhooks.send(project, 'pipeline_events', 'Pipeline Hook', {
      object_kind: 'pipeline',
      object_attributes: { id: pipeline.id, iid: pipeline.iid, ref: pipeline.ref, sha: pipeline.sha, status: pipeline.status },
      project: bodies.basicProject(project),
    }),
  );
  const server = await startFakeServer({
    ...options,
    before: (request) => authenticate(request, tokens, now),
    headers: minuteLimit(now),
    notFound: { status: 404, body: { error: '404 Not Found' } },
  });
  const api = `${root}/api/v4`;
  accountRoutes(server, api, tokens, projects);
  const route = projectRoute(server, api, tokens, projects);
  route('GET', '', (_request, project, { role }) => ({ status: 200, body: bodies.project(project, role) }));
  route('GET', '/members/all/:user', (request, project) => {
    const member = [...project.members].find(([name]) => String(bodies.user(name).id) === request.params.user);
    return member ? { status: 200, body: { ...bodies.user(member[0]), access_level: member[1] } } : notFound();
  });
  repositoryRoutes({ route, server });
  mergeRequestRoutes({ route, server });
  releaseRoutes({ route, server });
  hookRoutes({ route, server });
  pipelineRoutes({ route, server, pipelines });

  return {
    ...server,
    baseUrl: `${server.origin}${root}`,
    world: openWorld({ tokens, projects, pipelines, webhooks, nextId, now }),
    async close() {
      pipelines.close();
      await webhooks.close();
      await server.close();
    },
  };
}

function projectRoute(server: FakeServer, api: string, tokens: Map<string, FakeToken>, projects: FakeProject[]): ProjectRoute {
  return (method, pattern, handler, { role: needed = 0 } = {}) =>
    server.route(method, `${api}/projects/:project${pattern}`, (request) => {
      const username = tokens.get(tokenOf(request))?.username ?? '';
      const name = request.params.project ?? '';
      const project = projects.find((each) => each.path.toLowerCase() === name.toLowerCase() || String(each.id) === name);
      const role = project?.members.get(username) ?? 0;
      if (!project || (role === 0 && project.visibility === 'private')) return notFound('Project');
      if (role < needed) return forbidden();
      if (method !== 'GET' && (project.archived || role < DEVELOPER) && !pattern.endsWith('/merge')) return forbidden();
      return handler(request, project, { username, role });
    });
}

function accountRoutes(server: FakeServer, api: string, tokens: Map<string, FakeToken>, projects: FakeProject[]): void {
  server.route('GET', `${api}/user`, (request) => {
    const username = tokens.get(tokenOf(request))?.username ?? '';
    return { status: 200, body: { ...bodies.user(username), bot: false, email: `${username}@example.com` } };
  });

  server.route('GET', `${api}/personal_access_tokens/self`, (request) => {
    const token = tokens.get(tokenOf(request));
    if (!token) return notFound();
    const { id } = bodies.user(token.username);
    return {
      status: 200,
      body: { id, name: 'signalbox', revoked: false, active: true, scopes: token.scopes, user_id: id, expires_at: token.expiresAt },
    };
  });

  server.route('GET', `${api}/projects`, (request) => {
    const username = tokens.get(tokenOf(request))?.username ?? '';
    const after = Number(request.query.get('id_after') ?? 0);
    const visible = projects.filter((project) => project.members.has(username) && project.id > after);
    const ascending = request.query.get('sort') === 'asc';
    const listed = page(request, ascending ? visible : visible.toReversed(), server.origin);
    return { status: 200, headers: listed.headers, body: listed.items.map(bodies.basicProject) };
  });
}

interface WorldParts {
  tokens: Map<string, FakeToken>;
  projects: FakeProject[];
  pipelines: FakePipelines;
  webhooks: WebhookSender;
  nextId: () => number;
  now: () => Date;
}

function openWorld({ tokens, projects, pipelines, webhooks, nextId, now }: WorldParts): GitlabWorld {
  const project = (path: string): FakeProject => {
    const found = projects.find((each) => each.path === path);
    if (!found) throw new Error(`no project ${path}`);
    return found;
  };
  const locate = (id: number) => {
    for (const each of projects) {
      const pipeline = each.pipelines.find((candidate) => candidate.id === id);
      if (pipeline) return { project: each, pipeline };
    }
    throw new Error(`no pipeline ${id}`);
  };
  return {
    addToken({ value, username, scopes = ['api'], expiresAt }) {
      const token = { value, username, scopes, revoked: false, expiresAt: expiresAt ?? null };
      tokens.set(value, token);
      return token;
    },
    addProject({ members = {}, ...input }) {
      const added = new FakeProject(input, nextId, now);
      for (const [name, role] of Object.entries(members)) added.members.set(name, role);
      projects.push(added);
      return added;
    },
    project,
    autoComplete: (how) => pipelines.autoComplete(how),
    failPipelines: (times) => pipelines.failNext(times),
    startPipeline: (path, how) =>
      pipelines.start(project(path), { source: 'web', user: 'sidney', role: 50, variables: [], inputs: {}, ...how }),
    advance(id, status) {
      const found = locate(id);
      pipelines.advance(found.project, found.pipeline, status);
    },
    addArchive(id, jobName, bytes = Buffer.from(jobName)) {
      const found = locate(id);
      pipelines.addArchive(found.project, found.pipeline, jobName, 'artifacts.zip', bytes);
    },
    expireArchives(id) {
      for (const { archive } of locate(id).pipeline.jobs) if (archive) archive.expired = true;
    },
    pipeline: (id) => locate(id).pipeline,
    get pipelinesVisibleAfterMs() {
      return pipelines.visibleAfterMs;
    },
    set pipelinesVisibleAfterMs(ms) {
      pipelines.visibleAfterMs = ms;
    },
    sentWebhooks: webhooks.sent,
  };
}

function authenticate(request: FakeRequest, tokens: Map<string, FakeToken>, now: () => Date): FakeAnswer | undefined {
  const token = tokens.get(tokenOf(request));
  if (!token) return refusal(401, '401 Unauthorized');
  if (token.revoked) return invalidToken('Token was revoked. You have to re-authorize from the user.');
  if (token.expiresAt !== null && now().getTime() >= Date.parse(token.expiresAt)) {
    return invalidToken('Token is expired. You can either do re-authorization or token refresh.');
  }
  const reads = request.method === 'GET' && token.scopes.includes('read_api');
  if (token.scopes.includes('api') || reads || request.path.endsWith('/personal_access_tokens/self')) return undefined;
  if (request.path.endsWith('/user') && token.scopes.includes('read_user')) return undefined;
  const error_description = 'The request requires higher privileges than provided by the access token.';
  return { status: 403, body: { error: 'insufficient_scope', error_description, scope: 'api read_api' } };
}

function invalidToken(error_description: string): FakeAnswer {
  return { status: 401, body: { error: 'invalid_token', error_description } };
}

function tokenOf(request: FakeRequest): string {
  const own = request.headers['private-token'];
  return typeof own === 'string' ? own : (/^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
}

/** Counted and shown, never enforced: faults do that. */
function minuteLimit(now: () => Date): () => Record<string, string> {
  let used = 0;
  let resetsAt = 0;
  return () => {
    const second = Math.floor(now().getTime() / 1_000);
    if (second >= resetsAt) {
      used = 0;
      resetsAt = second + 60;
    }
    used += 1;
    return {
      'ratelimit-limit': String(MINUTE_LIMIT),
      'ratelimit-name': 'throttle_authenticated_api',
      'ratelimit-observed': String(used),
      'ratelimit-remaining': String(Math.max(1, MINUTE_LIMIT - used)),
      'ratelimit-reset': String(resetsAt),
    };
  };
}
