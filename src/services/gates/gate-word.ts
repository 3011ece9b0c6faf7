import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { changedParts, type GateSubject, partsInWords, subjectDigest } from '../../domain/gates/subject.ts';
import type { TaskStatus, WaitReason } from '../../domain/run.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { hurry } from '../../engine/signal.ts';
import type { Ring } from '../../platform/ring.ts';
import { actorOf, type Caller } from '../context.ts';
import { delegatorsOf } from '../delegations/delegation-row.ts';
import type { Decision } from '../releases/decision.ts';
import { conflict } from '../service-error.ts';
import { markGates } from './gate-request.ts';

/* A person's word on a gate, whatever stands behind it: a release or a deployment, locked by whoever calls. */

/** What is locked. */
export interface Gated {
  id: string;
  tenantId: string;
  displayId: string;
  run: { id: string };
}

export interface GateWord {
  decision: Decision;
  comment?: string | undefined;
  /** What whoever decides has seen; absent = whatever waits now. */
  shown?: ShownGate | undefined;
}

interface ShownGate {
  taskId?: string;
  commit?: string;
  subject?: string | undefined;
}

export interface OpenGate {
  taskId: string;
  type: string;
  /** What people are asked about, as it is now. */
  subject: GateSubject;
}

export interface LockedGate {
  id: string;
  type: string;
  status: TaskStatus;
  waitReason: WaitReason | null;
  output: unknown;
}

/** Newest first, without those that were cancelled. */
export function lockGates(tx: Tx, { run }: Gated, types: readonly string[]): Promise<LockedGate[]> {
  return tx.rows<LockedGate>(
    `SELECT id, type, status, wait_reason AS waitReason, output FROM tasks
     WHERE run_id = ? AND type IN (?) AND status <> 'CANCELLED' ORDER BY id DESC FOR UPDATE`,
    [run.id, types],
  );
}

/**
 * One that is looked at in this very instant asks for what it asked for before: it still waits for that, in its row. One that begins anew, after a
 * crash, has shown its candidate before, or has none to show.
 */
export const isAsking = ({ status, waitReason }: Pick<LockedGate, 'status' | 'waitReason'>) =>
  (status === 'WAITING' && waitReason === 'APPROVAL') || (status === 'IN_PROGRESS' && (waitReason === null || waitReason === 'APPROVAL'));

/** Why nobody's word is taken now. @param newest of its gates */
export function whyNoGate({ displayId }: Gated, newest: LockedGate | undefined): string {
  if (newest === undefined) return `${displayId} has not come to its gate yet: there is nothing to approve.`;
  const state = newest.waitReason === null ? newest.status : `${newest.status} (${newest.waitReason})`;
  return `The gate of ${displayId} is ${state}: it takes approvals only while it waits for them.`;
}

/** @throws ServiceError conflict: a word on one candidate, or on one wording of its notes, is none on the next */
export function demandShown({ displayId }: Gated, gate: OpenGate, shown: ShownGate | undefined): void {
  if (shown === undefined) return;
  const { commit } = gate.subject;
  if (shown.commit !== undefined && shown.commit !== commit) {
    throw conflict(`${displayId} waits for approval of a newer candidate, ${commit.slice(0, 10)}: ${notAsked}`);
  }
  if (shown.taskId !== undefined && shown.taskId !== gate.taskId) {
    throw conflict(`${displayId} waits for approval of another gate: ${notAsked}`);
  }
  const changed = shown.subject === undefined ? [] : changedParts(shown.subject, subjectDigest(gate.subject));
  if (changed.length > 0) throw conflict(`${displayId} waits for approval of ${partsInWords(changed)} by now: ${notAsked}`);
}

/** Of words on what was shown earlier. */
export const notAsked = 'what you were shown is not asked about any more.';

/**
 * Writes a word, bound to the gate's subject, with its history; the gate looks at once, and its message shows it. One per account; a second one replaces
 * the first, and the same once more, with nothing to add, changes nothing.
 * @param lapses whether approvals of this gate expire: then the same once more begins its time anew
 */
export async function writeWord(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  about: Gated,
  gate: OpenGate & { lapses: boolean },
  { decision, comment: said }: GateWord,
): Promise<void> {
  const { accountId } = caller;
  const { subject } = gate;
  const before = await wordBefore(tx, about, gate, accountId);
  const standsFor = decision === 'APPROVED' ? await delegatorsOf(tx, about.tenantId, accountId) : [];
  const digest = subjectDigest(subject);
  const isSame = before?.decision === decision && before.subject === digest && before.standsFor.join() === standsFor.join();
  // It keeps the words it was said with.
  if (isSame && !gate.lapses && said === undefined) return;
  const id = before?.id ?? ulid();
  const comment = said ?? null;
  await tx.run(
    `INSERT INTO approvals (id, tenant_id, release_id, task_id, account_id, decision, comment, commit_sha, subject, for_account_ids) VALUES (?)
     ON DUPLICATE KEY UPDATE decision = VALUES(decision), comment = VALUES(comment), commit_sha = VALUES(commit_sha),
       subject = VALUES(subject), for_account_ids = VALUES(for_account_ids), created_at = UTC_TIMESTAMP(3)`,
    [
      [
        ...[id, about.tenantId, about.id, gate.taskId, accountId, decision, comment, subject.commit, JSON.stringify(subject)],
        standsFor.length === 0 ? null : JSON.stringify(standsFor),
      ],
    ],
  );
  const spokenFor = (accountIds: readonly string[]) => (accountIds.length === 0 ? null : accountIds.join(', '));
  await writeHistory(tx, [
    {
      tenantId: about.tenantId,
      scopeId: about.id,
      entityType: 'approval',
      entityId: id,
      action: before === undefined ? 'ADD' : 'UPDATE',
      actor: actorOf(caller),
      why: comment,
      items: [
        { field: 'decision', before: before?.decision ?? null, after: decision },
        { field: 'commit', before: before?.commit ?? null, after: subject.commit },
        { field: 'subject', before: before?.subject ?? null, after: digest },
        ...itemIfSaid('for', spokenFor(before?.standsFor ?? []), spokenFor(standsFor)),
      ],
    },
  ]);
  const wakes = await hurry(tx, [gate.taskId]);
  markGates(tx, about.tenantId, [{ id: gate.taskId, type: gate.type }]);
  tx.afterCommit(() => ring(wakes));
}

const itemIfSaid = (field: string, before: string | null, after: string | null): HistoryItem[] =>
  before === null && after === null ? [] : [{ field, before, after }];

interface WordBefore {
  id: string;
  decision: string;
  commit: string | null;
  /** Its digest. */
  subject: string | null;
  standsFor: string[];
}

async function wordBefore(tx: Tx, { tenantId }: Gated, { taskId }: OpenGate, accountId: string): Promise<WordBefore | undefined> {
  const [row] = await tx.rows<Pick<WordBefore, 'id' | 'decision' | 'commit'> & { subject: unknown; standsFor: unknown }>(
    `SELECT id, decision, commit_sha AS \`commit\`, subject, for_account_ids AS standsFor FROM approvals
     WHERE tenant_id = ? AND task_id = ? AND account_id = ? FOR UPDATE`,
    [tenantId, taskId, accountId],
  );
  if (row === undefined) return undefined;
  const subject = parseJson(row.subject) as GateSubject | null;
  return {
    ...row,
    subject: subject === null ? null : subjectDigest(subject),
    standsFor: (parseJson(row.standsFor) as string[] | null) ?? [],
  };
}
