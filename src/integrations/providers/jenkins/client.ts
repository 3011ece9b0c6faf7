import type { Secret } from '../../../platform/secret.ts';
import { basicCredentials } from '../../kit/basic-auth.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonAnswer, jsonHttp, kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { isRedirect, redirectRefused } from '../../kit/transport.ts';
import { withCrumb } from './crumb.ts';
import { type JenkinsConnection, type JenkinsCredentials, PROVIDER } from './identity.ts';
import { jobUrlPath } from './job-path.ts';
import {
  ARTIFACTS_TREE,
  artifactsSchema,
  BUILD_TREE,
  buildSchema,
  buildsSchema,
  errorSchema,
  FOLDER_TREE,
  folderSchema,
  JOB_TREE,
  jobSchema,
  LISTED_BUILD_TREE,
  type ListedBuild,
  pendingInputsSchema,
  pipelineSchema,
  QUEUE_ITEM_TREE,
  queueItemSchema,
  queueSchema,
} from './schema.ts';

/** Builds are listed newest first, a range of the list at a time. */
const BUILDS_PAGE = 100;

export type JenkinsClient = ReturnType<typeof jenkinsClient>;

/** Every URL of Jenkins that we call. Jobs are named by their full name. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function jenkinsClient(connection: JenkinsConnection, deps: AdapterDeps) {
  const { headers, secrets } = authorise(connection.credentials);
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl: connection.baseUrl,
    fetch: withCrumb(connection, deps, headers),
    now: deps.now,
    headers: () => headers,
    kindOf,
    describeError: (body) => errorSchema.safeParse(body).data?.message,
    secrets,
  });
  const get = { method: 'GET' as const };
  const post = { method: 'POST' as const };
  const api = (page: string) => `${page}/api/json`;
  const buildPage = (path: string, number: number) => `${jobUrlPath(path)}/${number}`;
  const artifactPath = (path: string, number: number, relativePath: string) =>
    `${buildPage(path, number)}/artifact/${relativePath.split('/').map(encodeURIComponent).join('/')}`;

  return {
    /** With headers: they say whether this is Jenkins. */
    whoAmI: () => http.send({ operation: 'ask who we are', ...get, path: '/whoAmI/api/json' }),
    /** @param path '' for the root */
    folder: (path: string) => {
      const page = path === '' ? '' : jobUrlPath(path);
      return http.find({
        operation: `list ${path || 'the jobs'}`,
        ...get,
        path: api(page),
        query: { tree: FOLDER_TREE },
        schema: folderSchema,
      });
    },
    job: (path: string) =>
      http.find({ operation: `read ${path}`, ...get, path: api(jobUrlPath(path)), query: { tree: JOB_TREE }, schema: jobSchema }),
    /** `null` where Blue Ocean is not installed. */
    pipeline: (path: string) => {
      const page = path.split('/').map((name) => `/pipelines/${encodeURIComponent(name)}`);
      return http.find({
        operation: `read rights on ${path}`,
        ...get,
        path: `/blue/rest/organizations/jenkins${page.join('')}/`,
        schema: pipelineSchema,
      });
    },

    queue: () =>
      http.request({
        operation: 'read the queue',
        ...get,
        path: '/queue/api/json',
        query: { tree: `items[${QUEUE_ITEM_TREE}]` },
        schema: queueSchema,
      }),
    queueItem: (id: number) =>
      http.find({
        operation: `read queue item ${id}`,
        ...get,
        path: `/queue/item/${id}/api/json`,
        query: { tree: QUEUE_ITEM_TREE },
        schema: queueItemSchema,
      }),
    /** Ranges of all builds, newest first, until the caller stops or there are no more. */
    async *builds(path: string): AsyncGenerator<ListedBuild[]> {
      for (let from = 0; ; from += BUILDS_PAGE) {
        const tree = `allBuilds[${LISTED_BUILD_TREE}]{${from},${from + BUILDS_PAGE}}`;
        const answer = await http.find({
          operation: `list builds of ${path}`,
          ...get,
          path: api(jobUrlPath(path)),
          query: { tree },
          schema: buildsSchema,
        });
        if (!answer || answer.allBuilds.length === 0) return;
        yield answer.allBuilds;
        if (answer.allBuilds.length < BUILDS_PAGE) return;
      }
    },
    build: (path: string, number: number) =>
      http.find({
        operation: `read ${path} #${number}`,
        ...get,
        path: api(buildPage(path, number)),
        query: { tree: BUILD_TREE },
        schema: buildSchema,
      }),
    /** `null` where the Pipeline REST API plugin is not installed. */
    pendingInputs: (path: string, number: number) =>
      http.find({
        operation: `read pending inputs of ${path} #${number}`,
        ...get,
        path: `${buildPage(path, number)}/wfapi/pendingInputActions`,
        schema: pendingInputsSchema,
      }),
    artifacts: (path: string, number: number) =>
      http.find({
        operation: `list artifacts of ${path} #${number}`,
        ...get,
        path: api(buildPage(path, number)),
        query: { tree: ARTIFACTS_TREE },
        schema: artifactsSchema,
      }),
    artifactUrl: (path: string, number: number, relativePath: string) => connection.baseUrl + artifactPath(path, number, relativePath),
    /** Bytes; `null` where the answer does not tell, e.g. for artifacts kept in an object store. */
    async artifactSize(path: string, number: number, relativePath: string): Promise<number | null> {
      try {
        const response = await deps.fetch(connection.baseUrl + artifactPath(path, number, relativePath), {
          method: 'HEAD',
          redirect: 'manual',
          // A length of compressed bytes would be another one. Without the range Jenkins reads the whole file to answer with its head.
          headers: { ...headers, 'accept-encoding': 'identity', range: 'bytes=0-0' },
        });
        if (response.headers.has('content-encoding')) return null;
        const whole = response.status === 200 ? response.headers.get('content-length') : null;
        const part = response.status === 206 ? response.headers.get('content-range')?.split('/')[1] : null;
        const length = whole ?? part ?? '';
        return /^\d{1,15}$/.test(length) ? Number(length) : null;
      } catch (error) {
        // A size is good to have; a list of artifacts without sizes is better than none.
        if (error instanceof ProviderError) return null;
        throw error;
      }
    },
    downloadArtifact: (path: string, number: number, relativePath: string) =>
      deps.download(connection.baseUrl + artifactPath(path, number, relativePath), { operation: `read artifact ${relativePath}`, headers }),

    /** @param form `null` where the job declares no parameters. @returns the queue item; `null` when Jenkins took it without saying which */
    async schedule(path: string, form: Record<string, string> | null): Promise<number | null> {
      const operation = `start ${path}`;
      const page = jobUrlPath(path);
      const answer = await http.send(
        form === null ? { operation, ...post, path: `${page}/build` } : { operation, ...post, path: `${page}/buildWithParameters`, form },
      );
      const location = answer.response.headers.get('location') ?? '';
      // Host and context path are what Jenkins believes to be called: behind a proxy often wrong.
      const id = /\/queue\/item\/([1-9]\d{0,14})\/?$/.exec(location)?.[1];
      const { status } = answer.response;
      // 303: an equal run waits already and stands for this one, too (JENKINS-66105, 2021; 201 before).
      if (id !== undefined && (status === 201 || status === 303)) return Number(id);
      if (status === 201) return null;
      if (isRedirect(answer.response) && leadsToPage(location)) {
        const why = `${path} was not put into the queue: Jenkins shuts down, or a plugin keeps it out`;
        throw new ProviderError('unavailable', `${PROVIDER}: ${why}`, { provider: PROVIDER, status });
      }
      throw unexpected(answer, operation);
    },
    stop: async (path: string, number: number) => {
      const operation = `stop ${path} #${number}`;
      return accepted(await http.send({ operation, ...post, path: `${buildPage(path, number)}/stop` }), operation);
    },
    cancelQueueItem: async (id: number) => {
      const operation = `cancel queue item ${id}`;
      return accepted(await http.send({ operation, ...post, path: '/queue/cancelItem', query: { id } }), operation);
    },
  };
}

