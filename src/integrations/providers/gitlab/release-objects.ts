import type { ReleaseObject, ReleaseObjects } from '../../capabilities/release-objects.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { gitlabClient } from './client.ts';
import { alreadyExists, GitlabRefusal, trouble, vanished } from './gitlab-error.ts';
import type { GitlabConnection } from './identity.ts';
import type { GitlabRelease } from './schema.ts';

/** GitLab's releases have no mark for a pre-release: `prerelease` reads false whatever was asked for, and the name must tell. */
export function gitlabReleaseObjects(connection: GitlabConnection, deps: AdapterDeps): ReleaseObjects {
  const client = gitlabClient(connection, deps);
  const toReleaseObject = (release: GitlabRelease): ReleaseObject => ({
    id: release.tag_name,
    tag: release.tag_name,
    name: release.name ?? '',
    body: release.description ?? '',
    prerelease: false,
    url: release._links?.self ?? `${connection.baseUrl}/api/v4/projects/${encodeURIComponent(connection.settings.project)}/releases`,
  });

  const bringInLine = async (release: GitlabRelease, wanted: { name: string; description: string }): Promise<ReleaseObject> => {
    const same = release.name === wanted.name && (release.description ?? '') === wanted.description;
    return toReleaseObject(same ? release : await client.updateRelease(release.tag_name, wanted));
  };

  return {
    async findReleaseObject(tag) {
      const release = await client.release(tag);
      return release && toReleaseObject(release);
    },
    async ensureReleaseObject({ tag, name, body }) {
      const wanted = { name, description: body };
      const existing = await client.release(tag);
      if (existing) return bringInLine(existing, wanted);
      try {
        // Without a `ref` GitLab makes no tag: a tag that is missing is refused.
        return toReleaseObject(await client.createRelease({ tagName: tag, ...wanted }));
      } catch (error) {
        if (lacksTag(error)) throw trouble('not-found', `there is no tag ${tag} to release`, { status: 422 });
        if (!alreadyExists(error)) throw error;
        return bringInLine((await client.release(tag)) ?? vanished(`the release of ${tag}`), wanted);
      }
    },
  };
}

function lacksTag(error: unknown): boolean {
  return error instanceof GitlabRefusal && error.status === 422 && /ref is not specified/i.test(error.words);
}
