import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import { evaluateRegressionGate, type GateApproval, type RegressionGateEvidence, type TestReading } from './gates.ts';

const rcCommit = 'a'.repeat(40);
const otherCommit = 'b'.repeat(40);

const approval = (accountId: string, changes: Partial<GateApproval> = {}): GateApproval => ({
  accountId,
  decision: 'APPROVED',
  commit: rcCommit,
  at: minute(100),
  ...changes,
});

const results = (passed: number, total: number, changes: Partial<TestReading> = {}): TestReading => ({
  platform: 'IOS',
  source: 'automation',
  result: { known: true, value: { passed, total }, checkedAt: minute(95) },
  ...changes,
});

/** Everything holds. */
const evidence = (changes: Partial<RegressionGateEvidence> = {}): RegressionGateEvidence => ({
  readAt: minute(100),
  activeCycles: 0,
  doneCycles: 2,
  plannedSlots: 0,
  openBlockers: [],
  thresholdPercent: 90,
  tests: [results(9, 10)],
  rcCommit,
  branchHead: { known: true, value: rcCommit, checkedAt: minute(99) },
  policy: { quorum: 1, allowSelfApproval: false, requesterAccountId: 'requester' },
  approvals: [approval('alice')],
  ...changes,
});

const unmet = (changes: Partial<RegressionGateEvidence>) => {
  const { requirements, open } = evaluateRegressionGate(evidence(changes));
  return { open, unmet: requirements.filter(({ met }) => met !== true).map(({ key, met, evidence: why }) => `${key} ${met}: ${why}`) };
};

describe('the gate out of regression', () => {
  it('opens when every requirement is met, each with its evidence and when it was looked at', () => {
    expect(evaluateRegressionGate(evidence())).toEqual({
      requirements: [
        { key: 'candidate', met: true, evidence: `2 cycles done, candidate ${rcCommit}`, checkedAt: minute(100) },
        { key: 'no-active-cycle', met: true, evidence: '0 cycles active', checkedAt: minute(100) },
        { key: 'no-slot-left', met: true, evidence: '0 slots left', checkedAt: minute(100) },
        { key: 'no-open-blocker', met: true, evidence: '0 blockers open', checkedAt: minute(100) },
        { key: 'tests:automation:IOS', met: true, evidence: '9 of 10 passed, 90 % needed', checkedAt: minute(95) },
        { key: 'no-late-commits', met: true, evidence: `the branch is at the candidate's commit ${rcCommit}`, checkedAt: minute(99) },
        { key: 'approvals', met: true, evidence: '1 of 1 approval', checkedAt: minute(100) },
      ],
      readyForApproval: true,
      open: true,
    });
  });

  it.each([
    ['a cycle is active', { activeCycles: 1 }, 'no-active-cycle false: 1 cycle active'],
    ['a slot is left', { plannedSlots: 1 }, 'no-slot-left false: 1 slot left'],
    ['a blocker is open', { openBlockers: ['APP-1: Crash'] }, 'no-open-blocker false: 1 blocker open: APP-1: Crash'],
    ['blockers are open', { openBlockers: ['APP-1: Crash', 'Legal'] }, 'no-open-blocker false: 2 blockers open: APP-1: Crash; Legal'],
    [
      'commits came after the candidate',
      { branchHead: { known: true as const, value: otherCommit, checkedAt: minute(99) } },
      `no-late-commits false: the branch is at ${otherCommit}, the candidate at ${rcCommit}`,
    ],
    ['too few tests passed', { tests: [results(89, 100)] }, 'tests:automation:IOS false: 89 of 100 passed, 90 % needed'],
    ['no cycle is done', { doneCycles: 0 }, `candidate false: 0 cycles done, candidate ${rcCommit}`],
  ])('stays closed while %s', (_what, changes, expected) => {
    expect(unmet(changes)).toEqual({ open: false, unmet: [expected] });
  });

  it('stays closed without a candidate, which nothing can be compared with or approved', () => {
    expect(unmet({ rcCommit: null })).toEqual({
      open: false,
      unmet: [
        'candidate false: there is no candidate',
        'no-late-commits false: there is no candidate to compare with',
        'approvals false: there is no candidate to approve',
      ],
    });
  });

  it('can be passed without tests where none are configured, and without people where none are asked', () => {
    expect(unmet({ tests: [], policy: null, approvals: [] })).toEqual({ open: true, unmet: [] });
  });

  it('is ready for approval once only approval is missing', () => {
    const { readyForApproval, open } = evaluateRegressionGate(evidence({ approvals: [] }));

    expect({ readyForApproval, open }).toEqual({ readyForApproval: true, open: false });
    expect(evaluateRegressionGate(evidence({ activeCycles: 1 })).readyForApproval).toBe(false);
  });
});

