import type { AdapterDeps } from '../../kit/define-provider.ts';
import type { DownloadedBody } from '../../kit/download.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { API_VERSION } from './ask.ts';
import { githubAuth } from './auth.ts';
import type { GithubConnection } from './identity.ts';

/**
 * Something large of the repository: GitHub answers with an address at another host, signed for a minute or so, which must not see our token.
 * @param path below the repository
 */
export async function downloadFrom(
  connection: GithubConnection,
  deps: AdapterDeps,
  path: string,
  operation: string,
): Promise<DownloadedBody> {
  const auth = githubAuth(connection, deps);
  const { owner, repo } = connection.settings;
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${await auth.bearer()}`,
    'user-agent': 'signalbox',
    'x-github-api-version': API_VERSION,
  };
  try {
    return await deps.download(`${connection.baseUrl}/repos/${owner}/${repo}/${path}`, { operation, headers });
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'unauthorized') auth.refused();
    throw error;
  }
}
