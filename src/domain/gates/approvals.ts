import { type ApprovalPolicy, type ApproverGroup, isOf, mayApprove, type Person } from './approval-rules.ts';
import { changedParts, type GateSubject, partsInWords, type SubjectPart, subjectDigest } from './subject.ts';

/** A person's word, as it was given. */
export interface GateApproval extends Person {
  decision: 'APPROVED' | 'REJECTED';
  /** What it was given for, as `subjectDigest` tells it; null = of before that was kept: then its commit alone counts. */
  subject: string | null;
  /** The commit it was given for; null = bound to nothing, so it counts for nothing. */
  commit: string | null;
  at: Date;
  /** Who had left it to them at that time: it counts as a word of theirs, too, where groups are asked. */
  standsFor: readonly Person[];
}

/** Why a word does not count. */
export type Discount =
  | { why: 'other-subject'; parts: SubjectPart[] }
  /** The same person said something else about the same subject later. */
  | { why: 'superseded' }
  | { why: 'expired'; since: Date }
  /** Whoever gave it is no member any more, or not one who may approve. */
  | { why: 'no-right' }
  | { why: 'requester' };

/** A word with what it is worth. */
export interface WeighedApproval<A extends GateApproval = GateApproval> {
  approval: A;
  /** null = it counts. A rejection that counts blocks. */
  discount: Discount | null;
  /** Names of the groups it counts for. */
  groups: string[];
}

export interface GroupTally {
  name: string;
  given: number;
  quorum: number;
}

export interface ApprovalTally<A extends GateApproval = GateApproval> {
  met: boolean;
  /** For people. */
  evidence: string;
  /** Different people whose approval counts. */
  given: number;
  quorum: number;
  rejections: number;
  groups: GroupTally[];
  /** In the order in which they came. */
  weighed: WeighedApproval<A>[];
}

/**
 * What people's words about a subject come to: each person's last word about exactly this, one rejection of which blocks until its author changes it.
 * An approval counts once for the quorum, and once in each group that its author belongs to or stands for somebody of.
 * @param subject null = there is nothing to approve
 */
export function weighApprovals<A extends GateApproval>(
  approvals: readonly A[],
  policy: ApprovalPolicy,
  subject: GateSubject | null,
  now: Date,
): ApprovalTally<A> {
  const quorum = Math.max(1, policy.quorum);
  const digest = subject === null ? null : subjectDigest(subject);
  const last = lastWords(approvals, subject, digest);
  const weighed = approvals.map((approval): WeighedApproval<A> => {
    const discount = discountOf(approval, { policy, subject, digest, last, now });
    const groups =
      discount === null && approval.decision === 'APPROVED' ? policy.groups.filter((group) => isFor(group, approval, policy)) : [];
    return { approval, discount, groups: groups.map(({ name }) => name) };
  });
  const counted = weighed.filter(({ discount }) => discount === null);
  const given = counted.filter(({ approval }) => approval.decision === 'APPROVED').map(({ approval }) => approval);
  const rejections = counted.length - given.length;
  const groups = policy.groups.map((group) => ({
    name: group.name,
    given: tally(group, given, policy),
    quorum: Math.max(1, group.quorum),
  }));
  const enough = given.length >= quorum && groups.every((group) => group.given >= group.quorum);
  const met = subject !== null && rejections === 0 && enough;
  const evidence =
    subject === null ? 'there is nothing to approve yet' : inWords({ given: given.length, quorum, rejections, groups }, weighed);
  return { met, evidence, given: given.length, quorum, rejections, groups, weighed };
}

/** Per person, the last word about this subject. Of two in the same instant the rejection is the last. */
function lastWords<A extends GateApproval>(approvals: readonly A[], subject: GateSubject | null, digest: string | null): Map<string, A> {
  const last = new Map<string, A>();
  for (const approval of approvals) {
    if (subject === null || digest === null || differing(approval, subject, digest).length > 0) continue;
    const other = last.get(approval.accountId);
    if (other === undefined || isAfter(approval, other)) last.set(approval.accountId, approval);
  }
  return last;
}

function isAfter(word: GateApproval, other: GateApproval): boolean {
  if (word.at.getTime() !== other.at.getTime()) return word.at > other.at;
  return word.decision === 'REJECTED' && other.decision === 'APPROVED';
}

function differing({ subject, commit }: GateApproval, asked: GateSubject, digest: string): SubjectPart[] {
  if (subject !== null) return changedParts(subject, digest);
  return commit === asked.commit ? [] : ['commit'];
}

