import { describe, expect, it } from 'vitest';
import { rolloutPresets } from '../../../domain/rollout/presets.ts';
import { type TaskFact, taskItem } from './why-items.ts';
import type { StoreFact } from './why-stores.ts';

const now = new Date('2026-11-21T12:00:00Z');
const reached = new Date('2026-11-21T11:00:00Z');
const look = new Date('2026-11-21T12:05:00Z');

const rolling = {
  ...{ kind: 'rollout', target: 'PLAY_STORE', version: '1.4.0', plan: rolloutPresets['play-staged'], status: 'PROGRESSING' },
  ...{ pauseReason: null, wanted: 'RUN', step: 2, stepReachedAt: reached, fraction: 0.05, by: null, why: null },
  ...{ verdict: null, evidence: null, haltedAt: null },
} as const satisfies StoreFact;
const inReview = {
  ...{ kind: 'submission', target: 'APP_STORE', version: '1.4.0', status: 'IN_REVIEW', submittedAt: reached },
} as const satisfies StoreFact;

function item(store: StoreFact | null, over: Partial<TaskFact> = {}) {
  const task: TaskFact = {
    ...{ id: 't', type: 'ROLL_OUT', status: 'WAITING', waitReason: 'CALLBACK', held: false, since: reached, runAt: look, deadlineAt: null },
    ...{ onDeadline: 'fail', failure: null, connection: null, approvals: null, unmet: [], store, blockedBy: [], window: null },
  };
  return taskItem({ ...task, ...over }, now);
}

