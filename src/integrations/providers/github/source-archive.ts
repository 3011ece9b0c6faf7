import type { SourceArchive } from '../../capabilities/source-archive.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { sourceArchiveOf } from '../../kit/source-archive-download.ts';
import { downloadFrom } from './download.ts';
import { type GithubConnection, PROVIDER } from './identity.ts';

export const githubSourceArchive = (connection: GithubConnection, deps: AdapterDeps): SourceArchive =>
  sourceArchiveOf(PROVIDER, (commit, operation) => downloadFrom(connection, deps, `tarball/${commit}`, operation));
