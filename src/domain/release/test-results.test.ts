import { describe, expect, it } from 'vitest';
import { judgeTestRun, type TestCounts, type TestEvidence } from './test-results.ts';

const counts = (changes: Partial<TestCounts> = {}): TestCounts => ({
  ...{ total: 10, passed: 9, failed: 1, blocked: 0, skipped: 0, inProgress: 0, untested: 0 },
  ...changes,
});

const found = (changes: Partial<TestEvidence> = {}): TestEvidence => ({
  ...{ cycle: 2, runId: '7', url: 'https://tests.example/7', state: 'active', counts: counts(), thresholdPercent: 90 },
  ...changes,
});

describe('the results of a test run', () => {
  it('pass exactly at the threshold, and tell every count', () => {
    const all = counts({ total: 20, passed: 18, failed: 0, blocked: 1, skipped: 1 });

    expect(judgeTestRun(found({ counts: all }))).toEqual({
      met: true,
      evidence: '18 of 20 passed, 90 % needed: 0 failed, 1 blocked, 1 skipped, 0 in progress, 0 untested',
    });
  });

  it.each(['failed', 'blocked', 'skipped', 'inProgress', 'untested'] as const)('do not pass by what is %s', (rest) => {
    const all = counts({ passed: 8, failed: 0, [rest]: 2 });

    expect(judgeTestRun(found({ counts: all })).met).toBe(false);
    expect(judgeTestRun(found({ counts: all })).evidence).toContain(`2 ${rest === 'inProgress' ? 'in progress' : rest}`);
  });

  it('of a run without tests are no results, even when nothing need pass', () => {
    const none = counts({ total: 0, passed: 0, failed: 0 });

    expect(judgeTestRun(found({ counts: none, thresholdPercent: 0 }))).toEqual({ met: 'unknown', evidence: 'there are no results' });
  });

  it('right after a reset pass nothing, whatever passed before', () => {
    expect(judgeTestRun(found({ counts: counts({ passed: 0, failed: 0, untested: 10 }) })).met).toBe(false);
  });

  it('of a locked run stand, whether they are enough or not', () => {
    const verdict = (passed: number) => judgeTestRun(found({ state: 'locked', counts: counts({ passed, failed: 10 - passed }) }));

    expect(verdict(10)).toEqual({ met: true, evidence: expect.stringContaining('locked, these results stand') });
    expect(verdict(5)).toEqual({ met: false, evidence: expect.stringContaining('5 of 10 passed') });
  });

  it.each([
    ['archived', 'is archived'],
    ['unknown', 'nobody knows'],
  ] as const)('of a run that is %s are not taken, with what to do', (state, words) => {
    const verdict = judgeTestRun(found({ state, counts: counts({ passed: 10, failed: 0 }) }));

    expect(verdict.met).toBe('unknown');
    expect(verdict.evidence).toContain(words);
    expect(verdict.evidence).toContain('another regression cycle');
    expect(verdict.evidence).toContain('10 of 10 passed');
  });
});
