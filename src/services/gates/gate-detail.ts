import { type ApprovalPolicy, isOf, mayApprove } from '../../domain/gates/approval-rules.ts';
import { type ApprovalTally, type Discount, voicesOf, type WeighedApproval, weighApprovals } from '../../domain/gates/approvals.ts';
import { remindersAt } from '../../domain/gates/reminders.ts';
import { judge, type RequirementOwner } from '../../domain/gates/requirement.ts';
import { type GateSubject, partsInWords, type SubjectPart, subjectDigest } from '../../domain/gates/subject.ts';
import { type GateRules, policyOf, type ReleaseGate, rulesOf } from '../../domain/release/gate-rules.ts';
import type { TaskStatus, WaitReason } from '../../domain/run.ts';
import type { Decision } from '../releases/decision.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import type { PersonView } from '../releases/release-view.ts';
import type { GateOutput } from './gate-subject.ts';
import { isAsking } from './gate-word.ts';
import type { GivenApproval, NamedPerson } from './given-approvals.ts';
import { type StoredRequirement, storedRequirements } from './stored-requirements.ts';

/**
 * NOT_REACHED: the release has not come to it. UNMET: a requirement other than approval does not hold. ASKING: people are asked. OPENED: everything held.
 * OVERRIDDEN: it was passed against its requirements.
 */
export const gateStates = ['NOT_REACHED', 'UNMET', 'ASKING', 'OPENED', 'OVERRIDDEN'] as const;
export type GateState = (typeof gateStates)[number];

/** One gate of a release, with everything that it looks at. Instants are ISO 8601 text, UTC. */
export interface GateDetail {
  gate: ReleaseGate;
  state: GateState;
  /** The task that the gate is; null before there is one. */
  task: { id: string; status: TaskStatus; waitReason: WaitReason | null; since: string } | null;
  /** What it needs besides people, as it found when it looked last. */
  requirements: RequirementView[];
  approval: ApprovalsView;
  /** What people are asked about; null before there is anything. `digest` is what an approval names. */
  subject: (GateSubject & { digest: string }) | null;
  approvals: WeighedView[];
  /** Who can still approve so that it counts, and for which groups; the first hundred. */
  mayApprove: (PersonView & { groups: string[] })[];
  askedAt: string | null;
  /** The next message to people who have not answered; null = none will be sent. */
  nextNotice: { kind: 'reminder' | 'escalation'; at: string } | null;
  override: OverrideView | null;
}

export interface RequirementView extends Omit<StoredRequirement, 'owner' | 'freshForMs'> {
  /** Who can make it true; null for what was found before it was kept. */
  owner: RequirementOwner | null;
  freshForMs: number | null;
  /** It was checked too long ago to count. */
  stale: boolean;
}

export interface ApprovalsView extends Pick<ApprovalPolicy, 'allowSelfApproval' | 'expiresAfterMs'> {
  /** `automatic`: no person is asked. */
  mode: 'manual' | 'automatic';
  met: boolean;
  quorum: number;
  given: number;
  rejections: number;
  groups: { name: string; given: number; quorum: number }[];
  /** For people. */
  evidence: string;
}

export interface WeighedView {
  id: string;
  taskId: string;
  decision: Decision;
  comment: string | null;
  at: string;
  by: PersonView;
  /** Who had left their approving to whoever gave it. */
  for: PersonView[];
  counts: boolean;
  /** Groups it counts for. */
  groups: string[];
  /** Why it does not count, in words; null where it does. */
  whyNot: string | null;
  /** What has changed since it was given. */
  changed: SubjectPart[];
  expiresAt: string | null;
}

export interface OverrideView {
  by: PersonView;
  at: string;
  reason: string | null;
  how: string;
  /** What stood unmet; empty for one of before it was kept. */
  unmet: { key: string; met: false | 'unknown'; evidence: string; checkedAt: string }[];
}

/** The rows of one gate, and of the people around it. */
export interface GateFacts {
  gate: ReleaseGate;
  rules: GateRules;
  requesterAccountId: string;
  now: Date;
  task: GateTaskFact | null;
  subject: GateSubject | null;
  approvals: readonly GivenApproval[];
  override: OverrideView | null;
  /** Members who may approve. */
  approvers: readonly NamedPerson[];
  /** Delegate → who leaves their approving to them now. */
  delegators: ReadonlyMap<string, readonly NamedPerson[]>;
}

export interface GateTaskFact {
  id: string;
  status: TaskStatus;
  waitReason: WaitReason | null;
  since: Date;
  finishedAt: Date | null;
  output: GateOutput;
}

const LISTED = 100;

