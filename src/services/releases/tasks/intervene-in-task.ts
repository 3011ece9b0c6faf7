import { isValid } from 'ulid';
import type { Tx } from '../../../db/client.ts';
import type { Permission } from '../../../domain/access/permissions.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { type Intervention, intervene } from '../../../engine/intervene.ts';
import { makeRunsDue } from '../../../engine/stage-counters.ts';
import type { Ring } from '../../../platform/ring.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { markGates } from '../../gates/gate-request.ts';
import { passAgainst } from '../../gates/override-gate.ts';
import { conflict, notFound } from '../../service-error.ts';
import { isGate } from '../gate-view.ts';
import { type LockedRelease, lockRelease } from '../release-row.ts';
import { readTask, type TaskDetail } from './get-task.ts';
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
    const result =
      isGate(task.type) && intervention.do !== 'retry'
        ? await passAgainst(tx, deps.ring, caller, release, task, intervention)
        : await intervene(tx, task.id, intervention, actorOf(caller), deps.ring);
    if (!result.ok) throw conflict(whyNot(task, result.status));
    if (task.type === 'WAIT_FOR_TURN') await startNow(tx, deps.ring, release);
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
