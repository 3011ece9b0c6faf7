import type { SourceArchive } from '../capabilities/source-archive.ts';
import type { DownloadedBody } from './download.ts';
import { ProviderError } from './provider-error.ts';

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The archive of a commit from one address. A page in its place asks somebody to sign in, or is a proxy's.
 * @param download asks for the archive of a commit, which stands for itself in an address: it is a full id
 */
export function sourceArchiveOf(provider: string, download: (commit: string, operation: string) => Promise<DownloadedBody>): SourceArchive {
  return {
    async openArchive(commit) {
      if (!COMMIT.test(commit)) throw new ProviderError('not-found', `${provider}: ${commit.slice(0, 100)} is no commit`, { provider });
      const operation = `download the files of ${commit}`;
      const { body, sizeBytes, contentType } = await download(commit, operation);
      if (contentType !== null && /^text\/|json/i.test(contentType)) {
        await body.cancel();
        throw new ProviderError('malformed', `${provider}: ${operation} was answered with ${contentType} instead of an archive`, {
          provider,
        });
      }
      return { body, sizeBytes };
    },
  };
}
