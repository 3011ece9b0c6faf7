import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Submitting, submitting } from './app-store-connect-submitting.ts';
import { providerError } from './contract-case.ts';

describe('submissions to App Store Connect that meet others, a rejection or a withdrawal', () => {
  let s: Submitting;
  beforeEach(async () => {
    s = await submitting();
  });
  afterEach(() => s.fake.close());

  describe('that hold other items', () => {
    it('as drafts are left to people: nothing of theirs is sent', async () => {
      s.build();
      const draft = s.world.addSubmission(s.app);
      s.world.addItem(draft, null);

      const error = await providerError(s.submit());

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringMatching(/other items than 4\.2\.0/) });
      expect(draft).toMatchObject({ state: 'READY_FOR_REVIEW', items: [{ version: null }] });
    });

    it('beside the version are left to people, too', async () => {
      s.build();
      s.fake.failNext({ match: { method: 'PATCH', path: /\/reviewSubmissions\// }, mode: 'drop-before' });
      await providerError(s.submit());
      for (const draft of s.submissions()) s.world.addItem(draft, null);

      expect((await providerError(s.submit())).kind).toBe('conflict');
      expect(s.submissions()).toMatchObject([{ state: 'READY_FOR_REVIEW' }]);
    });

    it('that were rejected are for people to correct; accepted ones stay', async () => {
      s.build();
      await s.submit();
      const [submission] = s.submissions();
      if (!submission) throw new Error('no submission');
      const event = s.world.addItem(submission, null);
      s.world.reject(s.version());
      event.state = 'REJECTED';

      const error = await providerError(s.submit());
      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringMatching(/other items that were rejected/) });
      expect(s.version().submissions).toBe(1);

      event.state = 'ACCEPTED';
      expect((await s.submit()).state).toEqual({ kind: 'in-review' });
    });
  });

  it.each(['METADATA_REJECTED', 'INVALID_BINARY'])('that were %s say so, and go to review again', async (state) => {
    s.build();
    await s.submit();
    s.world.reject(s.version(), state);
    s.build('43');

    expect((await s.store().findRelease(s.query))?.state).toEqual({ kind: 'rejected', reason: expect.stringMatching(/./) });
    expect((await s.submit({ buildNumber: '43' })).state).toEqual({ kind: 'in-review' });
  });

  it('after a rejected version was removed from its submission go into a new one, beside what people still correct there', async () => {
    s.build();
    await s.submit();
    const [former] = s.submissions();
    if (!former) throw new Error('no submission');
    const event = s.world.addItem(former, null);
    s.world.reject(s.version());
    for (const item of former.items) item.state = item === event ? 'REJECTED' : 'REMOVED';

    expect((await s.submit()).state).toEqual({ kind: 'in-review' });
    expect(s.submissions()).toMatchObject([
      { state: 'UNRESOLVED_ISSUES' },
      { state: 'WAITING_FOR_REVIEW', items: [{ state: 'READY_FOR_REVIEW' }] },
    ]);
  });

  it('whose state nobody knows are not touched', async () => {
    s.build();
    s.world.addVersion(s.app, '4.2.0', { state: 'OF_TOMORROW' }).build = s.build();

    const error = await providerError(s.submit());

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('OF_TOMORROW') });
    expect(s.writes()).toBe(0);
  });

  it('are one where somebody else sent the version in the same moment', async () => {
    s.build();
    const match = (request: { method: string; path: string }) => {
      if (request.method !== 'PATCH' || !request.path.includes('/reviewSubmissions/')) return false;
      s.version().state = 'WAITING_FOR_REVIEW';
      return true;
    };
    s.fake.failNext({ match, status: 409 });

    expect((await s.submit()).state).toEqual({ kind: 'in-review' });
  });

  describe('where Apple is slow', () => {
    it('to show that a version is under review, it is under review all the same, once', async () => {
      s.build();
      s.world.late.submitting = true;

      const first = await s.submit();
      const second = await s.submit();

      expect([first.state, second.state]).toEqual([{ kind: 'in-review' }, { kind: 'in-review' }]);
      expect(s.version()).toMatchObject({ state: 'READY_FOR_REVIEW', submissions: 1 });
      expect(s.fake.calls.filter(({ method, path }) => method === 'PATCH' && path.includes('/reviewSubmissions/'))).toHaveLength(1);
    });

    it('to take a version into a submission, it is to be tried again', async () => {
      s.build();
      s.world.late.adding = true;

      const error = await providerError(s.submit());
      s.world.catchUp();

      expect(error.kind).toBe('unavailable');
      expect((await s.submit()).state).toEqual({ kind: 'in-review' });
      expect(s.version().submissions).toBe(1);
    });

    it('to close a withdrawn submission, a second withdrawal asks for nothing, and a submission is to be tried again', async () => {
      s.build();
      await s.submit();
      s.world.late.cancelling = true;

      await s.withdraw();
      const calls = s.writes();
      await s.withdraw();
      expect(s.writes()).toBe(calls);

      s.version().state = 'DEVELOPER_REJECTED';
      expect(await providerError(s.submit())).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('still closing') });
      s.world.catchUp();
      expect((await s.submit()).state).toEqual({ kind: 'in-review' });
    });
  });

  describe('are withdrawn', () => {
    it('while they are in review, too', async () => {
      s.build();
      await s.submit();
      s.world.startReview(s.version());

      expect((await s.withdraw()).state).toEqual({ kind: 'withdrawn' });
    });

    it.each(['PENDING_DEVELOPER_RELEASE', 'PREPARE_FOR_SUBMISSION', 'REJECTED'])('not when they are %s, which it says', async (state) => {
      s.build();
      await s.submit();
      s.version().state = state;

      expect(await providerError(s.withdraw())).toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining(state),
      });
    });

    it('once when somebody else did so in the same moment', async () => {
      s.build();
      await s.submit();
      const body = { errors: [{ status: '409', code: 'STATE_ERROR', title: 'No' }] };
      const match = (request: { method: string; path: string }) => {
        if (request.method !== 'PATCH' || !request.path.includes('/reviewSubmissions/')) return false;
        for (const submission of s.submissions()) s.world.cancel(submission);
        return true;
      };
      s.fake.failNext({ match, status: 409, body });

      expect((await s.withdraw()).state).toEqual({ kind: 'withdrawn' });
    });
  });
});
