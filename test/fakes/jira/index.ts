import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import { issueBody, issueNotFound, myselfBody, refusal, statusBody } from './answers.ts';
import { createIssue } from './create-issue.ts';
import { JqlError, parseJql, type Value } from './jql.ts';
import { projectRoutes } from './project-lists.ts';
import { remarkRoutes } from './remarks.ts';
import { type As, visible } from './site.ts';
import { createJiraWorld, type JiraAccount, type JiraIssue, type JiraWorld } from './world.ts';

export type { JiraAccount, JiraWorld } from './world.ts';

export interface JiraFake extends FakeServer {
  /** Seeds and moves things as people and other programs would. */
  readonly world: JiraWorld;
}

/**
 * A stateful Jira: Cloud (REST v3, Basic) and Data Center (REST v2, Bearer) at once. Accounts see only projects they are members of, so
 * several tenants share one. It is as unkind as the real one: wrong credentials are often answered as if nobody had logged in.
 */
export async function createJiraFake(options: { port?: number; searchLagMs?: number; now?: () => number } = {}): Promise<JiraFake> {
  const world = createJiraWorld({ now: options.now ?? Date.now, searchLagMs: options.searchLagMs ?? 0 });
  const server = await startFakeServer({
    port: options.port ?? 0,
    notFound: { status: 404, body: { errorMessages: ['null for uri'], errors: {} } },
  });
  const as: As = (handler, anonymous = notLoggedIn) => {
    return (request) => {
      const account = authenticate(world, request);
      if (account === 'missing') return notLoggedIn();
      if (account) return handler(account, request);
      const answer = anonymous();
      return { ...answer, headers: { ...answer.headers, 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' } };
    };
  };

  for (const version of ['2', '3']) {
    const api = `/rest/api/${version}`;
    server.route(
      'GET',
      `${api}/myself`,
      as((account) => ({ status: 200, body: myselfBody(server.origin, account) })),
    );
    server.route(
      'GET',
      `${api}/mypermissions`,
      as((account, request) => myPermissions(world, account, request)),
    );
    server.route(
      'POST',
      `${api}/issue`,
      as((account, request) => createIssue(world, server.origin, account, request, version)),
    );
    server.route(
      'GET',
      `${api}/issue/:key`,
      as((account, request) => {
        const issue = visible(world, account, request.params.key);
        return issue ? { status: 200, body: issueBody(server.origin, issue, request.query.get('fields')) } : issueNotFound();
      }, issueNotFound),
    );
    server.route(
      'GET',
      `${api}/issue/:key/transitions`,
      as((account, request) => listTransitions(world, server.origin, account, request), issueNotFound),
    );
    server.route(
      'POST',
      `${api}/issue/:key/transitions`,
      as((account, request) => doTransition(world, account, request), issueNotFound),
    );
    const site = { world, origin: server.origin, version, route: server.route, as };
    remarkRoutes(site);
    projectRoutes(site);
  }
  server.route(
    'GET',
    '/rest/api/3/search/jql',
    as(
      (account, request) => searchByToken(world, server.origin, account, request),
      () => ({ status: 200, body: { issues: [], isLast: true } }),
    ),
  );
  server.route(
    'GET',
    '/rest/api/2/search',
    as(
      (account, request) => searchByOffset(world, server.origin, account, request),
      () => ({ status: 200, body: { startAt: 0, maxResults: 50, total: 0, issues: [] } }),
    ),
  );
  return { ...server, world };
}

function authenticate(world: JiraWorld, request: FakeRequest): JiraAccount | undefined | 'missing' {
  const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme === 'Bearer') return world.accountWith((account) => account.email === null && account.token === value);
  if (scheme !== 'Basic') return 'missing';
  const plain = Buffer.from(value, 'base64').toString('utf8');
  return world.accountWith((account) => account.email !== null && `${account.email}:${account.token}` === plain);
}

function notLoggedIn(): FakeAnswer {
  return refusal(401, ['Client must be authenticated to access this resource.']);
}

function myPermissions(world: JiraWorld, account: JiraAccount, request: FakeRequest): FakeAnswer {
  const asked = request.query.get('permissions')?.split(',');
  if (!asked) return refusal(400, ["The 'permissions' query parameter is required."]);
  const key = request.query.get('projectKey');
  const projects = key === null ? world.projects() : world.projects().filter((project) => project.key === key);
  const seen = projects.filter((project) => project.members.has(account.accountId));
  if (key !== null && seen.length === 0) return refusal(404, [`No project could be found with key '${key}'.`]);
  const permission = (name: string, index: number) => {
    const havePermission = seen.some((project) => project.members.get(account.accountId)?.has(name));
    return [name, { id: String(index), key: name, name, type: 'PROJECT', description: '', havePermission }];
  };
  return { status: 200, body: { permissions: Object.fromEntries(asked.map(permission)) } };
}

function waysFrom(issue: JiraIssue) {
  return issue.project.transitions.filter((way) => way.to !== issue.status && (way.from === '*' || way.from.includes(issue.status)));
}

function listTransitions(world: JiraWorld, origin: string, account: JiraAccount, request: FakeRequest): FakeAnswer {
  const issue = visible(world, account, request.params.key);
  if (!issue) return issueNotFound();
  const may = issue.project.members.get(account.accountId)?.has('TRANSITION_ISSUES');
  const transitions = (may ? waysFrom(issue) : []).map((way) => ({
    id: way.id,
    name: way.name,
    to: statusBody(origin, issue.project, way.to),
    hasScreen: false,
    isGlobal: way.from === '*',
    isInitial: false,
    isAvailable: true,
    isConditional: false,
  }));
  return { status: 200, body: { expand: 'transitions', transitions } };
}

function doTransition(world: JiraWorld, account: JiraAccount, request: FakeRequest): FakeAnswer {
  const issue = visible(world, account, request.params.key);
  if (!issue) return issueNotFound();
  const id = (request.body as { transition?: { id?: string } } | undefined)?.transition?.id;
  const way = waysFrom(issue).find((each) => each.id === id);
  if (!way) return refusal(400, [`Transition id '${id}' is not valid for this issue.`]);
  issue.status = way.to;
  return { status: 204 };
}

/** Matches of the request's query that the account may see and the index knows; an answer when the query is refused. */
function matches(world: JiraWorld, account: JiraAccount, request: FakeRequest): JiraIssue[] | FakeAnswer {
  try {
    const query = parseJql(request.query.get('jql') ?? '');
    let found = world
      .tickets()
      .filter((issue) => world.isIndexed(issue) && issue.project.members.get(account.accountId)?.has('BROWSE_PROJECTS'));
    for (const { field, values } of query.conditions) {
      if (field === 'project') {
        const wanted = values.map(({ text }) => projectNamed(world, account, text));
        found = found.filter((issue) => wanted.includes(issue.project));
      } else if (field === 'labels') found = found.filter((issue) => values.some(({ text }) => issue.labels.includes(text)));
      else if (field === 'fixversion') {
        const wanted = values.flatMap((value) => versionIds(world, value));
        found = found.filter((issue) => issue.fixVersions.some((id) => wanted.includes(id)));
      } else throw new JqlError(`Field '${field}' does not exist or you do not have permission to view it.`);
    }
    const newestFirst = query.orderBy.length === 0 || query.orderBy[0]?.descending;
    return found.sort((left, right) => (Number(left.id) - Number(right.id)) * (newestFirst ? -1 : 1));
  } catch (error) {
    if (error instanceof JqlError) return refusal(400, [error.message]);
    throw error;
  }
}

function projectNamed(world: JiraWorld, account: JiraAccount, text: string) {
  const project = world.findProject(text);
  if (!project?.members.get(account.accountId)?.has('BROWSE_PROJECTS'))
    throw new JqlError(`The value '${text}' does not exist for the field 'project'.`);
  return project;
}

/** A version by id or, first for quoted values, by name in any project. */
function versionIds(world: JiraWorld, { text, quoted }: Value): string[] {
  const versions = world.projects().flatMap((project) => project.versions);
  const byName = versions.filter((version) => version.name === text);
  const byId = versions.filter((version) => version.id === text);
  const found = quoted && byName.length > 0 ? byName : byId.length > 0 ? byId : byName;
  if (found.length === 0) throw new JqlError(`The value '${text}' does not exist for the field 'fixVersion'.`);
  return found.map(({ id }) => id);
}

function searchByToken(world: JiraWorld, origin: string, account: JiraAccount, request: FakeRequest): FakeAnswer {
  const found = matches(world, account, request);
  if (!Array.isArray(found)) return found;
  const page = Number(Buffer.from(request.query.get('nextPageToken') ?? '', 'base64url').toString() || 0);
  const size = Number(request.query.get('maxResults') ?? 50);
  const from = (page - world.emptySearchPages()) * size;
  // Without `fields` the new search gives ids only.
  const fields = request.query.get('fields') ?? 'id';
  const issues = from < 0 ? [] : found.slice(from, from + size).map((issue) => issueBody(origin, issue, fields));
  const isLast = from + size >= found.length && from >= 0;
  return { status: 200, body: { issues, isLast, ...(!isLast && { nextPageToken: Buffer.from(String(page + 1)).toString('base64url') }) } };
}

function searchByOffset(world: JiraWorld, origin: string, account: JiraAccount, request: FakeRequest): FakeAnswer {
  const found = matches(world, account, request);
  if (!Array.isArray(found)) return found;
  const startAt = Number(request.query.get('startAt') ?? 0);
  const maxResults = Number(request.query.get('maxResults') ?? 50);
  const issues = found.slice(startAt, startAt + maxResults).map((issue) => issueBody(origin, issue, request.query.get('fields')));
  return { status: 200, body: { expand: 'schema,names', startAt, maxResults, total: found.length, issues } };
}
