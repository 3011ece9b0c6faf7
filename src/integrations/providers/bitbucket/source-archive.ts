import type { SourceArchive } from '../../capabilities/source-archive.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { sourceArchiveOf } from '../../kit/source-archive-download.ts';
import { type BitbucketConnection, PROVIDER } from './identity.ts';
import { bitbucketAuth, webAddress } from './transport.ts';

/** The API has no archives; the web site has, and takes the API's credentials. */
export function bitbucketSourceArchive(connection: BitbucketConnection, deps: AdapterDeps): SourceArchive {
  const { workspace, repo } = connection.settings;
  const auth = bitbucketAuth(connection, deps);
  return sourceArchiveOf(PROVIDER, async (commit, operation) => {
    const headers = { authorization: await auth.authorization(), 'user-agent': 'signalbox' };
    try {
      return await deps.download(`${webAddress(connection.baseUrl)}/${workspace}/${repo}/get/${commit}.tar.gz`, { operation, headers });
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'unauthorized') auth.refused();
      throw error;
    }
  });
}
