import type { TaskStatus } from '../run.ts';
import { type ApprovalPolicy, evaluate, type GateApproval, type GateEvaluation, type Reading, type Requirement } from './gates.ts';
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
  /** One entry per store the release goes to. */
  builds: readonly { target: Target; build: StoreBuildReading }[];
  /** Commit of the release tag; null = there is none. */
  commit: string | null;
  /** null = the config wants no person's approval. */
  policy: ApprovalPolicy | null;
  approvals: readonly GateApproval[];
}

/** Whether the release may go to the stores, requirement by requirement. What could not be checked is never taken for met. */
export function evaluateDistributionGate(evidence: DistributionGateEvidence): GateEvaluation {
  const { readAt, commit, policy, approvals } = evidence;
  const requirements: Requirement[] = [
    {
      key: 'release-commit',
      met: commit !== null,
      evidence: commit === null ? 'there is nothing tagged to release' : `the release is at ${commit}`,
      checkedAt: readAt,
    },
    judgeTasks(evidence),
    ...(evidence.ticketCheck === null ? [] : [judgeTickets(evidence.ticketCheck, readAt)]),
    ...evidence.builds.map(({ target, build }) => judgeBuild(target, build)),
  ];
  return evaluate(requirements, { readAt, policy, approvals, commit });
}

function judgeTasks({ tasks, readAt }: DistributionGateEvidence): Requirement {
  const open = tasks.filter(({ status }) => status !== 'COMPLETED' && status !== 'SKIPPED');
  const skipped = tasks.filter(({ status }) => status === 'SKIPPED').map(({ key }) => key);
  const words = open.length > 0 ? `${open.map(({ key, status }) => `${key} is ${status}`).join(', ')}` : `${tasks.length} ended`;
  const evidence = skipped.length === 0 ? words : `${words}; skipped: ${skipped.join(', ')}`;
  return { key: 'post-regression-done', met: open.length === 0, evidence, checkedAt: readAt };
}

/** A person who skipped the check has decided, and said why, in the task's history. */
function judgeTickets(status: TaskStatus, checkedAt: Date): Requirement {
  const evidence =
    status === 'COMPLETED'
      ? 'every ticket is done'
      : status === 'SKIPPED'
        ? 'the check of the tickets was skipped'
        : `the check of the tickets is ${status}`;
  return { key: 'tickets-done', met: status === 'COMPLETED' || status === 'SKIPPED', evidence, checkedAt };
}

function judgeBuild(target: Target, reading: StoreBuildReading): Requirement {
  const base = { key: `store-build:${target}`, checkedAt: reading.checkedAt };
  if (!reading.known) return { ...base, met: 'unknown', evidence: `the build could not be read: ${reading.why}` };
  if (reading.value === null) return { ...base, met: false, evidence: 'the store shows no build of this version' };
  const { buildNumber, ready, state } = reading.value;
  return { ...base, met: ready, evidence: ready ? `build ${buildNumber} is ready` : `build ${buildNumber} is ${state}` };
}
