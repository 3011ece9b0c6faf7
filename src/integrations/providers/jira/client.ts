import { z } from 'zod';
import { basicCredentials } from '../../kit/basic-auth.ts';
import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { type GuardedFetch, type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { JiraCredentials, JiraSettings } from './credentials.ts';
import { createdIssue, errorBody, type Issue, issue, myPermissions, myself, offsetPage, tokenPage, transitions } from './schema.ts';

const provider = 'jira';
const FIELDS = 'summary,status,labels';
const PAGE_SIZE = 50;
/** More empty pages than this in a row mean that something is wrong with the search. */
const MAX_PAGES = 100;

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
  };
}

async function* searchByToken(http: JsonHttp, jql: string): AsyncGenerator<Issue> {
  let nextPageToken: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await http.request({
      operation: 'search issues',
      method: 'GET',
      path: '/rest/api/3/search/jql',
      query: { jql, fields: FIELDS, maxResults: PAGE_SIZE, nextPageToken },
      schema: tokenPage,
    });
    yield* page.issues;
    if (!page.nextPageToken || page.isLast === true) return;
    nextPageToken = page.nextPageToken;
  }
  throw endless();
}

async function* searchByOffset(http: JsonHttp, jql: string): AsyncGenerator<Issue> {
  let startAt = 0;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await http.request({
      operation: 'search issues',
      method: 'GET',
      path: '/rest/api/2/search',
      query: { jql, fields: FIELDS, maxResults: PAGE_SIZE, startAt },
      schema: offsetPage,
    });
    yield* page.issues;
    startAt += page.issues.length;
    // An administrator may have set a smaller page than we asked for, so only what came counts.
    if (page.issues.length === 0 || startAt >= page.total) return;
  }
  throw endless();
}

function endless(): ProviderError {
  return new ProviderError('malformed', `jira: search issues did not end after ${MAX_PAGES} pages`, { provider });
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
