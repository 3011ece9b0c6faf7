import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { kubernetesClient } from './client.ts';
import type { KubernetesConnection } from './identity.ts';
import { deploymentRights, rightsProblems, trafficRights } from './rights.ts';

/** Asks what we may do in the namespace: enough for services, or for traffic alone. */
export async function verifyKubernetes(connection: KubernetesConnection, deps: AdapterDeps): Promise<Verification> {
  const client = kubernetesClient(connection, deps);
  const { namespace } = connection.settings;
  try {
    const rules = await client.rules();
    const problems = rightsProblems(rules, deploymentRights, namespace);
    if (problems.length > 0 && rightsProblems(rules, trafficRights, namespace).length > 0) return { ok: false, problems };
    const version = await client.version();
    return {
      ok: true,
      account: `Kubernetes${version === null ? '' : ` ${version}`}, namespace ${namespace}`,
      expiresAt: null,
      rateLimit: null,
    };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [problemOf(error)] };
  }
}

function problemOf(error: ProviderError): string {
  switch (error.kind) {
    case 'unauthorized':
      return `The cluster does not accept the credentials (${error.message}).`;
    case 'not-found':
    case 'malformed':
      return `What answers at the base URL is not the API of Kubernetes: give the server of a kubeconfig file (${error.message}).`;
    default:
      return `The cluster does not let us ask (${error.message}).`;
  }
}
