import { describe, expect, it } from 'vitest';
import { alreadyExists, GitlabRefusal, gitlabError, isAbsent } from './gitlab-error.ts';
import { RefusedAnswer } from './transport.ts';

const now = new Date('2026-11-21T12:00:00Z');
const refused = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  gitlabError(new RefusedAnswer(status, new Headers(headers), body), 'create branch x', now, (text) =>
    text.replaceAll('glpat-1', '[redacted]'),
  );

describe('gitlabError', () => {
  it.each([
    [{ message: 'Branch already exists' }, 'Branch already exists'],
    [{ message: ['Another open merge request already exists: !5'] }, 'Another open merge request already exists: !5'],
    [
      { message: { base: ['Reference not found'], ref: ['is invalid', 'is too long'] } },
      'Reference not found; ref is invalid; ref is too long',
    ],
    [{ error: 'branch is missing' }, 'branch is missing'],
    [{ error: 'insufficient_scope', error_description: 'The request requires\nmore.' }, 'insufficient_scope; The request requires more.'],
    ['<html>', ''],
    [null, ''],
  ])('reads the words of %j', (body, words) => {
    expect(refused(400, body)).toMatchObject({ words, status: 400 });
  });

  it.each([
    [400, 'Invalid reference name: x', 'invalid'],
    [400, 'You are not allowed to push into this branch', 'forbidden'],
    [400, 'Insufficient permissions to set pipeline variables', 'forbidden'],
    [401, '401 Unauthorized', 'unauthorized'],
    [403, '403 Forbidden', 'forbidden'],
    [404, '404 Branch Not Found', 'not-found'],
    [405, '405 Method Not Allowed', 'invalid'],
    [409, 'Release already exists', 'conflict'],
    [502, '', 'unavailable'],
  ])('%d "%s" is %s', (status, message, kind) => {
    expect(refused(status, { message })).toMatchObject({ kind });
  });

  it('waits as long as GitLab says', () => {
    expect(refused(429, 'Retry later\n', { 'retry-after': '30' })).toMatchObject({ kind: 'rate-limited', retryAfterMs: 30_000 });
    const reset = String(now.getTime() / 1_000 + 12);
    expect(refused(429, '', { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'ratelimit-reset': reset })).toMatchObject({
      retryAfterMs: 12_000,
    });
  });

  it('repeats no secret and not without end', () => {
    const error = refused(400, { message: `glpat-1 ${'x'.repeat(2_000)}` });

    expect(error).toBeInstanceOf(GitlabRefusal);
    expect(String(error)).not.toContain('glpat-1');
    expect(String(error).length).toBeLessThan(700);
  });

  it('lets through what is no refusal of GitLab', () => {
    const lost = new Error('lease lost');

    expect(gitlabError(lost, 'x', now, (text) => text)).toBe(lost);
  });
});

it('tells what is there already from other refusals', () => {
  expect(alreadyExists(refused(400, { message: 'Branch already exists' }))).toBe(true);
  expect(alreadyExists(refused(409, { message: 'Tag v1 already exists' }))).toBe(true);
  expect(alreadyExists(refused(422, { message: 'v1 already exists' }))).toBe(false);
  expect(alreadyExists(refused(409, { message: 'SHA does not match' }))).toBe(false);
});

it('tells an absent thing from an absent project', () => {
  expect(isAbsent(refused(404, { message: '404 Branch Not Found' }))).toBe(true);
  expect(isAbsent(refused(404, { message: '404 Not found' }))).toBe(true);
  expect(isAbsent(refused(400, { error: 'The branch refname is invalid' }))).toBe(true);
  expect(isAbsent(refused(404, { message: '404 Project Not Found' }))).toBe(false);
  expect(isAbsent(refused(403, { message: '403 Forbidden' }))).toBe(false);
});