describe('why a task of the stores waits', () => {
  it('is the review, since when it has the version', () => {
    expect(item(inReview, { type: 'SUBMIT_TO_APP_STORE' })).toMatchObject({
      on: 'provider',
      nextAction: 'the engine looks again',
      sentence: expect.stringContaining(`waits for the review of 1.4.0 by APP_STORE, in review since ${reached.toISOString()}.`),
    });
  });

  it('is what any task waits for before and after the review', () => {
    for (const status of ['PREPARING', 'APPROVED', 'REJECTED'] as const) {
      expect(item({ ...inReview, status }).sentence).toContain('what it started outside');
    }
    expect(item({ ...rolling, status: 'PENDING' }).sentence).toContain('what it started outside');
  });

  it('is the step a rollout is on, until its time', () => {
    expect(item(rolling, { waitReason: 'TIMER' })).toMatchObject({
      on: 'time',
      nextAction: 'the next step is taken',
      sentence: expect.stringMatching(/is on step 2 of 6 at 5 % of the users until 2026-11-22T11:00:00.000Z\.$/),
    });
  });

  it('is the store where it has days of its own, or the last step is reached', () => {
    const phased = item({ ...rolling, plan: rolloutPresets.phased });
    const last = item({ ...rolling, step: 6, fraction: 1 });

    expect([phased.on, last.on]).toEqual(['provider', 'provider']);
    expect(phased.sentence).toContain('waits for PLAY_STORE, which shows 5 % of the users.');
  });

  it('is the window that keeps it back, until when, and who may let it pass', () => {
    const window = { closedBy: ['Black Friday', 'Office hours'], opensAt: look, request: 'POST /window-overrides' };
    const kept = item(null, { waitReason: 'WINDOW', window });
    const forGood = item(null, { waitReason: 'WINDOW', window: { ...window, opensAt: null } });

    expect(kept).toMatchObject({ on: 'time', nextAction: 'it goes on', nextAt: look.toISOString() });
    expect(kept.sentence).toContain(
      `is kept back by "Black Friday", "Office hours" since ${reached.toISOString()}. It goes on at ${look.toISOString()}.`,
    );
    expect(kept.remedy).toContain('POST /window-overrides');
    expect(forGood).toMatchObject({ on: 'person', nextAction: null, nextAt: null });
  });

  it('is a person who resumes what a window halted, and nobody where it only stands still', () => {
    const stopped = item({
      ...rolling,
      status: 'PAUSED',
      pauseReason: 'window-halt',
      wanted: 'HALT',
      why: 'a window closed: Black Friday',
    });
    const still = item({ ...rolling, status: 'PAUSED', pauseReason: 'window' }, { status: 'WAITING', waitReason: 'TIMER' });

    expect(stopped).toMatchObject({ on: 'person', sentence: expect.stringContaining('a window closed: Black Friday') });
    expect(still.on).not.toBe('person');
  });

  it('is a person who advances it', () => {
    expect(item({ ...rolling, status: 'PAUSED', pauseReason: 'step' }, { waitReason: 'HALTED' })).toMatchObject({
      on: 'person',
      remedy: 'Advance the rollout of 1.4.0 to PLAY_STORE.',
      sentence: expect.stringContaining('is on step 2 of 6 at 5 % of the users until somebody advances it.'),
    });
  });

  it('is a halt: by whom and why, or in the console', () => {
    const halted = { ...rolling, status: 'PAUSED', wanted: 'HALT', by: 'Ada', why: 'Crashes' } as const;

    const here = item({ ...halted, pauseReason: 'manual' }, { waitReason: 'HALTED' });
    const outside = item({ ...halted, pauseReason: 'outside' }, { waitReason: 'HALTED' });

    expect(here).toMatchObject({ on: 'person', remedy: 'Resume the rollout of 1.4.0 to PLAY_STORE.' });
    expect(here.sentence).toContain('is halted at 5 % of the users by Ada: Crashes.');
    expect(outside).toMatchObject({ on: 'person', remedy: 'Resume the rollout of 1.4.0 to PLAY_STORE.' });
    expect(outside.sentence).toContain("is halted at 5 % of the users in the store's console.");
    expect(outside.sentence).not.toContain('Ada');
  });

  it('is what is measured beside its time', () => {
    const evidence = 'crashes: 1 of 3 measurements';

    expect(item({ ...rolling, verdict: 'running', evidence }, { waitReason: 'TIMER' }).sentence).toMatch(
      /until 2026-11-22T11:00:00.000Z, and is measured before it reaches more: crashes: 1 of 3 measurements\.$/,
    );
  });

  it('is a person where there is no evidence, until it is halted, and who resumes what its analysis halted', () => {
    const evidence = 'crashes: no evidence: the provider has no series';
    const paused = { ...rolling, status: 'PAUSED', verdict: 'inconclusive', evidence, haltedAt: look.toISOString() } as const;

    const lacking = item({ ...paused, pauseReason: 'inconclusive' }, { waitReason: 'HALTED' });
    const why = 'its analysis failed: crashes: 1 failure';
    const failed = item({ ...paused, pauseReason: 'analysis', wanted: 'HALT', why }, { waitReason: 'HALTED' });

    expect(lacking).toMatchObject({ on: 'person', remedy: expect.stringContaining('Advance the rollout of 1.4.0 to PLAY_STORE') });
    expect(lacking.sentence).toContain(`no evidence for the next: ${evidence}. It is halted at ${look.toISOString()}`);
    expect(failed).toMatchObject({ on: 'person', remedy: expect.stringContaining('with a reason') });
    expect(failed.sentence).toContain(`is halted at 5 % of the users: ${why}.`);
  });

  it('is a worker while a wish is on its way to the store', () => {
    expect(item({ ...rolling, wanted: 'HALT', by: 'Ada' })).toMatchObject({
      on: 'worker',
      sentence: expect.stringContaining('halts the rollout'),
    });
    expect(item({ ...rolling, status: 'PAUSED', pauseReason: 'manual' })).toMatchObject({
      on: 'worker',
      sentence: expect.stringContaining('resumes the rollout'),
    });
  });

  it('is what keeps the task from looking, where something does', () => {
    const failure = { kind: 'unavailable' as const, message: 'The store is away.', provider: 'google-play' };

    const retried = item(rolling, { waitReason: 'RETRY', failure });
    const limited = item(rolling, { waitReason: 'RATE_LIMIT' });
    const failed = item(rolling, { status: 'FAILED', waitReason: null, failure });

    expect(retried.sentence).toContain('The store is away.');
    expect(limited.sentence).toContain('rate limit');
    expect(failed.sentence).toContain('failed: The store is away.');
  });

  it('is a person for a halt of which nothing more is known', () => {
    expect(item(null, { waitReason: 'HALTED' })).toMatchObject({ on: 'person', remedy: 'Resume it.' });
  });
});
