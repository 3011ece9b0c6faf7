import { expect, it } from 'vitest';
import { MAX_TEXT_BYTES, textOf } from './text-file.ts';

it('reads UTF-8 and drops its byte order mark', () => {
  expect(textOf(Buffer.from('größe 日本\r\n'))).toBe('größe 日本\r\n');
  expect(textOf(Buffer.from([0xef, 0xbb, 0xbf, 0x61]))).toBe('a');
  expect(textOf(new Uint8Array())).toBe('');
});

it('takes no other encoding, no binary and nothing too large for text', () => {
  expect(textOf(Buffer.from('größe', 'latin1'))).toBeNull();
  expect(textOf(Buffer.from('PNG\0'))).toBeNull();
  expect(textOf(Buffer.alloc(MAX_TEXT_BYTES, 'x'))).toHaveLength(MAX_TEXT_BYTES);
  expect(textOf(Buffer.alloc(MAX_TEXT_BYTES + 1, 'x'))).toBeNull();
});
