import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import type { GateApproval } from '../gates/approvals.ts';
import { subjectDigest } from '../gates/subject.ts';
import { evaluateRegressionGate, type RegressionGateEvidence, type TestReading } from './regression-gate.ts';

const rcCommit = 'a'.repeat(40);
const otherCommit = 'b'.repeat(40);

const candidate = { commit: rcCommit, builds: [{ name: 'IOS', identity: 'sha256:1' }], notesDigest: 'sha256:2' };
const alice: GateApproval = {
  ...{ accountId: 'alice', role: 'admin', decision: 'APPROVED', commit: rcCommit, at: minute(100), standsFor: [] },
  subject: subjectDigest(candidate),
};

const results = (passed: number, total: number, changes: Partial<TestReading> = {}): TestReading => ({
  platform: 'IOS',
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
  automation: null,
  candidate,
  freshForMs: 60 * 60_000,
  branchHead: { known: true, value: rcCommit, checkedAt: minute(99) },
  policy: { quorum: 1, groups: [], expiresAfterMs: null, allowSelfApproval: false, requesterAccountId: 'requester' },
  approvals: [alice],
  ...changes,
});

const unmet = (changes: Partial<RegressionGateEvidence>) => {
  const { requirements, open } = evaluateRegressionGate(evidence(changes));
  return { open, unmet: requirements.filter(({ met }) => met !== true).map(({ key, met, evidence: why }) => `${key} ${met}: ${why}`) };
};

describe('the gate out of regression', () => {
  it('opens when every requirement is met, each with its evidence and when it was looked at', () => {
    const { requirements, readyForApproval, open } = evaluateRegressionGate(evidence());

    expect({ readyForApproval, open }).toEqual({ readyForApproval: true, open: true });
    expect(requirements.map(({ key, met, evidence: found, checkedAt }) => ({ key, met, evidence: found, checkedAt }))).toEqual([
      { key: 'candidate', met: true, evidence: `2 cycles done, candidate ${rcCommit}`, checkedAt: minute(100) },
      { key: 'no-active-cycle', met: true, evidence: '0 cycles active', checkedAt: minute(100) },
      { key: 'no-slot-left', met: true, evidence: '0 slots left', checkedAt: minute(100) },
      { key: 'no-open-blocker', met: true, evidence: '0 blockers open', checkedAt: minute(100) },
      { key: 'tests:test-management:IOS', met: true, evidence: '9 of 10 passed, 90 % needed', checkedAt: minute(95) },
      { key: 'no-late-commits', met: true, evidence: `the branch is at the candidate's commit ${rcCommit}`, checkedAt: minute(99) },
      { key: 'approvals', met: true, evidence: '1 of 1 approval', checkedAt: minute(100) },
    ]);
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
    ['too few tests passed', { tests: [results(89, 100)] }, 'tests:test-management:IOS false: 89 of 100 passed, 90 % needed'],
    ['no cycle is done', { doneCycles: 0 }, `candidate false: 0 cycles done, candidate ${rcCommit}`],
  ])('stays closed while %s', (_what, changes, expected) => {
    expect(unmet(changes)).toEqual({ open: false, unmet: [expected] });
  });

  it('stays closed without a candidate, which nothing can be compared with or approved', () => {
    expect(unmet({ candidate: null })).toEqual({
      open: false,
      unmet: [
        'candidate false: there is no candidate',
        'no-late-commits false: there is no candidate to compare with',
        'approvals false: there is nothing to approve yet',
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

describe('every requirement', () => {
  it('has somebody, or something, that can make it true', () => {
    const owners = evaluateRegressionGate(evidence()).requirements.map(({ key, owner }) => [
      key,
      owner.kind === 'role' ? owner.roles : owner,
    ]);

    expect(Object.fromEntries(owners)).toMatchObject({
      'no-active-cycle': { kind: 'system', system: 'the regression cycle' },
      'no-slot-left': ['owner', 'admin', 'release-manager'],
      approvals: ['owner', 'admin', 'release-manager'],
    });
  });
});

describe('what could not be checked', () => {
  it('or was checked too long ago, is unknown', () => {
    expect(unmet({ branchHead: { known: true, value: rcCommit, checkedAt: minute(39) } })).toEqual({
      open: false,
      unmet: [
        `no-late-commits unknown: the branch is at the candidate's commit ${rcCommit} (it was last checked at ${minute(39).toISOString()}, which is too long ago)`,
      ],
    });
  });

  it('blocks as unknown and says why', () => {
    const unread = { known: false as const, why: 'checkmate answers 503', checkedAt: minute(98) };

    expect(unmet({ tests: [results(0, 0, { result: unread })], branchHead: unread })).toEqual({
      open: false,
      unmet: [
        'tests:test-management:IOS unknown: the results could not be read: checkmate answers 503',
        'no-late-commits unknown: the head of the branch could not be read: checkmate answers 503',
      ],
    });
  });

  it.each([0, Number.NaN])('is also a result of %d tests: no evidence, whatever the threshold', (total) => {
    expect(unmet({ tests: [results(0, total)], thresholdPercent: 0 })).toEqual({
      open: false,
      unmet: ['tests:test-management:IOS unknown: there are no results'],
    });
  });
});

describe('tests', () => {
  it('reach the threshold exactly, by whole numbers', () => {
    expect(unmet({ tests: [results(29, 100)], thresholdPercent: 29 }).open).toBe(true);
    expect(unmet({ tests: [results(7, 25)], thresholdPercent: 28 }).open).toBe(true);
    expect(unmet({ tests: [results(6, 25)], thresholdPercent: 28 }).open).toBe(false);
  });

  it('count per platform, so that one cannot hide behind another', () => {
    const tests = [results(10, 10), results(1, 10, { platform: 'ANDROID' })];

    expect(unmet({ tests }).unmet.map((line) => line.split(' ')[0])).toEqual(['tests:test-management:ANDROID']);
  });
});

describe('automated tests of the candidate', () => {
  const judged = (automation: RegressionGateEvidence['automation']) => {
    const found = evaluateRegressionGate(evidence({ automation })).requirements.find(({ key }) => key === 'tests:automation');
    return found === undefined ? null : `${found.met}: ${found.evidence}`;
  };
  const result = (passed: number, total: number) => ({ passed, total, thresholdPercent: 50 });

  it('are shown with what they came to', () => {
    expect(judged({ status: 'COMPLETED', byPerson: false, result: result(1, 2) })).toBe(
      'true: 1 of 2 runs of the automated tests passed, 50 % needed',
    );
  });

  it('are none where none were to run', () => {
    expect(judged(null)).toBeNull();
  });

  it('that a person decided about say so, and let the release go on', () => {
    expect(judged({ status: 'SKIPPED', byPerson: true, result: null })).toBe('true: the automated tests were skipped');
    expect(judged({ status: 'COMPLETED', byPerson: true, result: null })).toBe(
      'true: a person said that the automated tests were done elsewhere',
    );
  });

  it.each([
    [
      'were too few',
      { status: 'COMPLETED', byPerson: false, result: result(1, 3) },
      'false: 1 of 3 runs of the automated tests passed, 50 % needed',
    ],
    ['have no result', { status: 'COMPLETED', byPerson: false, result: null }, 'unknown: there are no results'],
    ['nobody decided about', { status: 'SKIPPED', byPerson: false, result: null }, 'unknown: there are no results'],
    ['are not over', { status: 'FAILED', byPerson: false, result: null }, 'false: the automated tests are FAILED'],
  ] as const)('that %s block', (_what, automation, expected) => {
    expect(judged(automation)).toBe(expected);
  });
});
