import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import type { Role } from '../access/permissions.ts';
import type { ApprovalPolicy, ApproverGroup } from './approval-rules.ts';
import { type GateApproval, weighApprovals } from './approvals.ts';
import { type GateSubject, subjectDigest } from './subject.ts';

const subject: GateSubject = { commit: 'a'.repeat(40), builds: [{ name: 'IOS', identity: 'sha256:1' }], notesDigest: 'sha256:2' };
const person = (accountId: string, role: Role | null = 'release-manager') => ({ accountId, role });

const approval = (accountId: string, changes: Partial<GateApproval> = {}): GateApproval => ({
  ...person(accountId),
  ...{ decision: 'APPROVED', subject: subjectDigest(subject), commit: subject.commit, at: minute(100), standsFor: [] },
  ...changes,
});

const group = (name: string, accountIds: string[], changes: Partial<ApproverGroup> = {}): ApproverGroup => ({
  ...{ name, accountIds, roles: [], quorum: 1 },
  ...changes,
});

const verdict = (approvals: GateApproval[], changes: Partial<ApprovalPolicy> = {}, now = minute(110)) => {
  const policy = { quorum: 2, groups: [], allowSelfApproval: false, requesterAccountId: 'requester', expiresAfterMs: null, ...changes };
  const { met, evidence } = weighApprovals(approvals, policy, subject, now);
  return `${met}: ${evidence}`;
};

describe('approvals', () => {
  it('count different people', () => {
    expect(verdict([approval('alice'), approval('alice')])).toBe('false: 1 of 2 approvals');
    expect(verdict([approval('alice'), approval('bob')])).toBe('true: 2 of 2 approvals');
  });

  it('count not for whoever asked, unless the rules let them', () => {
    const given = [approval('alice'), approval('requester')];

    expect(verdict(given)).toBe('false: 1 of 2 approvals, that of whoever asked for it does not count');
    expect(verdict(given, { allowSelfApproval: true })).toBe('true: 2 of 2 approvals');
  });

  it.each<[string, Partial<GateSubject>, string]>([
    ['commit', { commit: 'b'.repeat(40) }, 'another commit'],
    ['builds', { builds: [{ name: 'IOS', identity: 'sha256:9' }] }, 'other builds'],
    ['notes', { notesDigest: null }, 'other notes'],
  ])('are bound to the %s they were given for', (_part, changes, words) => {
    const other = { ...subject, ...changes };
    const given = [approval('alice'), approval('bob', { subject: subjectDigest(other), commit: other.commit })];

    expect(verdict(given)).toBe(`false: 1 of 2 approvals, 1 given for ${words}`);
  });

  it('of before builds and notes were bound count for their commit, and for nothing without one', () => {
    const given = [approval('alice', { subject: null }), approval('bob', { subject: null, commit: null })];

    expect(verdict(given)).toBe('false: 1 of 2 approvals, 1 given for another commit');
  });

  it('are blocked by one rejection until its author changes it', () => {
    const people = [approval('alice'), approval('bob')];
    const rejection = approval('carol', { decision: 'REJECTED' });

    expect(verdict([...people, rejection])).toBe('false: 2 of 2 approvals, 1 rejection');
    expect(verdict([...people, rejection, approval('carol', { at: minute(101) })])).toBe('true: 3 of 2 approvals');
  });

  it('are each person’s last word, whatever order the rows come in, and of one instant the rejection', () => {
    const words = [approval('bob', { decision: 'REJECTED', at: minute(102) }), approval('alice'), approval('bob', { at: minute(102) })];

    expect(verdict(words)).toBe('false: 1 of 2 approvals, 1 rejection');
    expect(verdict([...words].reverse())).toBe(verdict(words));
  });

  it('of whoever asked still block when they reject', () => {
    expect(verdict([approval('alice'), approval('bob'), approval('requester', { decision: 'REJECTED' })])).toContain('false');
  });

  it('are at least one, whatever quorum is stored', () => {
    expect(verdict([], { quorum: 0 })).toBe('false: 0 of 1 approval');
  });

  it('count no more once their author has left, or may not approve any more', () => {
    expect(verdict([approval('alice'), approval('bob', { role: null })])).toBe(
      'false: 1 of 2 approvals, 1 of people who may not approve any more',
    );
    expect(verdict([approval('alice'), approval('bob', { role: 'contributor' })])).toContain('false');
  });

  it('expire to the millisecond, while rejections stay', () => {
    const given = [approval('alice'), approval('bob', { at: minute(105) })];
    const policy = { expiresAfterMs: 10 * 60_000 };

    expect(verdict(given, policy, new Date(minute(110).getTime() - 1))).toBe('true: 2 of 2 approvals');
    expect(verdict(given, policy, minute(110))).toBe('false: 1 of 2 approvals, 1 expired');
    expect(verdict([approval('carol', { decision: 'REJECTED', at: minute(0) })], policy)).toContain('1 rejection');
  });
});

