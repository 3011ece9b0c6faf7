import type { AdapterDeps } from '../../kit/define-provider.ts';
import type { JsonHttp } from '../../kit/http.ts';
import { redirectRefused } from '../../kit/transport.ts';
import type { UploadedCommit } from './commit-form.ts';
import { type BitbucketConnection, PROVIDER, trouble } from './identity.ts';
import { eachItem, type ListRequest } from './pages.ts';
import * as schema from './schema.ts';
import { bitbucketHttp } from './transport.ts';

const PAGE = 'pagelen=100';
/** Longer lists of these are refused. */
const PULLS_PAGE = 'pagelen=50';
const COMMIT_FIELDS = ['hash', 'message', 'date', 'author.raw', 'author.user.nickname', 'parents.hash', 'links.html.href'];

export type BitbucketClient = ReturnType<typeof bitbucketClient>;

/** Every URL of Bitbucket that we call, bound to one repository. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function bitbucketClient(connection: BitbucketConnection, deps: AdapterDeps) {
  const http = bitbucketHttp(connection, deps);
  const { workspace } = connection.settings;
  const repo = `/repositories/${segment(workspace)}/${segment(connection.settings.repo)}`;
  const get = 'GET' as const;
  const list = <T>(request: ListRequest<T>) => eachItem(http, connection.baseUrl, request);

  return {
    ...gitCalls(http, repo, list),
    ...pullCalls(http, repo, list),
    ...fileCalls(connection, deps, repo, list),
    ...hookCalls(http, repo, list),
    user: () => http.request({ operation: 'read the account', method: get, path: '/user', schema: schema.userSchema }),
    repository: () => http.request({ operation: 'read the repository', method: get, path: repo, schema: schema.repositorySchema }),
    /** The repository's answer with its headers, which tell what the credential may do. */
    repositoryAnswer: () => http.send({ operation: 'read the repository', method: get, path: repo }),
    repositories: (query = '') =>
      list({
        operation: 'list repositories',
        path: `/repositories/${segment(workspace)}?${PAGE}${query}`,
        item: schema.repositorySchema,
      }),
    restrictions: () =>
      list({ operation: 'list branch restrictions', path: `${repo}/branch-restrictions?${PAGE}`, item: schema.restrictionSchema }),
    branchingModel: () =>
      http.request({
        operation: 'read the branching model',
        method: get,
        path: `${repo}/effective-branching-model`,
        schema: schema.branchingModelSchema,
      }),
  };
}

type List = <T>(request: ListRequest<T>) => AsyncGenerator<T>;

function gitCalls(http: JsonHttp, repo: string, list: List) {
  const range = (parameters: { include: string; exclude?: string }, fields: string[]) => {
    const query = new URLSearchParams({ ...parameters, fields: ['next', ...fields.map((field) => `values.${field}`)].join(',') });
    return `${repo}/commits?${query}&${PAGE}`;
  };
  return {
    branch: (name: string) =>
      http.find({
        operation: `read branch ${name}`,
        method: 'GET',
        path: `${repo}/refs/branches/${segment(name)}`,
        schema: schema.branchSchema,
      }),
    branches: () => list({ operation: 'list branches', path: `${repo}/refs/branches?${PAGE}`, item: schema.branchSchema }),
    createBranch: (name: string, hash: string) =>
      http.request({
        operation: `create branch ${name}`,
        method: 'POST',
        path: `${repo}/refs/branches`,
        body: { name, target: { hash } },
        schema: schema.branchSchema,
      }),
    deleteBranch: (name: string) =>
      http.request({
        operation: `delete branch ${name}`,
        method: 'DELETE',
        path: `${repo}/refs/branches/${segment(name)}`,
        schema: schema.nothingSchema,
      }),
    tag: (name: string) =>
      http.find({ operation: `read tag ${name}`, method: 'GET', path: `${repo}/refs/tags/${segment(name)}`, schema: schema.tagSchema }),
    createTag: (name: string, hash: string, message: string) =>
      http.request({
        operation: `create tag ${name}`,
        method: 'POST',
        path: `${repo}/refs/tags`,
        body: { name, target: { hash }, message },
        schema: schema.tagSchema,
      }),
    deleteTag: (name: string) =>
      http.request({
        operation: `delete tag ${name}`,
        method: 'DELETE',
        path: `${repo}/refs/tags/${segment(name)}`,
        schema: schema.nothingSchema,
      }),
    commit: (hash: string) =>
      http.find({
        operation: `read commit ${hash}`,
        method: 'GET',
        path: `${repo}/commit/${segment(hash)}`,
        schema: schema.commitSchema,
      }),
    /** `null`: one of them is unknown, or they have no common history. */
    mergeBase: (base: string, head: string) =>
      http.find({
        operation: `find the merge base of ${base} and ${head}`,
        method: 'GET',
        path: `${repo}/merge-base/${segment(`${base}..${head}`)}`,
        schema: schema.hashSchema,
      }),
    /** Newest first. Both are commits. */
    commits: (include: string, exclude: string) =>
      list({ operation: `list the commits of ${include}`, path: range({ include, exclude }, COMMIT_FIELDS), item: schema.commitSchema }),
    commitHashes: (include: string, exclude: string) =>
      list({ operation: `count the commits of ${include}`, path: range({ include, exclude }, ['hash']), item: schema.hashSchema }),
    /** Newest first. @param include a branch */
    commitDates: (include: string) =>
      list({ operation: `list the commits of ${include}`, path: range({ include }, ['hash', 'date']), item: schema.datedSchema }),
  };
}

