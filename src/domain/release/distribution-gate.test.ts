import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import type { GateApproval } from '../gates/approvals.ts';
import { subjectDigest } from '../gates/subject.ts';
import { type DistributionGateEvidence, evaluateDistributionGate } from './distribution-gate.ts';

const commit = 'a'.repeat(40);
const build = (changes = {}) => ({ buildNumber: '42', ready: true, state: 'ready', ...changes });
const known = <T>(value: T) => ({ known: true as const, value, checkedAt: minute(99) });

const alice: GateApproval = {
  ...{ accountId: 'alice', role: 'admin', decision: 'APPROVED', commit, at: minute(98), standsFor: [] },
  subject: subjectDigest({ commit, builds: [{ name: 'PLAY_STORE', identity: '42' }], notesDigest: 'sha256:notes' }),
};

/** Everything holds. */
const evidence = (changes: Partial<DistributionGateEvidence> = {}): DistributionGateEvidence => ({
  readAt: minute(100),
  tasks: [
    { key: 'CREATE_RELEASE_TAG', status: 'COMPLETED' },
    { key: 'CREATE_AAB_BUILD', status: 'COMPLETED' },
  ],
  ticketCheck: 'COMPLETED',
  builds: [{ target: 'PLAY_STORE', build: known(build()) }],
  commit,
  openBlockers: [],
  notesDigest: 'sha256:notes',
  freshForMs: 60 * 60_000,
  policy: { quorum: 1, groups: [], expiresAfterMs: null, allowSelfApproval: false, requesterAccountId: 'requester' },
  approvals: [alice],
  ...changes,
});

const unmet = (changes: Partial<DistributionGateEvidence>) =>
  evaluateDistributionGate(evidence(changes))
    .requirements.filter(({ met }) => met !== true)
    .map(({ key, met, evidence: why }) => `${key} ${met}: ${why}`);

describe('the gate before the stores', () => {
  it('opens when every requirement is met, each with its evidence and when it was looked at', () => {
    const { requirements, readyForApproval, open } = evaluateDistributionGate(evidence());

    expect({ readyForApproval, open }).toEqual({ readyForApproval: true, open: true });
    expect(
      requirements.map(({ key, met, evidence: found, checkedAt, stale }) => ({ key, met, evidence: found, checkedAt, stale })),
    ).toEqual([
      { key: 'release-commit', met: true, evidence: `the release is at ${commit}`, checkedAt: minute(100), stale: false },
      { key: 'post-regression-done', met: true, evidence: '2 ended', checkedAt: minute(100), stale: false },
      { key: 'tickets-done', met: true, evidence: 'every ticket is done', checkedAt: minute(100), stale: false },
      { key: 'no-open-blocker', met: true, evidence: '0 blockers open', checkedAt: minute(100), stale: false },
      { key: 'store-build:PLAY_STORE', met: true, evidence: 'build 42 is ready', checkedAt: minute(99), stale: false },
      { key: 'approvals', met: true, evidence: '1 of 1 approval', checkedAt: minute(100), stale: false },
    ]);
  });

  it.each<[string, Partial<DistributionGateEvidence>, string]>([
    ['nothing is tagged', { commit: null }, 'release-commit false: there is nothing tagged to release'],
    [
      'a task is open',
      { tasks: [{ key: 'CREATE_RELEASE_TAG', status: 'WAITING' }] },
      'post-regression-done false: CREATE_RELEASE_TAG is WAITING',
    ],
    ['a blocker is open', { openBlockers: ['APP-1: Crash'] }, 'no-open-blocker false: 1 blocker open: APP-1: Crash'],
    ['a task has failed', { tasks: [{ key: 'A', status: 'FAILED' }] }, 'post-regression-done false: A is FAILED'],
    ['the tickets are not checked', { ticketCheck: 'WAITING' }, 'tickets-done false: the check of the tickets is WAITING'],
    [
      'a store has no build',
      { builds: [{ target: 'PLAY_STORE', build: known(null) }] },
      'store-build:PLAY_STORE false: the store shows no build of this version',
    ],
    [
      'a build is not ready',
      { builds: [{ target: 'PLAY_STORE', build: known(build({ ready: false, state: 'processing' })) }] },
      'store-build:PLAY_STORE false: build 42 is processing',
    ],
    [
      'a store cannot be read',
      { builds: [{ target: 'PLAY_STORE', build: { known: false, why: 'it is away', checkedAt: minute(99) } }] },
      'store-build:PLAY_STORE unknown: the build could not be read: it is away',
    ],
  ])('stays shut and asks nobody while %s', (_what, changes, expected) => {
    // Where the builds are others, so is what was approved.
    expect(unmet({ ...changes, policy: null })).toEqual([expected]);
    expect(evaluateDistributionGate(evidence(changes))).toMatchObject({ open: false, readyForApproval: false });
  });

  it('lets pass what people skipped, and says so', () => {
    const tasks = [{ key: 'CHECK_PROJECT_RELEASE_APPROVAL', status: 'SKIPPED' as const }];
    const { requirements, open } = evaluateDistributionGate(evidence({ tasks, ticketCheck: 'SKIPPED' }));

    expect(open).toBe(true);
    expect(requirements[1]?.evidence).toBe('1 ended; skipped: CHECK_PROJECT_RELEASE_APPROVAL');
    expect(requirements[2]?.evidence).toBe('the check of the tickets was skipped');
  });

  it('asks people once all else holds, and counts only their word on this very commit', () => {
    const other = { ...alice, subject: null, commit: 'b'.repeat(40) };

    expect(evaluateDistributionGate(evidence({ approvals: [other] }))).toMatchObject({ open: false, readyForApproval: true });
  });

  it('counts a word on another build of a store, or on other notes, for nothing, and says which', () => {
    const newer = { builds: [{ target: 'PLAY_STORE' as const, build: known(build({ buildNumber: '43' })) }] };

    expect(unmet(newer)).toEqual(['approvals false: 0 of 1 approval, 1 given for other builds']);
    expect(unmet({ ...newer, notesDigest: null })).toEqual(['approvals false: 0 of 1 approval, 1 given for other builds and other notes']);
  });

  it('takes what a store showed too long ago for unknown', () => {
    const old = { target: 'PLAY_STORE' as const, build: { ...known(build()), checkedAt: minute(30) } };

    expect(unmet({ builds: [old] })).toEqual([expect.stringMatching(/^store-build:PLAY_STORE unknown: .*too long ago/)]);
  });

  it('opens by itself where the config wants no person', () => {
    expect(evaluateDistributionGate(evidence({ policy: null, approvals: [] })).open).toBe(true);
  });

  it('has no tickets to look at in a release without a tracker', () => {
    const { requirements } = evaluateDistributionGate(evidence({ ticketCheck: null }));

    expect(requirements.map(({ key }) => key)).not.toContain('tickets-done');
  });
});