/** What is shown of a gate. A gate that is passed is shown as it was then: what lapsed since changes nothing of it. */
export function gateDetail(facts: GateFacts): GateDetail {
  const { gate, task, subject, rules } = facts;
  const state = stateOf(facts);
  const at = task?.finishedAt ?? facts.now;
  const policy = policyOf(rules, gate, facts.requesterAccountId);
  const tally = policy === null ? null : weighApprovals(facts.approvals, policy, subject, at);
  const askedAt = state === 'NOT_REACHED' ? null : (task?.output.askedAt ?? null);
  return {
    gate,
    state,
    task: task === null ? null : { id: task.id, status: task.status, waitReason: task.waitReason, since: iso(task.since) },
    requirements: task === null ? [] : requirementsOf(task, at),
    approval: approvalsView(policy, tally),
    subject: subject === null ? null : { ...subject, digest: subjectDigest(subject) },
    approvals: (tally?.weighed ?? []).map((weighed) => weighedView(weighed, policy)).reverse(),
    mayApprove: policy === null || isOver(state) ? [] : stillToApprove(facts, policy, tally),
    askedAt,
    nextNotice: state === 'ASKING' && askedAt !== null ? nextNotice(facts, new Date(askedAt)) : null,
    override: facts.override,
  };
}

const isOver = (state: GateState) => state === 'OPENED' || state === 'OVERRIDDEN';

function stateOf({ task, override }: GateFacts): GateState {
  if (override !== null) return 'OVERRIDDEN';
  if (task === null || task.status === 'PENDING') return 'NOT_REACHED';
  if (task.status === 'COMPLETED') return 'OPENED';
  // The engine passes no gate by itself: one without a word of a person was skipped before that was kept.
  if (task.status === 'SKIPPED') return 'OVERRIDDEN';
  const hasAsked = task.status === 'WAITING' || typeof task.output.askedAt === 'string';
  return isAsking(task) && hasAsked ? 'ASKING' : 'UNMET';
}

function requirementsOf(task: GateTaskFact, at: Date): RequirementView[] {
  return storedRequirements(task.output)
    .filter(({ key }) => key !== 'approvals')
    .map(({ owner, freshForMs = null, ...found }) => {
      // Whoever is named in its place is shown to nobody: only its age is judged here.
      const judged = judge({ ...found, checkedAt: new Date(found.checkedAt), owner: owner ?? nobody, freshForMs }, at);
      return { ...found, met: judged.met, evidence: judged.evidence, owner: owner ?? null, freshForMs, stale: judged.stale };
    });
}

const nobody: RequirementOwner = { kind: 'people', accountIds: [] };

function approvalsView(policy: ApprovalPolicy | null, tally: ApprovalTally | null): ApprovalsView {
  if (policy === null || tally === null) {
    return {
      ...{ mode: 'automatic', met: true, quorum: 0, given: 0, rejections: 0, groups: [], evidence: 'no approval is asked for' },
      ...{ allowSelfApproval: true, expiresAfterMs: null },
    };
  }
  const { met, quorum, given, rejections, groups, evidence } = tally;
  const { allowSelfApproval, expiresAfterMs } = policy;
  return { mode: 'manual', met, quorum, given, rejections, groups, evidence, allowSelfApproval, expiresAfterMs };
}

const personView = ({ accountId, displayName }: NamedPerson): PersonView => ({ accountId, displayName });

function weighedView({ approval, discount, groups }: WeighedApproval<GivenApproval>, policy: ApprovalPolicy | null): WeighedView {
  const { id, taskId, decision, comment, at } = approval;
  const lapsesAfterMs = decision === 'APPROVED' ? (policy?.expiresAfterMs ?? null) : null;
  return {
    ...{ id, taskId, decision, comment, at: iso(at), by: personView(approval), for: approval.standsFor.map(personView) },
    ...{ counts: discount === null, groups, whyNot: discount === null ? null : discountInWords(discount) },
    changed: discount?.why === 'other-subject' ? discount.parts : [],
    expiresAt: isoOrNull(lapsesAfterMs === null ? null : new Date(at.getTime() + lapsesAfterMs)),
  };
}

function discountInWords(discount: Discount): string {
  switch (discount.why) {
    case 'other-subject':
      return `given for ${partsInWords(discount.parts)}`;
    case 'superseded':
      return 'the same person said something else later';
    case 'expired':
      return `expired at ${iso(discount.since)}`;
    case 'no-right':
      return 'whoever gave it may not approve any more';
    case 'requester':
      return 'whoever created the release may not approve it';
    default:
      return discount satisfies never;
  }
}

function stillToApprove(
  { approvers, delegators }: GateFacts,
  policy: ApprovalPolicy,
  tally: ApprovalTally | null,
): GateDetail['mayApprove'] {
  const counted = new Set(
    (tally?.weighed ?? []).flatMap(({ approval, discount }) =>
      discount === null && approval.decision === 'APPROVED' ? [approval.accountId] : [],
    ),
  );
  return approvers
    .filter((person) => mayApprove(person) && !counted.has(person.accountId))
    .filter(({ accountId }) => policy.allowSelfApproval || accountId !== policy.requesterAccountId)
    .slice(0, LISTED)
    .map((person) => {
      const voices = voicesOf({ ...person, standsFor: delegators.get(person.accountId) ?? [] }, policy);
      const groups = policy.groups.filter((group) => voices.some((voice) => isOf(group, voice)));
      return { ...personView(person), groups: groups.map(({ name }) => name) };
    });
}

function nextNotice({ rules, gate, now }: GateFacts, askedAt: Date): GateDetail['nextNotice'] {
  const { nextAt, nextKind } = remindersAt(rulesOf(rules, gate), askedAt, now);
  return nextAt === null || nextKind === null ? null : { kind: nextKind, at: iso(nextAt) };
}