function authorise(credentials: JenkinsCredentials): { headers: Record<string, string>; secrets: Secret[] } {
  if ('kind' in credentials)
    return { headers: { [credentials.name.toLowerCase()]: credentials.value.reveal() }, secrets: [credentials.value] };
  const basic = basicCredentials(credentials.user, credentials.apiToken);
  return { headers: { authorization: `Basic ${basic.reveal()}` }, secrets: [credentials.apiToken, basic] };
}

/** Who may do nothing as nobody has credentials that do not count, whatever the status says. */
function kindOf(status: number, headers: Headers): ProviderErrorKind {
  if (status === 403 && headers.get('x-you-are-authenticated-as') === 'anonymous') return 'unauthorized';
  return kindOfStatus(status, headers);
}

/** Jenkins ends these by sending a browser back to the page of the job or the queue. A web page, or the way to one, is not its answer. */
function accepted(answer: JsonAnswer, operation: string): void {
  const { response, isJson } = answer;
  if (isRedirect(response) ? leadsToPage(response.headers.get('location') ?? '') : isJson) return;
  throw unexpected(answer, operation);
}

/** To a page of a job, a build or the queue; not to a login, and not to the same call at another address, which would not have happened. */
function leadsToPage(location: string): boolean {
  const path = location.replace(/[?#].*$/, '');
  return path === '.' || /\/(job\/[^/]+(\/\d+)?|queue)\/?$/.test(path);
}

function unexpected({ response }: JsonAnswer, operation: string): ProviderError {
  if (isRedirect(response)) return redirectRefused(response, { provider: PROVIDER, doing: operation });
  return new ProviderError('malformed', `${PROVIDER}: ${operation} answered ${response.status}, but not like Jenkins`, {
    provider: PROVIDER,
    status: response.status,
  });
}
