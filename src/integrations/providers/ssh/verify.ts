import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type Host, withHost } from './client.ts';
import { hostOf, type SshConnection } from './identity.ts';
import { toolsScript } from './scripts.ts';

/** Signs in, and makes the directory where it is not there yet. */
export async function verifySsh(connection: SshConnection, deps: AdapterDeps): Promise<Verification> {
  try {
    const problems = await withHost(connection, deps, { operation: 'sign in' }, (host) => hostProblems(host, connection));
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, account: `${connection.settings.user}@${hostOf(connection.baseUrl).host}`, expiresAt: null, rateLimit: null };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [`The host does not let us work there: ${error.message}.`] };
  }
}

/** What the host lacks. */
export async function hostProblems(host: Host, { settings }: SshConnection): Promise<string[]> {
  const { output } = await host.run(toolsScript(settings.directory));
  return output.split('\n').filter((line) => line !== '');
}