interface Weights {
  policy: ApprovalPolicy;
  subject: GateSubject | null;
  digest: string | null;
  last: ReadonlyMap<string, GateApproval>;
  now: Date;
}

function discountOf(approval: GateApproval, { policy, subject, digest, last, now }: Weights): Discount | null {
  if (subject === null || digest === null) return { why: 'other-subject', parts: ['commit'] };
  const parts = differing(approval, subject, digest);
  if (parts.length > 0) return { why: 'other-subject', parts };
  if (last.get(approval.accountId) !== approval) return { why: 'superseded' };
  // An objection does not lapse by itself: its author takes it back, or somebody overrides the gate.
  if (approval.decision === 'REJECTED') return null;
  if (policy.expiresAfterMs !== null && now.getTime() - approval.at.getTime() >= policy.expiresAfterMs) {
    return { why: 'expired', since: new Date(approval.at.getTime() + policy.expiresAfterMs) };
  }
  if (!mayApprove(approval)) return { why: 'no-right' };
  return isRequester(approval, policy) ? { why: 'requester' } : null;
}

const isRequester = ({ accountId }: Person, policy: ApprovalPolicy) => !policy.allowSelfApproval && accountId === policy.requesterAccountId;

/** As whom an approval can count: its author, and whoever left it to them. Nobody approves what they asked for through somebody else. */
export const voicesOf = (approval: Pick<GateApproval, 'accountId' | 'role' | 'standsFor'>, policy: ApprovalPolicy): Person[] =>
  [approval, ...approval.standsFor].filter((person) => !isRequester(person, policy));

const isFor = (group: ApproverGroup, approval: GateApproval, policy: ApprovalPolicy) =>
  voicesOf(approval, policy).some((person) => isOf(group, person));

/**
 * How many approvals a group has: each approval speaks for one of its people at most, and each of them is spoken for once, as well as can be arranged.
 * That is a matching of approvals with people, found by augmenting paths.
 */
function tally(group: ApproverGroup, approvals: readonly GateApproval[], policy: ApprovalPolicy): number {
  const voices = approvals.map((approval) => [
    ...new Set(
      voicesOf(approval, policy)
        .filter((person) => isOf(group, person))
        .map(({ accountId }) => accountId),
    ),
  ]);
  const speaker = new Map<string, number>();
  const place = (approval: number, tried: Set<string>): boolean =>
    (voices[approval] ?? []).some((person) => {
      if (tried.has(person)) return false;
      tried.add(person);
      const other = speaker.get(person);
      if (other !== undefined && !place(other, tried)) return false;
      speaker.set(person, approval);
      return true;
    });
  return voices.filter((_people, approval) => place(approval, new Set())).length;
}

function inWords(counts: Pick<ApprovalTally, 'given' | 'quorum' | 'rejections' | 'groups'>, weighed: readonly WeighedApproval[]): string {
  const { given, quorum, rejections, groups } = counts;
  return [
    `${given} of ${count(quorum, 'approval')}`,
    ...groups.map((group) => `${group.name} ${group.given} of ${group.quorum}`),
    ...(rejections > 0 ? [count(rejections, 'rejection')] : []),
    ...leftOut(weighed),
  ].join(', ');
}

/** Says what was given and does not count, lest people wonder. */
function leftOut(weighed: readonly WeighedApproval[]): string[] {
  const discounts = weighed.flatMap(({ discount, approval }) =>
    discount === null ? [] : [{ ...discount, accountId: approval.accountId }],
  );
  const number = (why: Discount['why']) => discounts.filter((discount) => discount.why === why).length;
  const speaking = new Set(weighed.filter(({ discount }) => discount?.why !== 'other-subject').map(({ approval }) => approval.accountId));
  const others = new Map<string, Set<string>>();
  for (const discount of discounts) {
    if (discount.why !== 'other-subject' || speaking.has(discount.accountId)) continue;
    const words = partsInWords(discount.parts);
    others.set(words, (others.get(words) ?? new Set()).add(discount.accountId));
  }
  return [
    ...(number('requester') > 0 ? ['that of whoever asked for it does not count'] : []),
    ...(number('expired') > 0 ? [`${number('expired')} expired`] : []),
    ...(number('no-right') > 0 ? [`${number('no-right')} of people who may not approve any more`] : []),
    ...[...others].map(([words, people]) => `${people.size} given for ${words}`).sort(),
  ];
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
