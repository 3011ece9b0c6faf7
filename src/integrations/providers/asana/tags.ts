import type { AsanaClient } from './client.ts';
import { sameName } from './status.ts';

/** The gids of tags of these names, made where there are none: tags belong to a workspace and are known by gid only. */
export async function ensureTags(client: AsanaClient, workspace: string, labels: readonly string[]): Promise<string[]> {
  const missing = new Map(labels.map((label) => [label.trim().toLowerCase(), label.trim()]));
  missing.delete('');
  const found: string[] = [];
  if (missing.size === 0) return found;
  for await (const tag of client.tags(workspace)) {
    if (missing.delete(tag.name.trim().toLowerCase())) found.push(tag.gid);
    if (missing.size === 0) return found;
  }
  for (const name of missing.values()) found.push((await client.createTag(workspace, name)).gid);
  return found;
}

/** Tags of a version: named like it, or with a leading `v`. Asana lets several have the same name. */
export async function versionTags(client: AsanaClient, workspace: string, version: string): Promise<string[]> {
  const plain = version.replace(/^v(?=\d)/i, '');
  const found: string[] = [];
  for await (const tag of client.tags(workspace)) if ([plain, `v${plain}`].some((name) => sameName(name, tag.name))) found.push(tag.gid);
  return found;
}
