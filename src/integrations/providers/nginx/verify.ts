import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { jsonHttp } from '../../kit/http.ts';
import { localPath } from '../../kit/local-path.ts';
import { oneLine } from '../../kit/portable-text.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { runCommand } from './commands.ts';
import { type NginxConnection, PROVIDER } from './identity.ts';

/** Looks for the directory, has nginx check its configuration, and asks whether it answers. Changes nothing. */
export async function verifyNginx({ baseUrl, settings }: NginxConnection, deps: AdapterDeps): Promise<Verification> {
  try {
    await localPath(deps.localRoot, settings.directory, PROVIDER);
    const { exitCode, output } = await runCommand(settings.testCommand);
    if (exitCode !== 0) return { ok: false, problems: [`nginx refuses its configuration: ${oneLine(output, 400)}`] };
    const http = jsonHttp({ provider: PROVIDER, baseUrl, fetch: deps.fetch, now: deps.now, headers: () => ({}) });
    // That there is nothing at the root is as good an answer as any.
    const response = await http.send({ operation: 'ask who answers', method: 'GET', path: '/' }).then(
      (answer) => answer.response,
      (error) => {
        if (error instanceof ProviderError && error.kind === 'not-found') return null;
        throw error;
      },
    );
    const server = response?.headers.get('server') ?? 'nginx';
    return { ok: true, account: oneLine(server, 100), expiresAt: null, rateLimit: null };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [error.message] };
  }
}
