import { describe, expect, it } from 'vitest';
import { readRateLimit, retryAfterMs } from './rate-limit.ts';

const now = new Date('2026-01-01T00:00:00Z');

describe('retryAfterMs', () => {
  it.each([
    ['seconds', { 'retry-after': '30' }, 30_000],
    ['part of a second', { 'retry-after': '0.25' }, 250],
    ['an HTTP date', { 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' }, 120_000],
    ['a date that has passed', { 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    ['epoch seconds of the reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225605' }, 5_000],
    ['ISO 8601 reset (Jira Cloud)', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2026-01-01T00:01Z' }, 60_000],
    ['seconds until the reset (draft standard)', { 'ratelimit-remaining': '0', 'ratelimit-reset': '12' }, 12_000],
  ])('reads %s', (_form, headers, expected) => {
    expect(retryAfterMs(new Headers(Object.entries(headers)), now)).toBe(expected);
  });

  it.each([
    ['nothing', {}],
    ['an empty header', { 'retry-after': '' }],
    ['words', { 'retry-after': 'soon' }],
    ['a reset while something remains', { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '1767225605' }],
  ])('does not invent a time from %s', (_form, headers) => {
    expect(retryAfterMs(new Headers(Object.entries(headers)), now)).toBeUndefined();
  });
});

describe('readRateLimit', () => {
  it('reads both spellings and stays silent when either number is absent', () => {
    expect(readRateLimit(new Headers({ 'ratelimit-limit': '10', 'ratelimit-remaining': '9' }), now)).toEqual({
      limit: 10,
      remaining: 9,
      resetsAt: null,
    });
    expect(readRateLimit(new Headers({ 'x-ratelimit-limit': '10' }), now)).toBeNull();
    expect(readRateLimit(new Headers({ 'x-ratelimit-limit': '', 'x-ratelimit-remaining': '' }), now)).toBeNull();
  });
});
