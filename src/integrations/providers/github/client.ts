import { Octokit } from '@octokit/rest';
import type { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { alreadyExists, GithubRefusal, githubError } from './github-error.ts';
import { type GithubConnection, PROVIDER } from './identity.ts';
import {
  artifactsSchema,
  commitShaSchema,
  comparisonSchema,
  dispatchSchema,
  fileSchema,
  gitRefSchema,
  pullsSchema,
  releaseSchema,
  repositorySchema,
  runSchema,
  runsSchema,
  tagObjectSchema,
  takenSchema,
  userSchema,
  workflowSchema,
  workflowsSchema,
} from './schema.ts';
import { octokitFetch } from './transport.ts';

const API_VERSION = '2022-11-28';
export const PAGE_SIZE = 100;

type Params = Record<string, string | number | boolean | Record<string, string>>;

export interface Answer<T> {
  data: T;
  headers: Headers;
  /** The `Link` header names a next page. */
  hasNext: boolean;
}

export type GithubClient = ReturnType<typeof githubClient>;

/** Every URL of GitHub that we call, bound to one repository. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function githubClient(connection: GithubConnection, deps: AdapterDeps) {
  const call = caller(connection, deps);
  const repo = '/repos/{owner}/{repo}';
  const actions = `${repo}/actions`;

  const maybe = async <T>(answer: Promise<Answer<T>>): Promise<T | null> => {
    try {
      return (await answer).data;
    } catch (error) {
      if (error instanceof GithubRefusal && error.kind === 'not-found') return null;
      throw error;
    }
  };
  const data = async <T>(answer: Promise<Answer<T>>): Promise<T> => (await answer).data;
  /** `null`: refused because it exists already. */
  const unlessExisting = async <T>(answer: Promise<Answer<T>>): Promise<T | null> => {
    try {
      return (await answer).data;
    } catch (error) {
      if (alreadyExists(error)) return null;
      throw error;
    }
  };

  return {
    user: () => call('read the account', 'GET /user', {}, userSchema),
    repository: () => call('read the repository', `GET ${repo}`, {}, repositorySchema),
    /** @param ref `heads/<branch>` or `tags/<tag>` */
    gitRef: (ref: string) => maybe(call(`read ${ref}`, `GET ${repo}/git/ref/{ref}`, { ref }, gitRefSchema)),
    createRef: (ref: string, sha: string) =>
      unlessExisting(call(`create ${ref}`, `POST ${repo}/git/refs`, { ref: `refs/${ref}`, sha }, gitRefSchema)),
    tagObject: (sha: string) => data(call('read the tag object', `GET ${repo}/git/tags/{tag_sha}`, { tag_sha: sha }, tagObjectSchema)),
    createTagObject: (tag: string, object: string, message: string) =>
      data(call(`create the tag object of ${tag}`, `POST ${repo}/git/tags`, { tag, object, message, type: 'commit' }, tagObjectSchema)),
    compare: (base: string, head: string, page: number, perPage: number) =>
      data(
        call(
          `compare ${base} with ${head}`,
          `GET ${repo}/compare/{basehead}`,
          { basehead: `${base}...${head}`, page, per_page: perPage },
          comparisonSchema,
        ),
      ),
    /** One file per page keeps the answer small: we want only the id. */
    commit: (ref: string) => data(call(`read commit ${ref}`, `GET ${repo}/commits/{ref}`, { ref, per_page: 1 }, commitShaSchema)),
    pulls: (filter: { state: string; base?: string }, page: number) =>
      call(
        'list pull requests',
        `GET ${repo}/pulls`,
        { ...filter, sort: 'created', direction: 'desc', per_page: PAGE_SIZE, page },
        pullsSchema,
      ),
    releaseByTag: (tag: string) => maybe(call(`read the release of ${tag}`, `GET ${repo}/releases/tags/{tag}`, { tag }, releaseSchema)),
    createRelease: (release: { tag_name: string; target_commitish: string; name: string; body: string; prerelease: boolean }) =>
      // `legacy`: a hotfix of an older line must not become "latest" by being newer in time.
      unlessExisting(
        call(`create the release of ${release.tag_name}`, `POST ${repo}/releases`, { ...release, make_latest: 'legacy' }, releaseSchema),
      ),
    updateRelease: (id: number, release: { name: string; body: string; prerelease: boolean }) =>
      data(call('update the release', `PATCH ${repo}/releases/{release_id}`, { release_id: id, ...release }, releaseSchema)),

    workflows: (page: number, perPage = PAGE_SIZE) =>
      call('list workflows', `GET ${actions}/workflows`, { per_page: perPage, page }, workflowsSchema),
    workflow: (id: string) =>
      maybe(call(`read workflow ${id}`, `GET ${actions}/workflows/{workflow_id}`, { workflow_id: id }, workflowSchema)),
    file: (path: string, ref: string) => maybe(call(`read ${path} at ${ref}`, `GET ${repo}/contents/{path}`, { path, ref }, fileSchema)),
    dispatch: (id: string, ref: string, inputs: Record<string, string>) =>
      data(
        call(
          `dispatch workflow ${id} on ${ref}`,
          `POST ${actions}/workflows/{workflow_id}/dispatches`,
          { workflow_id: id, ref, inputs, return_run_details: true },
          dispatchSchema,
        ),
      ),
    dispatchedRuns: (id: string, branch: string, page: number) =>
      call(
        `list runs of workflow ${id}`,
        `GET ${actions}/workflows/{workflow_id}/runs`,
        { workflow_id: id, event: 'workflow_dispatch', branch, per_page: PAGE_SIZE, page },
        runsSchema,
      ),
    run: (id: string) => maybe(call(`read run ${id}`, `GET ${actions}/runs/{run_id}`, { run_id: id }, runSchema)),
    artifacts: (id: string, page: number) =>
      call(
        `list artifacts of run ${id}`,
        `GET ${actions}/runs/{run_id}/artifacts`,
        { run_id: id, per_page: PAGE_SIZE, page },
        artifactsSchema,
      ),
    cancel: (id: string) => data(call(`cancel run ${id}`, `POST ${actions}/runs/{run_id}/cancel`, { run_id: id }, takenSchema)),
    rerunFailed: (id: string) =>
      data(call(`re-run failed jobs of run ${id}`, `POST ${actions}/runs/{run_id}/rerun-failed-jobs`, { run_id: id }, takenSchema)),
  };
}

