import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { gateTasks, type ReleaseGate } from '../../domain/release/gate-rules.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { writeHistory } from '../../engine/history.ts';
import { type Intervention, type InterventionResult, intervene } from '../../engine/intervene.ts';
import type { Ring } from '../../platform/ring.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { announce, nameOf } from '../releases/messages/announce.ts';
import { type LockedRelease, lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict } from '../service-error.ts';
import type { GateDetail } from './gate-detail.ts';
import { markGates } from './gate-request.ts';
import { gateOutputOf } from './gate-subject.ts';
import { readGate } from './read-gates.ts';
import { type StoredRequirement, storedRequirements } from './stored-requirements.ts';

/**
 * Passes a gate against its requirements, for those who may: it is written down with what stood unmet, told in the channels for what is critical, and
 * shown wherever the gate is.
 * @throws ServiceError conflict when the release has not come to the gate, or the gate was passed already
 */
export async function overrideGate(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  { releaseId, gate }: { releaseId: string; gate: ReleaseGate },
  { reason }: { reason: string },
): Promise<GateDetail> {
  authorise(caller, 'gate:override');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const [task] = await tx.rows<{ id: string; key: string; type: string; status: TaskStatus }>(
      `SELECT id, task_key AS \`key\`, type, status FROM tasks WHERE run_id = ? AND type = ? AND status <> 'CANCELLED' ORDER BY id DESC LIMIT 1 FOR UPDATE`,
      [release.run.id, gateTasks[gate]],
    );
    if (task === undefined || task.status === 'PENDING')
      throw conflict(`${release.displayId} has not come to its gate ${gate} yet: there is nothing to override.`);
    const result = await passAgainst(tx, deps.ring, caller, release, task, { do: 'skip', why: reason });
    if (!result.ok) throw conflict(`The gate ${gate} of ${release.displayId} is ${result.status}: it is decided already.`);
    const view = await readGate(tx, caller.tenantId, releaseId, gate);
    await rememberAnswer(tx, deps, caller, { status: 200, body: view });
    return view;
  });
}

/**
 * The one way to pass a gate against its requirements, however it is called: overriding it, skipping its task, or calling that done.
 * `ok: false` tells the status in which it is not possible; then nothing was changed.
 */
export async function passAgainst(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  task: { id: string; key: string; type: string },
  intervention: Exclude<Intervention, { do: 'retry' }>,
): Promise<InterventionResult> {
  authorise(caller, 'gate:override');
  markGates(tx, release.tenantId, [task]);
  // Read before the intervention, which may put something else in place of what the gate found.
  const unmet = await unmetOf(tx, task.id);
  const result = await intervene(tx, task.id, intervention, actorOf(caller), ring);
  if (!result.ok) return result;
  const how = intervention.do === 'skip' ? 'skipped' : 'completed';
  const { why: reason } = intervention;
  await tx.run('INSERT INTO gate_overrides (id, tenant_id, release_id, task_id, account_id, reason, how, unmet) VALUES (?)', [
    [ulid(), release.tenantId, release.id, task.id, caller.accountId, reason, how, JSON.stringify(unmet)],
  ]);
  await recordOverride(tx, caller, release, task, { reason, unmet });
  const told = unmet.map(({ key, evidence }) => `${key}: ${evidence}`);
  await announce(tx, ring, release, 'GATE_OVERRIDDEN', { how, by: await nameOf(tx, caller), reason, unmet: told });
  return result;
}

type Unmet = Pick<StoredRequirement, 'key' | 'evidence' | 'checkedAt'> & { met: false | 'unknown' };

async function unmetOf(tx: Tx, taskId: string): Promise<Unmet[]> {
  const [row] = await tx.rows<{ output: unknown }>('SELECT output FROM tasks WHERE id = ?', [taskId]);
  return storedRequirements(gateOutputOf(row?.output ?? null)).flatMap(({ key, met, evidence, checkedAt }) =>
    met === true ? [] : [{ key, met, evidence, checkedAt }],
  );
}

/** A gate that was not passed but overridden must never look like one that was, and nobody should learn of it by chance. */
function recordOverride(
  tx: Tx,
  caller: Caller,
  release: LockedRelease,
  task: { id: string; key: string },
  { reason, unmet }: { reason: string; unmet: readonly Unmet[] },
): Promise<void> {
  return writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'approval', entityId: task.id, action: 'ADD' },
      ...{ actor: actorOf(caller), why: reason },
      items: [
        { field: 'gateOverride', before: null, after: task.key },
        ...unmet.map(({ key, evidence }) => ({ field: `unmet:${key}`.slice(0, 64), before: null, after: evidence })),
      ],
    },
  ]);
}
