import { MAX_TEXT_BYTES, textOf } from '../../kit/text-file.ts';
import type { BitbucketClient } from './client.ts';
import { findCommit } from './history.ts';
import { trouble } from './identity.ts';

/** What is not a file of its own: the answer would be a link's target, a module's commit or a pointer to large storage. */
const NOT_CONTENT = ['link', 'subrepository', 'lfs'];

export async function readFile(client: BitbucketClient, path: string, ref: string): Promise<string | null> {
  const commit = await findCommit(client, ref);
  const entry = commit === null ? null : await client.entry(commit, path);
  if (commit === null || entry?.type !== 'commit_file') return null;
  const odd = entry.attributes.find((attribute) => NOT_CONTENT.includes(attribute));
  if (odd !== undefined) throw trouble('invalid', `${path} is not a text file (${odd})`);
  if ((entry.size ?? 0) > MAX_TEXT_BYTES) throw trouble('invalid', `${path} is larger than ${MAX_TEXT_BYTES} bytes`);
  const text = textOf(await client.bytes(commit, path));
  if (text === null) throw trouble('invalid', `${path} is not UTF-8 text`);
  return text;
}
