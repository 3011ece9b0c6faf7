import type { Tag } from '../../capabilities/source-control.ts';
import type { GithubClient } from './client.ts';
import { githubTrouble } from './github-error.ts';
import type { GitRef } from './schema.ts';

/** Tags of tags are legal and rare; a longer chain is somebody's joke. */
const MAX_TAG_DEPTH = 10;

export async function readTag(client: GithubClient, name: string): Promise<Tag | null> {
  const ref = await client.gitRef(`tags/${name}`);
  return ref && peel(client, name, ref);
}

export async function peel(client: GithubClient, name: string, ref: GitRef): Promise<Tag> {
  let target = ref.object;
  let message: string | null = null;
  for (let depth = 0; target.type === 'tag' && depth < MAX_TAG_DEPTH; depth += 1) {
    const object = await client.tagObject(target.sha);
    message ??= object.message;
    target = object.object;
  }
  if (target.type !== 'commit') throw githubTrouble('conflict', `tag ${name} points at a ${target.type}, not at a commit`);
  return { name, commit: target.sha, annotated: ref.object.type === 'tag', message };
}
