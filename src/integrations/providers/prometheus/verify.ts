import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type PrometheusClient, prometheusClient } from './client.ts';
import type { PrometheusConnection } from './identity.ts';
import { instantSeries } from './series.ts';

/** Asks for the version, and what a deployment will ask for: a query. */
export async function verifyPrometheus(connection: PrometheusConnection, deps: AdapterDeps): Promise<Verification> {
  const client = prometheusClient(connection, deps);
  try {
    // Old servers and some that speak like Prometheus tell no version; a query they all answer.
    const version = await versionOf(client);
    const [one] = instantSeries(await client.query({ query: '1', time: (deps.now().getTime() / 1000).toFixed(3) }));
    if (one?.points[0]?.value !== 1) return { ok: false, problems: [`${NOT_PROMETHEUS} (the query "1" did not give 1)`] };
    const account = version === null ? 'Prometheus' : `Prometheus ${version}`;
    return { ok: true, account, expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

const NOT_PROMETHEUS =
  'What answers at the base URL is not the API of Prometheus: give the address of the server, with the path that stands before /api/v1 if there is one.';

async function versionOf(client: PrometheusClient): Promise<string | null> {
  try {
    return await client.version();
  } catch (error) {
    if (error instanceof ProviderError && ['malformed', 'invalid', 'forbidden'].includes(error.kind)) return null;
    throw error;
  }
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return `Prometheus, or what stands in front of it, does not accept the credentials (${error.message}).`;
    case 'forbidden':
      return `The credentials may not query (${error.message}).`;
    case 'not-found':
    case 'malformed':
      return `${NOT_PROMETHEUS} (${error.message})`;
    case 'invalid':
    case 'conflict':
      return error.message;
    case 'rate-limited':
    case 'timeout':
    case 'unavailable':
      return null;
    default:
      return error.kind satisfies never;
  }
}