function caller(connection: GithubConnection, deps: AdapterDeps) {
  const { owner, repo } = connection.settings;
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = new Octokit({
    auth: connection.credentials.token.reveal(),
    baseUrl: connection.baseUrl,
    userAgent: 'signalbox',
    log: silent,
    request: { fetch: octokitFetch(deps.fetch), log: silent },
  });
  const redact = (text: string) => text.replaceAll(connection.credentials.token.reveal(), '[redacted]');

  return async <T>(operation: string, route: string, params: Params, schema: z.ZodType<T>): Promise<Answer<T>> => {
    refuseDotSegments(operation, params);
    const response = await octokit
      .request(route, {
        ...(route.includes('{owner}') ? { owner, repo } : {}),
        ...params,
        headers: { 'x-github-api-version': API_VERSION },
      })
      .catch((error: unknown) => {
        throw githubError(error, operation, deps.now(), redact);
      });
    const parsed = schema.safeParse(response.data);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      const why = typeof response.data === 'string' ? 'the body is not JSON' : `unexpected shape at ${where}`;
      throw new ProviderError('malformed', `${PROVIDER}: ${operation} answered ${response.status}, but ${why}`, {
        provider: PROVIDER,
        status: response.status,
      });
    }
    const hasNext = /rel="next"/.test(String(response.headers.link ?? ''));
    const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
    return { data: parsed.data, headers, hasNext };
  };
}

/** Encoding leaves `.` and `..` alone and URL parsing would then walk up the path: neither names anything at GitHub. */
function refuseDotSegments(operation: string, params: Params): void {
  for (const value of Object.values(params)) {
    if (value === '.' || value === '..') {
      throw new ProviderError('invalid', `${PROVIDER}: ${operation}: '${value}' is not a name`, { provider: PROVIDER });
    }
  }
}

function ignore(): void {}
