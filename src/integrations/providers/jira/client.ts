import { z } from 'zod';
import { basicCredentials } from '../../kit/basic-auth.ts';
import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { type GuardedFetch, type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { JiraCredentials, JiraSettings } from './credentials.ts';
import { assignableUsers, commentsOf, FIELDS, projectsByOffset, searchByOffset, searchByToken } from './pages.ts';
import {
  createdIssue,
  errorBody,
  issue,
  myPermissions,
  myself,
  projectStatuses,
  projects,
  projectTypes,
  remoteLinks,
  transitions,
  versions,
} from './schema.ts';

const provider = 'jira';

export type JiraClient = ReturnType<typeof jiraClient>;

/** Every URL of Jira we call, for both kinds; one instance per connection and attempt. */
export function jiraClient(connection: Connection<JiraCredentials, JiraSettings>, deps: AdapterDeps) {
  const { credentials } = connection;
  const { authorization, secrets } = authorise(credentials);
  const http = jsonHttp({
    provider,
    baseUrl: connection.baseUrl,
    fetch: refuseAnonymousAnswers(deps.fetch),
    now: deps.now,
    headers: () => ({ authorization }),
    describeError,
    secrets,
  });
  const api = credentials.kind === 'cloud' ? '/rest/api/3' : '/rest/api/2';
  const issuePath = (key: string) => `${api}/issue/${encodeURIComponent(key)}`;
  const projectPath = (project: string) => `${api}/project/${encodeURIComponent(project)}`;

  return {
    kind: credentials.kind,

    myself: () => http.request({ operation: 'who am I', method: 'GET', path: `${api}/myself`, schema: myself }),

    myPermissions: (permissions: readonly string[], projectKey: string | undefined) =>
      http.request({
        operation: 'read own permissions',
        method: 'GET',
        path: `${api}/mypermissions`,
        query: { permissions: permissions.join(','), projectKey },
        schema: myPermissions,
      }),

    issue: (key: string) =>
      http.find({ operation: `read issue ${key}`, method: 'GET', path: issuePath(key), query: { fields: FIELDS }, schema: issue }),

    createIssue: (fields: Record<string, unknown>) =>
      http.request({ operation: 'create issue', method: 'POST', path: `${api}/issue`, body: { fields }, schema: createdIssue }),

    transitions: async (key: string) => {
      const path = `${issuePath(key)}/transitions`;
      return (await http.request({ operation: `read transitions of ${key}`, method: 'GET', path, schema: transitions })).transitions;
    },

    transition: (key: string, transitionId: string) =>
      http.request({
        operation: `transition issue ${key}`,
        method: 'POST',
        path: `${issuePath(key)}/transitions`,
        body: { transition: { id: transitionId } },
        schema: z.unknown(),
      }),

    /** Issues matching `jql`, to the last page. */
    search: (jql: string) => (credentials.kind === 'cloud' ? searchByToken(http, jql) : searchByOffset(http, jql)),

    ...remarkCalls(http, issuePath),
    ...projectCalls(http, credentials.kind, api, projectPath),
  };
}

function remarkCalls(http: JsonHttp, issuePath: (key: string) => string) {
  const linkPath = (key: string) => `${issuePath(key)}/remotelink`;
  return {
    comments: (key: string) => commentsOf(http, issuePath(key), key),

    addComment: async (key: string, body: unknown): Promise<void> => {
      const path = `${issuePath(key)}/comment`;
      await http.request({ operation: `comment on issue ${key}`, method: 'POST', path, body: { body }, schema: z.unknown() });
    },

    /** All of them: Jira does not page these. */
    remoteLinks: (key: string) =>
      http.request({ operation: `read links of ${key}`, method: 'GET', path: linkPath(key), schema: remoteLinks }),

    /** Changes the link of that `globalId`, or creates it. */
    putRemoteLink: async (key: string, body: { globalId?: string | null | undefined; object: object }): Promise<void> => {
      await http.request({ operation: `link issue ${key}`, method: 'POST', path: linkPath(key), body, schema: z.unknown() });
    },

    updateRemoteLink: async (key: string, id: number, body: { object: object }): Promise<void> => {
      const path = `${linkPath(key)}/${id}`;
      await http.request({ operation: `change a link of ${key}`, method: 'PUT', path, body, schema: z.unknown() });
    },
  };
}

function projectCalls(http: JsonHttp, kind: JiraCredentials['kind'], api: string, projectPath: (project: string) => string) {
  const list = <T>(what: string, project: string, path: string, schema: z.ZodType<T>) =>
    http.request({ operation: `list ${what} of project ${project}`, method: 'GET', path: projectPath(project) + path, schema });
  return {
    versions: (project: string) => list('versions', project, '/versions', versions),
    statuses: (project: string) => list('statuses', project, '/statuses', projectStatuses),

    project: (project: string) =>
      http.request({
        operation: `read project ${project}`,
        method: 'GET',
        path: projectPath(project),
        query: { expand: 'issueTypes' },
        schema: projectTypes,
      }),

    async *projects() {
      if (kind === 'cloud') yield* projectsByOffset(http);
      else yield* await http.request({ operation: 'list projects', method: 'GET', path: `${api}/project`, schema: projects });
    },

    assignableUsers: (project: string) => assignableUsers(http, kind, project),
  };
}

function authorise(credentials: JiraCredentials) {
  if (credentials.kind === 'server') return { authorization: `Bearer ${credentials.token.reveal()}`, secrets: [credentials.token] };
  const basic = basicCredentials(credentials.email, credentials.apiToken);
  return { authorization: `Basic ${basic.reveal()}`, secrets: [credentials.apiToken, basic] };
}

/**
 * Jira does not always refuse wrong credentials: some calls are answered as if nobody had logged in (200 with an empty search, 404 for an
 * issue) and only `X-Seraph-LoginReason` tells. Taken at face value, that would read as "no such ticket".
 */
function refuseAnonymousAnswers(fetch: GuardedFetch): GuardedFetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const reason = response.headers.get('x-seraph-loginreason') ?? '';
    if (!/AUTHENTICATED_FAILED|AUTHENTICATION_DENIED/i.test(reason)) return response;
    await response.body?.cancel();
    const captcha = /DENIED/i.test(reason) ? '; after failed logins Jira wants a CAPTCHA: log in once with a browser' : '';
    throw new ProviderError('unauthorized', `jira does not accept the credentials${captcha}`, { provider, status: response.status });
  };
}

/** `errorMessages` are sentences; `errors` are keyed by the field they are about. */
function describeError(body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { errorMessages, errors, message } = parsed.data;
  const fields = Object.entries(errors ?? {}).map(
    ([field, words]) => `${field}: ${typeof words === 'string' ? words : JSON.stringify(words)}`,
  );
  return [...(errorMessages ?? []), ...fields, ...(message ? [message] : [])].join('; ') || undefined;
}
