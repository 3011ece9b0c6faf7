import { describe, expect, it } from 'vitest';
import { Secret } from '../../platform/secret.ts';
import { createRedact, secretsIn } from './redact.ts';

const none = createRedact([]);

describe('what is shown of a call', () => {
  const key = '-----BEGIN KEY-----\n"abc+/=\n-----END KEY-----';
  it.each([
    ['as it is', 'a/b+c d"e', (value: string) => value],
    ['in JSON', 'a/b+c d"e', (value: string) => JSON.stringify(value)],
    ['in an address', 'a/b+c d"e', encodeURIComponent],
    ['in a form', 'a/b+c d"e', (value: string) => new URLSearchParams({ q: value }).toString()],
    ['in base64', 'a/b+c d"e', (value: string) => Buffer.from(value).toString('base64')],
    ['in base64 for addresses', 'a/b+c>>??d', (value: string) => Buffer.from(value).toString('base64url')],
    ['over several lines', key, (value: string) => JSON.stringify({ note: value })],
  ])('has no secret of the connection %s', (_form, value, written) => {
    const shown = createRedact([new Secret(value)])(`x ${written(value)} y`);

    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(written(value));
  });

  it('has no address that is a secret itself, however it is written', () => {
    const redact = createRedact([new Secret('https://Chat.example/in/T0/AbCdEf')]);

    expect(redact('https://chat.example/in/T0/AbCdEf')).toBe('[redacted]');
    expect(redact('POST /in/T0/AbCdEf')).toBe('POST [redacted]');
  });

  it.each([
    ['{"token":"v1"}', '{"token":"[redacted]"}'],
    ['{"a":{"client_secret":1234,"b":2}}', '{"a":{"client_secret":"[redacted]","b":2}}'],
    ['{"credentials":{"user":"x","list":["y"]}}', '{"credentials":{"user":"[redacted]","list":["[redacted]"]}}'],
    ['{"token_type":"bearer","key":"APP-1"}', '{"token_type":"bearer","key":"APP-1"}'],
    ['{"access_token":"abc","more":"cut of', '{"access_token":"[redacted]","more":"cut of'],
    ['https://x.example/f?X-Amz-Signature=abc&n=1', 'https://x.example/f?X-Amz-Signature=[redacted]&n=1'],
    ['https://x.example/f?sig=abc&se=1', 'https://x.example/f?sig=[redacted]&se=1'],
    ['grant_type=x&assertion=abc', 'grant_type=x&assertion=[redacted]'],
    ['https://me:pw@x.example/', 'https://[redacted]@x.example/'],
    ['sent Bearer abcdefgh12', 'sent [redacted]'],
    ['{"body":"use ghp_abcdefgh1234 now"}', '{"body":"use [redacted] now"}'],
    ['eyJhbGciOiJI.eyJzdWIi.c2lnbmF0', '[redacted]'],
  ])('has nothing in it that is called or looks like a secret: %s', (given, shown) => {
    expect(none(given)).toBe(shown);
  });

  it('leaves words alone that happen to be a short secret', () => {
    expect(createRedact([new Secret('main')])('the branch main')).toBe('the branch main');
  });
});

describe('the secrets of a connection', () => {
  it('are found however deep', () => {
    const [a, b] = [new Secret('a'), new Secret('b')];

    expect(secretsIn({ a, list: [{ b }], text: 'c', nothing: null })).toEqual([a, b]);
  });
});