describe('what could not be checked', () => {
  it('blocks as unknown and says why', () => {
    const unread = { known: false as const, why: 'checkmate answers 503', checkedAt: minute(98) };

    expect(unmet({ tests: [results(0, 0, { result: unread })], branchHead: unread })).toEqual({
      open: false,
      unmet: [
        'tests:automation:IOS unknown: the results could not be read: checkmate answers 503',
        'no-late-commits unknown: the head of the branch could not be read: checkmate answers 503',
      ],
    });
  });

  it.each([0, Number.NaN])('is also a result of %d tests: no evidence, whatever the threshold', (total) => {
    expect(unmet({ tests: [results(0, total)], thresholdPercent: 0 })).toEqual({
      open: false,
      unmet: ['tests:automation:IOS unknown: there are no results'],
    });
  });
});

describe('tests', () => {
  it('reach the threshold exactly, by whole numbers', () => {
    expect(unmet({ tests: [results(29, 100)], thresholdPercent: 29 }).open).toBe(true);
    expect(unmet({ tests: [results(7, 25)], thresholdPercent: 28 }).open).toBe(true);
    expect(unmet({ tests: [results(6, 25)], thresholdPercent: 28 }).open).toBe(false);
  });

  it('count per platform and per source, so that one cannot hide behind another', () => {
    const tests = [results(10, 10), results(1, 10, { platform: 'ANDROID' }), results(2, 10, { source: 'test-management' })];

    expect(unmet({ tests }).unmet.map((line) => line.split(' ')[0])).toEqual(['tests:automation:ANDROID', 'tests:test-management:IOS']);
  });
});

describe('approvals', () => {
  const policy = { quorum: 2, allowSelfApproval: false, requesterAccountId: 'requester' };
  const verdict = (approvals: GateApproval[], changes = {}) => {
    const { requirements } = evaluateRegressionGate(evidence({ approvals, policy: { ...policy, ...changes } }));
    const found = requirements.find(({ key }) => key === 'approvals');
    return `${found?.met}: ${found?.evidence}`;
  };

  it('count different people', () => {
    expect(verdict([approval('alice'), approval('alice')])).toBe('false: 1 of 2 approvals');
    expect(verdict([approval('alice'), approval('bob')])).toBe('true: 2 of 2 approvals');
  });

  it('count not for whoever created the release, unless the config lets them', () => {
    const given = [approval('alice'), approval('requester')];

    expect(verdict(given)).toBe('false: 1 of 2 approvals, that of whoever created the release does not count');
    expect(verdict(given, { allowSelfApproval: true })).toBe('true: 2 of 2 approvals');
  });

  it('are bound to the commit they were given for', () => {
    const given = [approval('alice'), approval('bob', { commit: otherCommit }), approval('carol', { commit: null })];

    expect(verdict(given)).toBe('false: 1 of 2 approvals, 2 given for another commit');
  });

  it('are blocked by one rejection until its author changes it', () => {
    const people = [approval('alice'), approval('bob')];
    const rejection = approval('carol', { decision: 'REJECTED' });

    expect(verdict([...people, rejection])).toBe('false: 2 of 2 approvals, 1 rejection');
    expect(verdict([...people, rejection, approval('carol', { at: minute(101) })])).toBe('true: 3 of 2 approvals');
  });

  it('are each person’s last word, whatever order the rows come in', () => {
    const words = [approval('bob', { decision: 'REJECTED', at: minute(102) }), approval('alice'), approval('bob', { at: minute(101) })];

    expect(verdict(words)).toBe('false: 1 of 2 approvals, 1 rejection');
    expect(verdict([...words].reverse())).toBe(verdict(words));
  });

  it('of the creator still block when they reject', () => {
    expect(verdict([approval('alice'), approval('bob'), approval('requester', { decision: 'REJECTED' })])).toContain('false');
  });

  it('are at least one, whatever quorum is stored', () => {
    expect(verdict([], { quorum: 0 })).toBe('false: 0 of 1 approval');
  });
});
