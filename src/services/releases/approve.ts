import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { TaskStatus, WaitReason } from '../../domain/run.ts';
import { writeHistory } from '../../engine/history.ts';
import { hurry } from '../../engine/signal.ts';
import type { Ring } from '../../platform/ring.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict, ServiceError } from '../service-error.ts';
import type { Decision } from './decision.ts';
import { markGates } from './gate-request.ts';
import { gateOf, gateTaskTypes } from './gate-view.ts';
import { type LockedRelease, lockRelease, refuseEnded } from './release-row.ts';
import type { GateView } from './release-view.ts';

export interface ApproveInput {
  decision: Decision;
  comment?: string | undefined;
  /** What whoever decides has seen; absent = whatever waits now. */
  shown?: { taskId: string; commit: string } | undefined;
}

interface GateRow {
  id: string;
  type: string;
  status: TaskStatus;
  waitReason: WaitReason | null;
  output: unknown;
}

export interface OpenGate {
  taskId: string;
  type: string;
  rcCommit: string;
}

/**
 * A person's word on the gate, bound to the candidate they saw. One per account; a second one replaces the first.
 * @throws ServiceError conflict when no gate waits for approval; forbidden when it is the creator's own release
 */
export async function approve(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  releaseId: string,
  input: ApproveInput,
): Promise<GateView> {
  authorise(caller, 'gate:approve');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const gate = await findOpenGate(tx, release);
    if (gate === null) throw conflict(await whyNoGate(tx, release));
    demandShown(release, gate, input.shown);
    await approveInside(tx, deps.ring, caller, release, gate, input);
    const view = await gateOf(tx, release.tenantId, release.run.id, release.config.gates.quorum);
    if (view === null) throw new Error(`the gate ${gate.taskId} vanished while it was locked`);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

/** @throws ServiceError conflict: a word on one candidate is none on the next */
function demandShown({ displayId }: LockedRelease, gate: OpenGate, shown: ApproveInput['shown']): void {
  if (shown === undefined || (shown.taskId === gate.taskId && shown.commit === gate.rcCommit)) return;
  const what =
    shown.taskId === gate.taskId || shown.commit !== gate.rcCommit ? `a newer candidate, ${gate.rcCommit.slice(0, 10)}` : 'another gate';
  throw conflict(`${displayId} waits for approval of ${what}: what you were shown is not asked about any more.`);
}

/**
 * The gate that asks for people's word, locked. One that is being looked at in this instant counts as asking: it was hurried by somebody
 * else's approval, and has shown its candidate before.
 */
export async function findOpenGate(tx: Tx, release: LockedRelease): Promise<OpenGate | null> {
  const [gate] = await gates(tx, release);
  if (gate === undefined) return null;
  const asks = gate.status === 'IN_PROGRESS' || (gate.status === 'WAITING' && gate.waitReason === 'APPROVAL');
  const output = parseJson(gate.output) as { rcCommit?: unknown } | null;
  return asks && typeof output?.rcCommit === 'string' ? { taskId: gate.id, type: gate.type, rcCommit: output.rcCommit } : null;
}

function gates(tx: Tx, release: LockedRelease): Promise<GateRow[]> {
  return tx.rows<GateRow>(
    `SELECT id, type, status, wait_reason AS waitReason, output FROM tasks
     WHERE run_id = ? AND type IN (?) AND status <> 'CANCELLED' ORDER BY id DESC LIMIT 1 FOR UPDATE`,
    [release.run.id, gateTaskTypes],
  );
}

async function whyNoGate(tx: Tx, release: LockedRelease): Promise<string> {
  const [gate] = await gates(tx, release);
  if (gate === undefined) return `${release.displayId} has not come to its gate yet: there is nothing to approve.`;
  const state = gate.waitReason === null ? gate.status : `${gate.status} (${gate.waitReason})`;
  return `The gate of ${release.displayId} is ${state}: it takes approvals only while it waits for them.`;
}

/** @throws ServiceError forbidden */
export async function approveInside(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  gate: OpenGate,
  input: ApproveInput,
): Promise<void> {
  const { accountId } = caller;
  const { decision } = input;
  if (accountId === release.createdByAccountId && !release.config.gates.allowSelfApproval) {
    throw new ServiceError('forbidden', 'Whoever created the release may not approve it.');
  }
  const [before] = await tx.rows<{ id: string; decision: string; commit: string | null }>(
    'SELECT id, decision, commit_sha AS `commit` FROM approvals WHERE tenant_id = ? AND task_id = ? AND account_id = ? FOR UPDATE',
    [release.tenantId, gate.taskId, accountId],
  );
  // The same once more, with nothing to add: it is said, and keeps the words it was said with.
  if (before?.decision === decision && before.commit === gate.rcCommit && input.comment === undefined) return;
  const id = before?.id ?? ulid();
  const comment = input.comment ?? null;
  await tx.run(
    `INSERT INTO approvals (id, tenant_id, release_id, task_id, account_id, decision, comment, commit_sha) VALUES (?)
     ON DUPLICATE KEY UPDATE decision = VALUES(decision), comment = VALUES(comment), commit_sha = VALUES(commit_sha),
       created_at = UTC_TIMESTAMP(3)`,
    [[id, release.tenantId, release.id, gate.taskId, accountId, decision, comment, gate.rcCommit]],
  );
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'approval',
      entityId: id,
      action: before === undefined ? 'ADD' : 'UPDATE',
      actor: actorOf(caller),
      why: comment,
      items: [
        { field: 'decision', before: before?.decision ?? null, after: decision },
        { field: 'commit', before: before?.commit ?? null, after: gate.rcCommit },
      ],
    },
  ]);
  const wakes = await hurry(tx, [gate.taskId]);
  markGates(tx, release.tenantId, [{ id: gate.taskId, type: gate.type }]);
  tx.afterCommit(() => ring(wakes));
}
