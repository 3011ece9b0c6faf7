import { isValid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { Permission } from '../../domain/access/permissions.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { writeHistory } from '../../engine/history.ts';
import { type Intervention, intervene } from '../../engine/intervene.ts';
import { makeRunsDue } from '../../engine/stage-counters.ts';
import type { Ring } from '../../platform/ring.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict, notFound } from '../service-error.ts';
import { announce, nameOf } from './announce.ts';
import { markGates } from './gate-request.ts';
import { isGate } from './gate-view.ts';
import { readTask, type TaskDetail } from './get-task.ts';
import { type LockedRelease, lockRelease } from './release-row.ts';
import { possibleActions } from './task-view.ts';

interface TaskHead {
  id: string;
  key: string;
  type: string;
  status: TaskStatus;
}

/** Carries out a person's word on a task through the engine. @throws ServiceError conflict naming the status and what is possible in it */
export async function interveneInTask(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  ids: { releaseId: string; taskId: string },
  intervention: Intervention,
  permission: Permission,
): Promise<TaskDetail> {
  authorise(caller, permission);
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, ids.releaseId);
    const task = await findTask(tx, release, ids.taskId);
    markGates(tx, release.tenantId, [task]);
    const overrides = isGate(task.type) && intervention.do !== 'retry';
    if (overrides) authorise(caller, 'gate:override');
    const result = await intervene(tx, task.id, intervention, actorOf(caller), deps.ring);
    if (!result.ok) throw conflict(whyNot(task, result.status));
    if (task.type === 'WAIT_FOR_TURN') await startNow(tx, deps.ring, release);
    if (overrides) {
      const reason = intervention.why ?? '';
      await recordOverride(tx, caller, release, task, reason);
      const how = intervention.do === 'skip' ? 'skipped' : 'completed';
      await announce(tx, deps.ring, release, 'GATE_OVERRIDDEN', { how, by: await nameOf(tx, caller), reason });
    }
    return readTask(tx, release.tenantId, release.run.id, task.id);
  });
}

/** Whoever ends the wait for its turn lets the release kick off: its planner waits for nothing else then. */
async function startNow(tx: Tx, ring: Ring, release: LockedRelease): Promise<void> {
  const wakes = await makeRunsDue(tx, [release.run]);
  tx.afterCommit(() => ring(wakes));
}

/** A task of this very release. @throws ServiceError not-found */
export async function findTask(tx: Tx, release: LockedRelease, taskId: string): Promise<TaskHead> {
  const [task] = isValid(taskId)
    ? await tx.rows<TaskHead>('SELECT id, task_key AS `key`, type, status FROM tasks WHERE id = ? AND run_id = ? FOR UPDATE', [
        taskId,
        release.run.id,
      ])
    : [];
  if (task === undefined) throw notFound('The task');
  return task;
}

function whyNot(task: TaskHead, status: TaskStatus): string {
  const possible = possibleActions(status);
  const now = possible.length === 0 ? 'nothing can be done to it any more' : `possible now: ${possible.join(', ')}`;
  return `The task ${task.key} is ${status}; ${now}.`;
}

/** A gate that was not passed but overridden must never look like one that was, and nobody should learn of it by chance. */
function recordOverride(tx: Tx, caller: Caller, release: LockedRelease, task: TaskHead, why: string): Promise<void> {
  return writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'approval',
      entityId: task.id,
      action: 'ADD',
      actor: actorOf(caller),
      why,
      items: [{ field: 'gateOverride', before: null, after: task.key }],
    },
  ]);
}
