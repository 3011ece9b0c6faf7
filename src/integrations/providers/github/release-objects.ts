import type { ReleaseObject, ReleaseObjects } from '../../capabilities/release-objects.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GithubClient, githubClient } from './client.ts';
import { githubTrouble, vanished } from './github-error.ts';
import type { GithubConnection } from './identity.ts';
import type { GithubRelease } from './schema.ts';
import { readTag } from './tag.ts';

type Wanted = Pick<ReleaseObject, 'name' | 'body' | 'prerelease'>;

export function githubReleaseObjects(connection: GithubConnection, deps: AdapterDeps): ReleaseObjects {
  const client = githubClient(connection, deps);
  return {
    async findReleaseObject(tag) {
      const release = await client.releaseByTag(tag);
      return release && toReleaseObject(release);
    },
    async ensureReleaseObject({ tag, ...wanted }) {
      const existing = await client.releaseByTag(tag);
      if (existing) return inLine(client, existing, wanted);
      // Without its tag GitHub would create one on the default branch; the commit is passed too in case the tag goes meanwhile.
      const target = await readTag(client, tag);
      if (!target) throw githubTrouble('not-found', `create the release of ${tag}: there is no such tag`);
      const created = await client.createRelease({ tag_name: tag, target_commitish: target.commit, ...wanted });
      if (created) return toReleaseObject(created);
      return inLine(client, (await client.releaseByTag(tag)) ?? vanished(`release of ${tag}`), wanted);
    },
  };
}

async function inLine(client: GithubClient, release: GithubRelease, wanted: Wanted): Promise<ReleaseObject> {
  const same =
    (release.name ?? '') === wanted.name &&
    unixLines(release.body ?? '') === unixLines(wanted.body) &&
    release.prerelease === wanted.prerelease;
  return toReleaseObject(same ? release : await client.updateRelease(release.id, wanted));
}

/** Edited in the browser, a body comes back with CRLF. */
function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function toReleaseObject(release: GithubRelease): ReleaseObject {
  return {
    id: String(release.id),
    tag: release.tag_name,
    name: release.name ?? '',
    body: release.body ?? '',
    prerelease: release.prerelease,
    url: release.html_url,
  };
}
