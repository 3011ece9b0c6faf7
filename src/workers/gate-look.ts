import type { GateEvaluation } from '../domain/gates/evaluate-gate.ts';
import type { DueNotice } from '../domain/gates/reminders.ts';
import { changedParts, type GateSubject, partsInWords, subjectDigest } from '../domain/gates/subject.ts';
import { gateOfTask, policyOf, quorumOf, rulesOf } from '../domain/release/gate-rules.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import { gateOutputOf } from '../services/gates/gate-subject.ts';
import { remindOfGate } from './gate-reminders.ts';
import type { TaskContext } from './task-context.ts';

/** What a gate found when it looked. */
export interface GateLook {
  evaluation: GateEvaluation;
  /** What people are asked about; null = there is nothing yet. */
  subject: GateSubject | null;
  /** By the database's clock. */
  readAt: Date;
  /** What the gate keeps besides: how its candidate is called, what it names to those after it. */
  output: Record<string, unknown>;
  /** What hurries its next look. */
  signals: readonly { integrationId: string; key: string }[];
}

/** A reading that is older than this says nothing: a few looks may fail to happen, not more. */
export const freshForMs = (pollMs: number) => Math.max(15 * 60_000, 3 * pollMs);

/** The rules of this gate, applied to its release. */
export const policyFor = ({ release, task }: TaskContext) =>
  policyOf(release.config.gates, gateOfTask(task.type), release.createdByAccountId);

/**
 * What becomes of a gate after a look: it opens, asks people, or waits for what is missing. Where what people are asked about has changed since they were
 * asked, it stops asking for a moment, so that they are asked anew about what it is now.
 */
export async function afterLook(context: TaskContext, look: GateLook): Promise<Outcome> {
  const { release, task, pollMs } = context;
  const { evaluation, subject, readAt, signals } = look;
  const before = gateOutputOf(task.output);
  const gate = gateOfTask(task.type);
  const changed = subject === null || !before.subject ? [] : changedParts(subjectDigest(before.subject), subjectDigest(subject));
  const askedBefore = typeof before.askedAt === 'string' ? new Date(before.askedAt) : null;
  const asksAnew = changed.length > 0 && askedBefore !== null;
  const asks = evaluation.readyForApproval && evaluation.tally !== null && !asksAnew;
  // Where a requirement fails for a while, people have been asked since they were asked first.
  const askedAt = changed.length > 0 ? null : (askedBefore ?? (asks ? readAt : null));
  const output = {
    ...look.output,
    quorum: evaluation.tally === null ? 0 : quorumOf(release.config.gates, gate),
    subject,
    askedAt: askedAt?.toISOString() ?? null,
    ...(asksAnew ? { asksAnewBecause: `people were asked about ${partsInWords(changed)}` } : {}),
    requirements: evaluation.requirements.map((requirement) => ({ ...requirement, checkedAt: requirement.checkedAt.toISOString() })),
  };
  if (evaluation.open) return { kind: 'completed', output };
  if (asksAnew) return { kind: 'waiting', reason: 'CALLBACK', forMs: 0, output, signals };
  if (!asks) return { kind: 'waiting', reason: 'CALLBACK', forMs: pollMs, output, signals };
  const untilNext = await remind(context, look, askedAt ?? readAt);
  const forMs = untilNext === null ? pollMs : Math.min(pollMs, untilNext);
  return { kind: 'waiting', reason: 'APPROVAL', forMs, output, signals };
}

/** @returns milliseconds until the next message is due; null = none will be */
async function remind(context: TaskContext, { evaluation, readAt, output }: GateLook, askedAt: Date): Promise<number | null> {
  const { release, task, services } = context;
  const { commsConfigId, gates } = release.config;
  const gate = gateOfTask(task.type);
  const rules = rulesOf(gates, gate);
  const send = (notice: DueNotice) =>
    services.records.remindApprovers(
      { tenantId: release.tenantId, id: release.id },
      {
        taskId: task.id,
        notice,
        data: { gate, name: nameOf(output), missing: evaluation.tally?.evidence ?? '', since: askedAt.toISOString() },
        escalateTo: rules.escalateTo,
      },
    );
  return remindOfGate(rules, { askedAt, readAt }, commsConfigId === null ? null : send);
}

/** The release's tag where it has one, else the candidate's. */
const nameOf = ({ releaseTag, rcTag }: Record<string, unknown>) => String(releaseTag ?? rcTag ?? '');
