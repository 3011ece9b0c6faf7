import type { SourceArchive } from '../../capabilities/source-archive.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { sourceArchiveOf } from '../../kit/source-archive-download.ts';
import { type GitlabConnection, PROVIDER } from './identity.ts';

export function gitlabSourceArchive({ baseUrl, credentials, settings }: GitlabConnection, deps: AdapterDeps): SourceArchive {
  const project = `${baseUrl}/api/v4/projects/${encodeURIComponent(settings.project)}`;
  return sourceArchiveOf(PROVIDER, (commit, operation) =>
    deps.download(`${project}/repository/archive?sha=${commit}&format=tar.gz`, {
      ...{ operation, headers: { 'private-token': credentials.token.reveal(), 'user-agent': 'signalbox' } },
    }),
  );
}
