import { describe, expect, it } from 'vitest';
import { holdItem, planningFailedItem, slotItem, type TaskFact, taskItem } from './why-items.ts';

const now = new Date('2026-11-21T12:00:00Z');
const later = new Date('2026-11-21T13:00:00Z');
const earlier = new Date('2026-11-21T11:00:00Z');

const task = (over: Partial<TaskFact>): TaskFact => ({
  id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
  type: 'FORK_BRANCH',
  status: 'READY',
  waitReason: null,
  held: false,
  since: earlier,
  runAt: earlier,
  deadlineAt: null,
  onDeadline: 'fail',
  failure: null,
  connection: null,
  approvals: null,
  unmet: [],
  store: null,
  blockedBy: [],
  window: null,
  ...over,
});

describe('why a task waits', () => {
  it('is the release before it, which a person can end, or the wait skip', () => {
    const waits = { status: 'WAITING', waitReason: 'TURN', runAt: later } as const;

    expect(taskItem(task({ ...waits, type: 'WAIT_FOR_TURN', blockedBy: ['REL-6', 'REL-7'] }), now)).toMatchObject({
      on: 'time',
      nextAction: 'it goes on',
      remedy: expect.stringContaining('skip this task'),
      sentence: expect.stringContaining('waits for REL-6, REL-7 to end.'),
    });
    expect(taskItem(task({ ...waits, type: 'SUBMIT_TO_PLAY_STORE', blockedBy: ['REL-6'] }), now)).toMatchObject({
      remedy: expect.stringContaining('Withdraw the submission of REL-6'),
      sentence: expect.stringContaining("waits for REL-6 to leave the store's review."),
    });
    expect(taskItem(task({ ...waits, type: 'SUBMIT_TO_PLAY_STORE', blockedBy: ['DEP-3'], sameVersion: true }), now)).toMatchObject({
      remedy: 'Wait for DEP-3, or cancel one of them.',
      sentence: expect.stringContaining('waits for DEP-3 to end, which brings this very version'),
    });
    expect(taskItem(task({ ...waits, type: 'WAIT_FOR_TURN' }), now)).toMatchObject({ on: 'person', remedy: 'Resume the release.' });
  });

  it.each([
    ['a due one', {}, 'worker', 'a worker takes it'],
    ['one of later', { runAt: later }, 'time', 'it starts'],
    ['one kept back by a pause', { held: true }, 'person', null],
    ['one being executed', { status: 'IN_PROGRESS' }, 'worker', 'another worker takes over if its lease is not renewed'],
    [
      'one that watches something outside',
      { status: 'WAITING', waitReason: 'CALLBACK', runAt: later },
      'provider',
      'the engine looks again',
    ],
    ['one that only an event moves', { status: 'WAITING', waitReason: 'CALLBACK', runAt: null }, 'provider', null],
    ['an approval', { status: 'WAITING', waitReason: 'APPROVAL', runAt: later }, 'person', 'the engine looks again'],
    ['builds by hand', { status: 'WAITING', waitReason: 'MANUAL_BUILD', runAt: null }, 'person', null],
    ['a retry', { status: 'WAITING', waitReason: 'RETRY', runAt: later }, 'time', 'it is tried again'],
    ['a retry kept back by a pause', { status: 'WAITING', waitReason: 'RETRY', runAt: later, held: true }, 'person', null],
    ['a rate limit', { status: 'WAITING', waitReason: 'RATE_LIMIT', runAt: later }, 'time', 'it goes on'],
    ['a broken connection', { status: 'WAITING', waitReason: 'CONNECTION', runAt: later }, 'person', null],
    ['a timer', { status: 'WAITING', waitReason: 'TIMER', runAt: later }, 'time', 'it goes on'],
    ['a failed one', { status: 'FAILED', runAt: null }, 'person', null],
  ] as [string, Partial<TaskFact>, string, string | null][])(
    'tells of %s on whom, and what happens next',
    (_name, over, on, nextAction) => {
      const item = taskItem(task(over), now);

      expect(item).toMatchObject({ on, nextAction });
      expect(item.sentence).toMatch(/^"Fork the release branch" .+\.$/);
      expect(item.nextAt === null).toBe(nextAction === null);
    },
  );

  it('says what a failure was and what to do about it', () => {
    const failure = { kind: 'forbidden' as const, message: 'No write access.', provider: 'github' };

    const item = taskItem(task({ status: 'FAILED', failure }), now);

    expect(item.sentence).toContain('No write access.');
    expect(item.remedy).toContain('Grant the github connection');
  });

  it('names the connection that must be mended, since when, who can do it and how', () => {
    const connection = { category: 'scm', id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y30', displayName: 'Acme app' };
    const failure = { kind: 'unauthorized' as const, message: 'Bad credentials.', provider: 'github', connection };
    const request = `PATCH /api/v1/tenants/T/integrations/scm/${connection.id}`;
    const state = { verificationStatus: 'INVALID', error: 'Bad credentials.', since: earlier.toISOString(), roles: ['owner'] };
    const broken = { ...connection, ...state, people: ['Ada'], request };

    const item = taskItem(task({ status: 'WAITING', waitReason: 'CONNECTION', runAt: later, failure, connection: broken }), now);

    expect(item.connection).toEqual(broken);
    expect(item.remedy).toContain('An owner or admin must renew the credentials of the connection "Acme app"');
    for (const words of ['"Acme app"', connection.id, earlier.toISOString(), 'Bad credentials.', 'Ada', request]) {
      expect(item.sentence).toContain(words);
    }
  });

  it('tells of the deadline only where there is one', () => {
    expect(taskItem(task({ deadlineAt: later }), now)).toMatchObject({ deadlineAt: later.toISOString(), onDeadline: 'fail' });
    expect(taskItem(task({}), now)).toMatchObject({ deadlineAt: null, onDeadline: null });
  });

  it('names the requirements that keep a gate shut', () => {
    const gate = task({ type: 'APPROVE_REGRESSION', status: 'WAITING', waitReason: 'CALLBACK', unmet: ['3 commits after the candidate'] });

    expect(taskItem(gate, now).sentence).toContain('3 commits after the candidate');
  });
});

describe('why a release waits', () => {
  it('tells of a pause by whom, since when and why', () => {
    const item = holdItem({ reason: 'USER_REQUESTED', subject: null, note: 'Holiday', by: 'Ada', since: earlier });

    expect(item.sentence).toBe(
      'The release is paused by Ada since 2026-11-21T11:00:00.000Z, USER_REQUESTED: Holiday. Nothing starts until that is lifted.',
    );
  });

  it('tells of a blocker what it is, where, by whom, how its ticket stands, and that this may be wrong by now', () => {
    const hold = { reason: 'BLOCKER' as const, subject: 'b', note: 'x', by: 'Ada', since: earlier };
    const ticket = { ticketKey: 'APP-1', title: 'Crash', url: 'https://t.example/APP-1', ticketStatus: 'To Do', runAt: later };

    const failed = holdItem({ ...hold, blocker: { ...ticket, failure: { kind: 'timeout', message: 'No answer.' } } });
    const words = holdItem({
      ...hold,
      by: null,
      blocker: { ...ticket, ticketKey: null, url: null, ticketStatus: null, runAt: null, failure: null },
    });

    expect(failed).toMatchObject({
      ...{ id: 'b', on: 'person', nextAction: 'the ticket is looked at again', nextAt: later.toISOString() },
      sentence:
        'The release is blocked by APP-1 "Crash" (https://t.example/APP-1) since 2026-11-21T11:00:00.000Z, by Ada. The ticket is at "To Do". That may be wrong by now, its tracker could not be asked: No answer.',
    });
    expect(words).toMatchObject({ nextAction: null, nextAt: null, remedy: 'Resolve or waive the blocker.' });
    expect(words.sentence).toBe('The release is blocked by "Crash" since 2026-11-21T11:00:00.000Z.');
  });

  it('tells of a slot whether its time has come', () => {
    expect(slotItem({ id: 's', date: later }, now).on).toBe('time');
    expect(slotItem({ id: 's', date: earlier }, now).on).toBe('worker');
  });

  it('tells of planning that failed when it is tried again', () => {
    const item = planningFailedItem({ kind: 'internal', message: 'Planning failed: boom' }, later);

    expect(item).toMatchObject({ nextAction: 'planning is tried again', nextAt: later.toISOString() });
    expect(item.sentence).toContain('boom');
  });
});
