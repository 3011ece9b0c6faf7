import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hmacSha256Matches } from './signature.ts';

const secret = 'It is a secret';
const body = Buffer.from('{"a":"ü"}');
const hex = createHmac('sha256', secret).update(body).digest('hex');
const base64 = createHmac('sha256', secret).update(body).digest('base64');

describe('hmacSha256Matches', () => {
  it('takes the published example of a signed webhook', () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';

    expect(
      hmacSha256Matches({ secret: "It's a Secret to Everybody", body: 'Hello, World!', signature, encoding: 'hex', prefix: 'sha256=' }),
    ).toBe(true);
  });

  it('takes hex of either case and base64, with and without prefix', () => {
    expect(hmacSha256Matches({ secret, body, signature: hex, encoding: 'hex' })).toBe(true);
    expect(hmacSha256Matches({ secret, body, signature: hex.toUpperCase(), encoding: 'hex' })).toBe(true);
    expect(hmacSha256Matches({ secret, body, signature: `v0=${base64}`, encoding: 'base64', prefix: 'v0=' })).toBe(true);
  });

  it.each([
    ['another body', { body: Buffer.from('{"a":"u"}') }],
    ['another secret', { secret: 'other' }],
    ['an empty secret', { secret: '', signature: createHmac('sha256', '').update(body).digest('hex') }],
    ['no signature', { signature: undefined }],
    ['an empty signature', { signature: '' }],
    ['a shortened signature', { signature: hex.slice(0, 62) }],
    ['a lengthened signature', { signature: `${hex}00` }],
    ['an altered digit', { signature: `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}` }],
    ['letters that are no digits', { signature: `zz${hex.slice(2)}` }],
    ['a missing prefix', { prefix: 'sha256=' }],
    ['the other encoding', { signature: base64 }],
  ])('refuses %s', (_what, change) => {
    expect(hmacSha256Matches({ secret, body, signature: hex, encoding: 'hex', ...change })).toBe(false);
  });
});
