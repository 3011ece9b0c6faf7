import { basicCredentials } from '../../kit/basic-auth.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { jsonHttp, kindOfStatus } from '../../kit/http.ts';
import type { ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER, type PrometheusConnection, type PrometheusCredentials } from './identity.ts';
import { answerSchema, buildSchema, errorSchema } from './schema.ts';

export type PrometheusClient = ReturnType<typeof prometheusClient>;

/** Every URL of Prometheus we call. Queries are sent as forms: they may be longer than an address may be. */
export function prometheusClient({ baseUrl, credentials, settings }: PrometheusConnection, deps: AdapterDeps) {
  const { authorization, secrets } = signIn(credentials);
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl,
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({
      ...(authorization === null ? {} : { authorization: authorization() }),
      ...(settings.tenant === undefined ? {} : { 'x-scope-orgid': settings.tenant }),
    }),
    describeError: (body) => errorSchema.safeParse(body).data?.error,
    kindOf,
    secrets,
  });

  return {
    query: (form: { query: string; time: string }) =>
      http.request({ operation: 'query', method: 'POST', path: '/api/v1/query', form, schema: answerSchema }),
    queryRange: (form: { query: string; start: string; end: string; step: string }) =>
      http.request({ operation: 'query over a range', method: 'POST', path: '/api/v1/query_range', form, schema: answerSchema }),
    /** null where the server does not tell, as those before 2.14 and some that speak like Prometheus. */
    version: async () =>
      (await http.find({ operation: 'read the version', method: 'GET', path: '/api/v1/status/buildinfo', schema: buildSchema }))?.data
        .version ?? null,
  };
}

function signIn(credentials: PrometheusCredentials) {
  if ('token' in credentials) {
    const { token } = credentials;
    return { authorization: () => `Bearer ${token.reveal()}`, secrets: [token] };
  }
  if ('password' in credentials) {
    const pair = basicCredentials(credentials.user, credentials.password);
    return { authorization: () => `Basic ${pair.reveal()}`, secrets: [credentials.password, pair] };
  }
  return { authorization: null, secrets: [] };
}

/** 503 stands for a query that took too long as well as for a server that is not ready; the body tells which. */
function kindOf(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  switch (errorSchema.safeParse(body).data?.errorType) {
    case 'bad_data':
    case 'execution':
      return 'invalid';
    case 'timeout':
      return 'timeout';
    case 'canceled':
    case 'unavailable':
    case 'internal':
      return 'unavailable';
    default:
      return kindOfStatus(status, headers);
  }
}