function pullCalls(http: JsonHttp, repo: string, list: List) {
  const pull = (id: number) => `${repo}/pullrequests/${id}`;
  return {
    /** Newest first. @param query BBQL */
    pulls: (states: readonly string[], query?: string) => {
      const parameters = new URLSearchParams({ sort: '-created_on', ...(query === undefined ? {} : { q: query }) });
      for (const state of states) parameters.append('state', state);
      return list({ operation: 'list pull requests', path: `${repo}/pullrequests?${parameters}&${PULLS_PAGE}`, item: schema.pullSchema });
    },
    pull: (id: number) => http.find({ operation: `read pull request ${id}`, method: 'GET', path: pull(id), schema: schema.pullSchema }),
    createPull: (input: { title: string; description: string; source: string; destination: string }) =>
      http.request({
        operation: `open a pull request of ${input.source}`,
        method: 'POST',
        path: `${repo}/pullrequests`,
        body: {
          title: input.title,
          description: input.description,
          source: { branch: { name: input.source } },
          destination: { branch: { name: input.destination } },
          close_source_branch: false,
        },
        schema: schema.pullSchema,
      }),
    /** 200 with the merged pull request; 202 with a `Location` when it takes longer. */
    mergePull: (id: number) =>
      http.send({
        operation: `merge pull request ${id}`,
        method: 'POST',
        path: `${pull(id)}/merge`,
        body: { merge_strategy: 'merge_commit' },
      }),
    mergeTask: (id: number, task: string) =>
      http.request({
        operation: `merge pull request ${id}`,
        method: 'GET',
        path: `${pull(id)}/merge/task-status/${segment(task)}`,
        schema: schema.mergeTaskSchema,
      }),
    /** Abbreviated ones. */
    commitPulls: (hash: string) =>
      list({
        operation: `list the pull requests of commit ${hash}`,
        path: `${repo}/commit/${segment(hash)}/pullrequests?pagelen=30`,
        item: schema.pullReferenceSchema,
      }),
  };
}

function fileCalls(connection: BitbucketConnection, deps: AdapterDeps, repo: string, list: List) {
  const http = bitbucketHttp(connection, deps);
  const file = (commit: string, path: string) => `${repo}/src/${segment(commit)}/${path.split('/').map(segment).join('/')}`;
  return {
    entry: (commit: string, path: string) =>
      http.find({
        operation: `read ${path} at ${commit}`,
        method: 'GET',
        path: `${file(commit, path)}?format=meta`,
        schema: schema.entrySchema,
      }),
    /** The file as it is, bytes. */
    async bytes(commit: string, path: string): Promise<Uint8Array> {
      let bytes = new Uint8Array();
      const raw = bitbucketHttp(connection, deps, (fetch) => async (input, init) => {
        const response = await fetch(input, init);
        if (!response.ok) return response;
        bytes = new Uint8Array(await response.arrayBuffer());
        return new Response(null, { status: 200 });
      });
      const operation = `read ${path} at ${commit}`;
      const { response } = await raw.send({ operation, method: 'GET', path: file(commit, path) });
      if (!response.ok) throw redirectRefused(response, { provider: PROVIDER, doing: operation });
      return bytes;
    },
    /** Paths that differ. @param spec one commit (against its parent), or `a..b` */
    diffstat: (spec: string, paths: readonly string[] = []) => {
      const parameters = new URLSearchParams({ renames: 'false', topic: 'false' });
      for (const path of paths) parameters.append('path', path);
      return list({
        operation: `compare ${spec}`,
        path: `${repo}/diffstat/${segment(spec)}?${parameters}&${PAGE}`,
        item: schema.diffstatSchema,
      });
    },
    /** The new commit, where the answer names it. A branch that has moved meanwhile is `conflict`. */
    async createCommit(branch: string, form: UploadedCommit): Promise<string | null> {
      const upload = bitbucketHttp(connection, deps, (fetch) => (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set('content-type', form.contentType);
        return fetch(input, { ...init, headers, body: form.body });
      });
      const operation = `commit to ${branch}`;
      const { response, isJson } = await upload.send({ operation, method: 'POST', path: `${repo}/src` });
      if (!response.ok) throw redirectRefused(response, { provider: PROVIDER, doing: operation });
      if (!isJson) throw trouble('malformed', `${operation} answered ${response.status} with something that is not from the API`);
      return /\/commits?\/([0-9a-f]{40})$/.exec(response.headers.get('location') ?? '')?.[1] ?? null;
    },
  };
}

function hookCalls(http: JsonHttp, repo: string, list: List) {
  return {
    hooks: () => list({ operation: 'list webhooks', path: `${repo}/hooks?${PAGE}`, item: schema.hookSchema }),
    createHook: (hook: HookInput) =>
      http.request({ operation: 'create the webhook', method: 'POST', path: `${repo}/hooks`, body: hook, schema: schema.hookSchema }),
    updateHook: (uuid: string, hook: HookInput) =>
      http.request({
        operation: 'update the webhook',
        method: 'PUT',
        path: `${repo}/hooks/${segment(uuid)}`,
        body: hook,
        schema: schema.hookSchema,
      }),
    /** `null`: it was gone already. */
    deleteHook: (uuid: string) =>
      http.find({
        operation: 'remove the webhook',
        method: 'DELETE',
        path: `${repo}/hooks/${segment(uuid)}`,
        schema: schema.nothingSchema,
      }),
  };
}

export interface HookInput {
  description: string;
  url: string;
  active: boolean;
  events: readonly string[];
  secret: string;
}

/** Encoding leaves `.` and `..` alone and URL parsing would then walk up the path: neither names anything at Bitbucket. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw trouble('invalid', `'${name}' is not a name`);
  return encodeURIComponent(name);
}
