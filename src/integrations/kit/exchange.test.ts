import { describe, expect, it } from 'vitest';
import { type Exchange, receivedBody, SEEN_CHARS, sentBody } from './exchange.ts';
import { guardFetch } from './guard-fetch.ts';

function guarded(fetch: typeof globalThis.fetch) {
  const recorded: Exchange[] = [];
  const door = { provider: 'github', timeoutMs: 1_000, signal: new AbortController().signal, observe: () => undefined };
  return {
    recorded,
    fetch: guardFetch({ ...door, admit: async () => undefined, fetch, record: (exchange) => void recorded.push(exchange) }),
  };
}

describe('a recorded call', () => {
  it('has what was said on both sides, how it ended and what the provider calls it', async () => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'R7' };
    const { recorded, fetch } = guarded(async () => new Response('{"b":2}', { status: 201, headers }));

    const answer = await fetch('https://api.example/x?y=1', { method: 'post', body: '{"a":1}' });

    expect(await answer.text()).toBe('{"b":2}');
    expect(recorded).toEqual([
      {
        ...{ method: 'POST', url: 'https://api.example/x?y=1', requestBody: '{"a":1}', responseBody: '{"b":2}' },
        ...{ outcome: 201, requestId: 'R7', milliseconds: expect.any(Number) },
      },
    ]);
  });

  it('is there, too, when no answer came', async () => {
    const { recorded, fetch } = guarded(async () => {
      throw new TypeError('fetch failed');
    });

    await expect(fetch('https://api.example/x')).rejects.toThrow('could not be reached');

    expect(recorded).toMatchObject([{ outcome: 'network', responseBody: null, requestId: null }]);
  });
});

describe('a body', () => {
  it('is kept as text up to a bound, and named where it is none', () => {
    const form = new FormData();
    form.append('file', 'x');

    expect(sentBody('x'.repeat(SEEN_CHARS + 1))).toHaveLength(SEEN_CHARS);
    expect(sentBody(new URLSearchParams({ a: 'b' }))).toBe('a=b');
    expect(sentBody(form)).toBe('[form of file]');
    expect(sentBody(new Uint8Array(3))).toBe('[3 bytes]');
    expect(receivedBody(new Uint8Array(3), 'application/zip')).toBe('[3 bytes of application/zip]');
    expect(receivedBody(new Uint8Array(0), 'application/json')).toBeNull();
    expect(receivedBody(new TextEncoder().encode('x'.repeat(SEEN_CHARS + 1)), 'text/plain')).toHaveLength(SEEN_CHARS);
  });
});
