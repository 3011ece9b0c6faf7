import { MAX_TEXT_BYTES, textOf } from '../../kit/text-file.ts';
import type { GithubClient } from './client.ts';
import { githubTrouble } from './github-error.ts';
import type { GithubFile } from './schema.ts';

/** A file as of a ref; `null` when there is none, or something else: a folder, a submodule. */
export async function readContent(client: GithubClient, path: string, ref: string): Promise<GithubFile | null> {
  const content = await client.content(path, ref);
  return content === null || Array.isArray(content) || content.type !== 'file' ? null : content;
}

/** Beyond one megabyte the contents are left out (encoding `none`); blobs come up to 100 MB. */
export async function bytesOf(client: GithubClient, file: GithubFile): Promise<Uint8Array> {
  const stored = file.encoding === 'base64' && file.content !== undefined ? file.content : (await client.blob(file.sha)).content;
  return Buffer.from(stored, 'base64');
}

export async function readText(client: GithubClient, path: string, ref: string): Promise<string | null> {
  const file = await readContent(client, path, ref);
  if (file === null) return null;
  if (file.size > MAX_TEXT_BYTES) throw githubTrouble('invalid', `${path} at ${ref} has ${file.size} bytes, more than are read as text`);
  const text = textOf(await bytesOf(client, file));
  if (text === null) throw githubTrouble('invalid', `${path} at ${ref} is not UTF-8 text`);
  return text;
}
