import type { JsonHttp } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { commentPage, type Issue, offsetPage, projectPage, type RemoteComment, tokenPage, type User, users } from './schema.ts';

/** The ways in which Jira pages; each goes on to the last page. */

const provider = 'jira';
/** Of issues, what we read. */
export const FIELDS = 'summary,status,labels';
const PAGE_SIZE = 50;
const COMMENT_PAGE_SIZE = 100;
const USER_PAGE_SIZE = 200;
/** More empty pages than this in a row mean that something is wrong with the search. */
const MAX_EMPTY_PAGES = 100;
/** Cloud shows no user beyond this one, whatever is asked for. */
const LAST_USER = 1000;

/** Cloud: issues matching `jql`. Permissions are applied after paging, so that a page may be empty and not the last. */
export async function* searchByToken(http: JsonHttp, jql: string): AsyncGenerator<Issue> {
  let nextPageToken: string | undefined;
  for (let empty = 0; empty < MAX_EMPTY_PAGES; ) {
    const page = await http.request({
      operation: 'search issues',
      method: 'GET',
      path: '/rest/api/3/search/jql',
      query: { jql, fields: FIELDS, maxResults: PAGE_SIZE, nextPageToken },
      schema: tokenPage,
    });
    yield* page.issues;
    if (!page.nextPageToken || page.isLast === true) return;
    // The same page again and again is as bad as nothing again and again.
    empty = page.issues.length === 0 || page.nextPageToken === nextPageToken ? empty + 1 : 0;
    nextPageToken = page.nextPageToken;
  }
  throw new ProviderError('malformed', `jira: search issues did not end after ${MAX_EMPTY_PAGES} empty pages`, { provider });
}

/** Data Center: issues matching `jql`. */
export function searchByOffset(http: JsonHttp, jql: string): AsyncGenerator<Issue> {
  return byOffset(async (startAt) => {
    const page = await http.request({
      operation: 'search issues',
      method: 'GET',
      path: '/rest/api/2/search',
      query: { jql, fields: FIELDS, maxResults: PAGE_SIZE, startAt },
      schema: offsetPage,
    });
    return { items: page.issues, total: page.total };
  });
}

/** Newest first: those added while we page move the others back, so that some come twice and none is missed. */
export function commentsOf(http: JsonHttp, issuePath: string, key: string): AsyncGenerator<RemoteComment> {
  return byOffset(async (startAt) => {
    const page = await http.request({
      operation: `read comments of ${key}`,
      method: 'GET',
      path: `${issuePath}/comment`,
      query: { orderBy: '-created', maxResults: COMMENT_PAGE_SIZE, startAt },
      schema: commentPage,
    });
    return { items: page.comments, total: page.total };
  });
}

/** Cloud: projects in which the account may create issues. */
export function projectsByOffset(http: JsonHttp): AsyncGenerator<{ key: string; name: string }> {
  return byOffset(async (startAt) => {
    const page = await http.request({
      operation: 'list projects',
      method: 'GET',
      path: '/rest/api/3/project/search',
      query: { action: 'create', orderBy: 'key', maxResults: PAGE_SIZE, startAt },
      schema: projectPage,
    });
    return { items: page.values, total: page.total };
  });
}

/**
 * People who can be assigned in the project, each once. Cloud cuts its users into pages first and then leaves out who cannot be assigned: a
 * page may be short or empty and not the last. Data Center leaves out first; an administrator may have set smaller pages than we ask for.
 */
export async function* assignableUsers(http: JsonHttp, kind: 'cloud' | 'server', project: string): AsyncGenerator<User> {
  const seen = new Set<string>();
  for (let startAt = 0; kind === 'server' || startAt < LAST_USER; ) {
    const page = await http.request({
      operation: `list assignable users of ${project}`,
      method: 'GET',
      path: `${kind === 'cloud' ? '/rest/api/3' : '/rest/api/2'}/user/assignable/search`,
      query: { project, maxResults: USER_PAGE_SIZE, startAt },
      schema: users,
    });
    const fresh = page.filter((user) => !seen.has(identityOf(user)));
    for (const user of fresh) seen.add(identityOf(user));
    yield* fresh;
    // Some versions of Data Center ignore `startAt`, and would give the first page for ever.
    if (kind === 'server' && fresh.length === 0) return;
    startAt += kind === 'cloud' ? USER_PAGE_SIZE : page.length;
  }
}

const identityOf = (user: User) => user.accountId ?? user.name ?? '';

async function* byOffset<T>(read: (startAt: number) => Promise<{ items: T[]; total: number }>): AsyncGenerator<T> {
  for (let startAt = 0; ; ) {
    const { items, total } = await read(startAt);
    yield* items;
    startAt += items.length;
    // An administrator may have set a smaller page than we asked for, so only what came counts.
    if (items.length === 0 || startAt >= total) return;
  }
}
