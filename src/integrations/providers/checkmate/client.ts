import type { AdapterDeps, Connection } from '../../kit/define-provider.ts';
import { jsonHttp, kindOfStatus } from '../../kit/http.ts';
import type { ProviderErrorKind } from '../../kit/provider-error.ts';
import type { CheckmateCredentials, CheckmateSettings } from './credentials.ts';
import {
  createdRun,
  errorBody,
  labels,
  locked,
  organisations,
  platforms,
  project,
  projects,
  runDetail,
  runPage,
  sections,
  squads,
  stateDetail,
  testPage,
  updated,
  user,
} from './schema.ts';

export const provider = 'checkmate';

/** What `POST /run/create` takes besides the name; absent lists do not filter, empty ones are refused. */
export interface RunFilters {
  labelIds?: number[];
  squadIds?: number[];
  sectionIds?: number[];
  platformIds?: number[];
  filterType?: 'and' | 'or';
}

export type CheckmateClient = ReturnType<typeof checkmateClient>;

/** Every URL of Checkmate we call; one instance per connection and attempt. */
export function checkmateClient(connection: Connection<CheckmateCredentials, CheckmateSettings>, deps: AdapterDeps) {
  const { token } = connection.credentials;
  const http = jsonHttp({
    provider,
    baseUrl: connection.baseUrl,
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({ authorization: `Bearer ${token.reveal()}` }),
    describeError: (body) => errorBody.safeParse(body).data?.error,
    kindOf,
    secrets: [token],
  });
  const api = '/api/v1';

  return {
    user: async () => (await http.request({ operation: 'who am I', method: 'GET', path: `${api}/user/details`, schema: user })).data,

    organisations: async () =>
      (await http.request({ operation: 'list organisations', method: 'GET', path: `${api}/orgs`, schema: organisations })).data,

    /** Active ones, newest first. */
    projects: async (orgId: number, page: { page: number; pageSize: number }) => {
      const query = { orgId, ...page };
      return (await http.request({ operation: 'list projects', method: 'GET', path: `${api}/projects`, query, schema: projects })).data;
    },

    project: async (projectId: number) => {
      const path = `${api}/project/detail`;
      const answer = await http.request({
        operation: `read project ${projectId}`,
        ...{ method: 'GET', path, query: { projectId }, schema: project },
      });
      return answer.data ?? null;
    },

    sections: async (projectId: number) => {
      const path = `${api}/project/sections`;
      return (await http.request({ operation: 'list sections', method: 'GET', path, query: { projectId }, schema: sections })).data;
    },

    labels: async (projectId: number) =>
      (await http.request({ operation: 'list labels', method: 'GET', path: `${api}/labels`, query: { projectId }, schema: labels })).data,

    squads: async (projectId: number) => {
      const path = `${api}/project/squads`;
      return (await http.request({ operation: 'list squads', method: 'GET', path, query: { projectId }, schema: squads })).data;
    },

    /** Of an organisation: its projects share them. */
    platforms: async (orgId: number) =>
      (await http.request({ operation: 'list platforms', method: 'GET', path: `${api}/platform`, query: { orgId }, schema: platforms }))
        .data,

    runs: async (projectId: number, page: { page: number; pageSize: number }) =>
      (await http.request({ operation: 'list runs', method: 'GET', path: `${api}/runs`, query: { projectId, ...page }, schema: runPage }))
        .data,

    run: async (runId: number) =>
      (
        await http.request({
          operation: `read run ${runId}`,
          method: 'GET',
          path: `${api}/run/detail`,
          query: { runId },
          schema: runDetail,
        })
      ).data ?? null,

    createRun: async (input: { projectId: number; runName: string; runDescription?: string } & RunFilters) => {
      // The document requires `testIds`, the server ignores them.
      const body = { ...input, testIds: [] };
      return (await http.request({ operation: 'create run', method: 'POST', path: `${api}/run/create`, body, schema: createdRun })).data
        .runId;
    },

    stateDetail: async (runId: number) => {
      const path = `${api}/run/state-detail`;
      return (
        (await http.request({ operation: `read results of run ${runId}`, method: 'GET', path, query: { runId }, schema: stateDetail }))
          .data ?? null
      );
    },

    tests: async (run: { runId: number; projectId: number }, page: { page: number; pageSize: number }) => {
      // The document does not know `projectId` here, the server refuses a request without it.
      const query = { ...run, ...page };
      return (
        await http.request({
          operation: `list tests of run ${run.runId}`,
          method: 'GET',
          path: `${api}/run/tests`,
          query,
          schema: testPage,
        })
      ).data;
    },

    /** Sets latest results; each becomes an entry of the history of its test. How many were not set. */
    setStatuses: async (runId: number, testIdStatusArray: { testId: number; status: string }[]) => {
      const path = `${api}/run/update-test-status`;
      const body = { runId, testIdStatusArray };
      const answer = await http.request({ operation: `reset tests of run ${runId}`, method: 'PUT', path, body, schema: updated });
      return answer.data?.failed?.count ?? 0;
    },

    /** The server's words when it did not lock the run, which it tells with 200. */
    lockRun: async (run: { runId: number; projectId: number }): Promise<string | null> => {
      // The document requires `lock` and does not know `projectId`; the server requires `projectId` and ignores `lock`.
      const body = { ...run, lock: true };
      const operation = `lock run ${run.runId}`;
      const { data, error } = await http.request({ operation, method: 'PUT', path: `${api}/run/lock`, body, schema: locked });
      if (error) return error;
      return data?.success === false ? (data.message ?? 'the run was not locked') : null;
    },
  };
}

/**
 * Checkmate's own use of statuses: 403 for a missing or wrong token ("Authentication Error"), 401 for a role that may not ("You are not
 * authorized to perform this action"), 500 for a filter that matches no test.
 */
function kindOf(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  const words = errorBody.safeParse(body).data?.error ?? '';
  if (status === 403) return 'unauthorized';
  if (status === 401) return 'forbidden';
  if (status === 500 && /no tests found/i.test(words)) return 'invalid';
  if (status === 500 && /invalid value provided/i.test(words)) return 'invalid';
  return kindOfStatus(status, headers);
}
