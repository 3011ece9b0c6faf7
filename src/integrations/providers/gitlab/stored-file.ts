import { MAX_TEXT_BYTES, textOf } from '../../kit/text-file.ts';
import { trouble } from './gitlab-error.ts';

/** A file of the repository as text. `invalid` when it is none, or too large. */
export function storedText(file: { size: number; encoding: string; content: string }, name: string): string {
  if (file.encoding !== 'base64') throw trouble('malformed', `${name} came in the encoding ${file.encoding}`);
  if (file.size > MAX_TEXT_BYTES) throw trouble('invalid', `${name} has ${file.size} bytes; at most ${MAX_TEXT_BYTES} are read`);
  const text = textOf(Buffer.from(file.content, 'base64'));
  if (text === null) throw trouble('invalid', `${name} is not UTF-8 text`);
  return text;
}
