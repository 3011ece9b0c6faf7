import { diffFiles } from '../git/diff.ts';
import type { Files } from '../git/merge.ts';
import { blobId } from './bodies.ts';
import type { FakeRepository } from './repository.ts';
import { apiUrl, webUrl } from './repository-bodies.ts';

/** GitHub tells no more of a comparison, and says nothing of the others. */
const MAX_FILES = 300;

/** The files of a comparison, as its first page has them. */
export function changedFiles(repository: FakeRepository, before: Files, after: Files, ref: string) {
  return diffFiles(before, after)
    .slice(0, MAX_FILES)
    .map(({ status, old, now }) => {
      const filename = now ?? old ?? '';
      const path = `${ref}/${encodeURIComponent(filename)}`;
      return {
        ...{ sha: blobId(after.get(filename) ?? before.get(filename) ?? ''), filename, status, additions: 1, deletions: 1, changes: 2 },
        blob_url: webUrl(repository, `/blob/${path}`),
        raw_url: webUrl(repository, `/raw/${path}`),
        contents_url: apiUrl(repository, `/contents/${encodeURIComponent(filename)}?ref=${ref}`),
        patch: '@@ -1 +1 @@',
        ...(status === 'renamed' && old !== null ? { previous_filename: old } : {}),
      };
    });
}
