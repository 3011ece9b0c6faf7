import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mondayIssueTracker } from '../../src/integrations/providers/monday/issue-tracker.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { connectionTo, depsOf, seeded, TOKEN } from './monday-harness.ts';

let setup: Awaited<ReturnType<typeof seeded>>;
beforeEach(async () => {
  setup = await seeded();
});
afterEach(() => setup.fake.close());

const tracker = () => mondayIssueTracker(connectionTo(setup.fake.origin), depsOf());
const refuseNext = (extensions: Record<string, unknown>, message = 'refused') =>
  setup.fake.failNext({ status: 200, body: { data: null, errors: [{ message, extensions }] } });

describe('monday refuses with status 200', () => {
  it.each([
    ['USER_ACCESS_DENIED', {}, 'forbidden', undefined],
    ['UserUnauthorizedException', { status_code: 403 }, 'forbidden', undefined],
    ['missingRequiredPermissions', {}, 'forbidden', undefined],
    ['ResourceNotFoundException', {}, 'not-found', undefined],
    ['ColumnValueException', { status_code: 200 }, 'invalid', undefined],
    ['ItemsLimitationException', {}, 'invalid', undefined],
    ['COMPLEXITY_BUDGET_EXHAUSTED', { retry_in_seconds: 47 }, 'rate-limited', 47_000],
    ['ComplexityException', { status_code: 429, error_data: { retry_in_seconds: 3 } }, 'rate-limited', 3_000],
    ['maxConcurrencyExceeded', {}, 'rate-limited', undefined],
    ['API_TEMPORARILY_BLOCKED', {}, 'unavailable', undefined],
    ['SomethingNew', { status_code: 500 }, 'unavailable', undefined],
    ['Locked', { status_code: 423 }, 'unavailable', undefined],
    ['SomethingElse', {}, 'invalid', undefined],
  ])('%s is of its kind', async (code, more, kind, retryAfterMs) => {
    refuseNext({ code, ...more }, `because of ${TOKEN}`);

    const error = await providerError(tracker().ticket('1'));

    expect(error).toMatchObject({ kind, retryAfterMs, message: expect.stringContaining('because of') });
    expectNoSecret(error, [TOKEN]);
  });

  it('waits for the next day of UTC when the calls of the day are used up', async () => {
    refuseNext({ code: 'DAILY_LIMIT_EXCEEDED' });
    const deps = { ...depsOf(), now: () => new Date('2026-11-21T23:59:30Z') };

    const error = await providerError(mondayIssueTracker(connectionTo(setup.fake.origin), deps).ticket('1'));

    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 30_000 });
  });

  it('a redirect, data of another shape and data beside errors are no answers', async () => {
    setup.fake.failNext({ status: 302, headers: { location: 'https://auth.monday.com' } });
    const redirected = await providerError(tracker().ticket('1'));
    setup.fake.failNext({ status: 200, body: { data: { items: 'none' } } });
    const odd = await providerError(tracker().ticket('1'));
    setup.fake.failNext({
      status: 200,
      body: { data: { items: [] }, errors: [{ message: 'Internal', extensions: { status_code: 500 } }] },
    });
    const partial = await providerError(tracker().ticket('1'));

    expect([redirected.kind, odd.kind, partial.kind]).toEqual(['malformed', 'malformed', 'unavailable']);
  });

  it('says that monday repeats a refusal it has given to the same request before', async () => {
    const asked = { project: setup.board.id, type: '', title: 'Release', description: '', labels: [], marker: 'm-1' };
    const ticket = { ...asked, assignee: '77' };

    const first = await providerError(tracker().ensureTicket(ticket));
    const again = await providerError(tracker().ensureTicket(ticket));

    expect(first.message).not.toContain('repeats');
    expect(again.message).toContain('repeats its answer');
  });

  it('sends the token as it is, with a pinned version', async () => {
    await tracker().ticket('1');

    expect(setup.fake.calls[0]?.headers).toMatchObject({ authorization: TOKEN, 'api-version': '2026-10' });
  });
});