describe('groups', () => {
  const qa = group('QA', ['alice', 'bob']);
  const product = group('Product', [], { roles: ['owner'] });

  it('must each reach their own quorum, besides the quorum of all', () => {
    const groups = [qa, product];

    expect(verdict([approval('alice'), approval('bob')], { groups })).toBe('false: 2 of 2 approvals, QA 2 of 1, Product 0 of 1');
    expect(verdict([approval('alice'), approval('olga', { role: 'owner' })], { groups })).toContain('true');
    expect(verdict([approval('olga', { role: 'owner' })], { groups: [product] })).toContain('false: 1 of 2 approvals, Product 1 of 1');
  });

  it('count one person who belongs to several in each of them', () => {
    expect(verdict([approval('alice', { role: 'owner' })], { quorum: 1, groups: [qa, product] })).toContain('true');
  });

  it('count an approval for whoever left it to its author, once, whoever of the two approves', () => {
    const forAlice = approval('dora', { standsFor: [person('alice')] });

    expect(verdict([forAlice], { quorum: 1, groups: [qa] })).toBe('true: 1 of 1 approval, QA 1 of 1');
    expect(verdict([forAlice, approval('alice')], { groups: [{ ...qa, quorum: 2 }] })).toBe('false: 2 of 2 approvals, QA 1 of 2');
  });

  it('count one approval that stands for two of their people as one', () => {
    const forBoth = approval('dora', { standsFor: [person('alice'), person('bob')] });

    expect(verdict([forBoth], { quorum: 1, groups: [{ ...qa, quorum: 2 }] })).toBe('false: 1 of 1 approval, QA 1 of 2');
  });

  it('let each approval speak for whom nobody else speaks', () => {
    const given = [approval('dora', { standsFor: [person('alice'), person('bob')] }), approval('alice')];

    expect(verdict(given, { groups: [{ ...qa, quorum: 2 }] })).toContain('true');
  });

  it('count nobody through whom the one who asked would approve, nor one who has left since', () => {
    const asker = group('QA', ['requester']);
    const left = approval('dora', { standsFor: [person('alice', null)] });

    expect(verdict([approval('dora', { standsFor: [person('requester')] })], { quorum: 1, groups: [asker] })).toContain('QA 0 of 1');
    expect(verdict([approval('requester', { standsFor: [person('alice')] })], { quorum: 1, groups: [qa] })).toContain(
      '0 of 1 approval, QA 0 of 1',
    );
    expect(verdict([left], { quorum: 1, groups: [qa] })).toContain('QA 0 of 1');
  });
});

it('without a subject there is nothing to approve, whoever approved what', () => {
  const policy = { quorum: 1, groups: [], allowSelfApproval: true, requesterAccountId: '', expiresAfterMs: null };

  expect(weighApprovals([approval('alice')], policy, null, minute(110))).toMatchObject({
    met: false,
    evidence: 'there is nothing to approve yet',
  });
});
