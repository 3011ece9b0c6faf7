import type { ApprovalPolicy } from '../gates/approval-rules.ts';
import type { GateApproval } from '../gates/approvals.ts';
import { evaluateGate, type GateEvaluation } from '../gates/evaluate-gate.ts';
import { type Reading, whoever } from '../gates/requirement.ts';
import type { GateSubject } from '../gates/subject.ts';
import type { TaskStatus } from '../run.ts';
import { judgeBlockers, type ReleaseRequirement } from './release-requirement.ts';
import type { Target } from './vocabulary.ts';

/** A build as its store shows it now; null = there is none. */
export type StoreBuildReading = Reading<{ buildNumber: string; ready: boolean; state: string } | null>;

/** Everything the gate before the stores looks at, with the instant at which our own rows were read. */
export interface DistributionGateEvidence {
  readAt: Date;
  /** Of post-regression, but the gate itself. */
  tasks: readonly { key: string; status: TaskStatus }[];
  /** How the check of the tickets ended; null = the release has no tickets. */
  ticketCheck: TaskStatus | null;
  /** As people call them, with their links. */
  openBlockers: readonly string[];
  /** One entry per store the release goes to. */
  builds: readonly { target: Target; build: StoreBuildReading }[];
  /** Commit of the release tag; null = there is none. */
  commit: string | null;
  /** Of the final notes; null = there are none. */
  notesDigest: string | null;
  /** How old what a store showed may be, milliseconds. */
  freshForMs: number;
  /** null = the config wants no person's approval. */
  policy: ApprovalPolicy | null;
  approvals: readonly GateApproval[];
}

/** Whether the release may go to the stores, requirement by requirement. What could not be checked is never taken for met. */
export function evaluateDistributionGate(evidence: DistributionGateEvidence): GateEvaluation<ReleaseRequirement> {
  const { readAt, commit, policy, approvals } = evidence;
  const requirements: ReleaseRequirement[] = [
    {
      key: 'release-commit',
      met: commit !== null,
      evidence: commit === null ? 'there is nothing tagged to release' : `the release is at ${commit}`,
      ...{ checkedAt: readAt, owner: { kind: 'system', system: 'the release tag' }, freshForMs: null },
    },
    judgeTasks(evidence),
    ...(evidence.ticketCheck === null ? [] : [judgeTickets(evidence.ticketCheck, readAt)]),
    judgeBlockers(evidence.openBlockers, readAt),
    ...evidence.builds.map(({ target, build }) => judgeBuild(target, build, evidence.freshForMs)),
  ];
  return evaluateGate(requirements, { policy, approvals, subject: distributionSubject(evidence) }, readAt);
}

/** What goes to the stores: the builds as their stores number them. */
export function distributionSubject(evidence: Pick<DistributionGateEvidence, 'commit' | 'builds' | 'notesDigest'>): GateSubject | null {
  const { commit, builds, notesDigest } = evidence;
  if (commit === null) return null;
  const known = builds.flatMap(({ target, build }) =>
    build.known && build.value !== null ? [{ name: target, identity: build.value.buildNumber }] : [],
  );
  return { commit, builds: known, notesDigest };
}

function judgeTasks({ tasks, readAt }: DistributionGateEvidence): ReleaseRequirement {
  const open = tasks.filter(({ status }) => status !== 'COMPLETED' && status !== 'SKIPPED');
  const skipped = tasks.filter(({ status }) => status === 'SKIPPED').map(({ key }) => key);
  const words = open.length > 0 ? `${open.map(({ key, status }) => `${key} is ${status}`).join(', ')}` : `${tasks.length} ended`;
  const evidence = skipped.length === 0 ? words : `${words}; skipped: ${skipped.join(', ')}`;
  return {
    ...{ key: 'post-regression-done', met: open.length === 0, evidence, checkedAt: readAt },
    ...{ owner: { kind: 'system', system: 'post-regression' }, freshForMs: null },
  };
}

/** A person who skipped the check has decided, and said why, in the task's history. */
function judgeTickets(status: TaskStatus, checkedAt: Date): ReleaseRequirement {
  const evidence =
    status === 'COMPLETED'
      ? 'every ticket is done'
      : status === 'SKIPPED'
        ? 'the check of the tickets was skipped'
        : `the check of the tickets is ${status}`;
  const met = status === 'COMPLETED' || status === 'SKIPPED';
  return { key: 'tickets-done', met, evidence, checkedAt, owner: whoever('task:skip'), freshForMs: null };
}

function judgeBuild(target: Target, reading: StoreBuildReading, freshForMs: number): ReleaseRequirement {
  const owner = { kind: 'system', system: target } as const;
  const base = { key: `store-build:${target}`, checkedAt: reading.checkedAt, owner, freshForMs };
  if (!reading.known) return { ...base, met: 'unknown', evidence: `the build could not be read: ${reading.why}` };
  if (reading.value === null) return { ...base, met: false, evidence: 'the store shows no build of this version' };
  const { buildNumber, ready, state } = reading.value;
  return { ...base, met: ready, evidence: ready ? `build ${buildNumber} is ready` : `build ${buildNumber} is ${state}` };
}
