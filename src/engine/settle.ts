import { type Database, isUnreachable, type Statement, type Tx } from '../db/client.ts';
import type { BackoffPolicy } from '../domain/failure.ts';
import type { Ring, Wake } from '../platform/ring.ts';
import { createBatch } from './batch.ts';
import { lockDependants, releaseDependants } from './dependants.ts';
import { historyStatements } from './history.ts';
import { liftHold, placeHold } from './holds.ts';
import { livingOf, livingOfTask, markChanged } from './living.ts';
import { writeNotices } from './notices.ts';
import type { EngineEvent, RunDefinitions } from './run-definition.ts';
import type { SettleRequest, SettleResult } from './settle-request.ts';
import {
  attemptStatements,
  endStatements,
  historyOf,
  isSameWait,
  type LockedRow,
  moveStatements,
  type Settled,
  unsubscribe,
} from './settle-writes.ts';
import { decideSettlement } from './settlement.ts';
import { closeStatements, drainedWakes, makeRunDue } from './stage-counters.ts';
import { next } from './transitions.ts';
import { engineActor } from './vocabulary.ts';

interface SettleOptions {
  db: Database;
  owner: string;
  leaseMs: number;
  backoff: BackoffPolicy;
  random: () => number;
  ring: Ring;
  definitions: RunDefinitions;
}

export type Settle = (request: SettleRequest) => Promise<SettleResult>;

/**
 * Settles tasks, many in one transaction of two round trips: the transition, the dependants it releases, the ended attempt, the history event,
 * the hold and the notices a failure causes. A crash before the commit changes nothing (the lease lapses, the handler runs again and finds its
 * effects); after the commit only the ringing is lost, which the sweep repeats.
 */
export function createSettle(options: SettleOptions): Settle {
  return createBatch({
    maxSize: 200,
    maxConcurrent: 4,
    alone: (error) => !isUnreachable(error),
    flush: (requests) => options.db.transact((tx) => settleAll(tx, requests, options)),
  });
}

async function settleAll(tx: Tx, requests: SettleRequest[], options: SettleOptions): Promise<SettleResult[]> {
  const { settled, dependants } = await readAndDecide(tx, requests, options);
  if (settled.length === 0) return requests.map(() => ({ settled: false }));
  const ended = settled.filter(({ to }) => to === 'COMPLETED' || to === 'SKIPPED');
  const others = settled.filter((entry) => !ended.includes(entry));
  const release = releaseDependants(
    dependants,
    ended.map((entry) => entry.request),
    options,
  );
  const wakes: Wake[] = [...release.wakes];
  const statements: Statement[] = [
    ...endStatements(ended),
    ...unsubscribe(settled.filter(({ settlement }) => settlement.event !== 'wait')),
    ...others.flatMap(moveStatements),
    ...release.statements,
    ...attemptStatements(settled, options.owner),
    ...historyStatements(settled.filter(movedOn).map((entry) => historyOf(entry, release.items.get(entry.request.task.id) ?? []))),
    ...closeStatements(stageCounts(ended), release.occupiedStages),
  ];
  for (const { request, row, settlement } of others) {
    if (settlement.event !== 'hand-back') continue;
    const { id, queue, tenantId } = request.task;
    wakes.push({ kind: 'task', queue, id, fence: row.fence + 1, tenantId });
  }
  tx.afterCommit(() => {
    if (wakes.length > 0) options.ring(wakes);
  });
  markChanged(
    tx,
    settled.filter(movedOn).flatMap(({ request: { task } }) => livingOf(options.definitions)({ ...task, kind: task.runKind })),
  );
  markChanged(
    tx,
    settled.filter(movedOn).flatMap(({ request: { task } }) => livingOfTask(options.definitions)(task)),
  );
  const quiet = isQuiet(settled, options);
  const drained = shareOut(drainedOf(quiet ? await tx.finish(statements) : await tx.batch(statements), ended), ended);
  wakes.push(...drained.wakes);
  if (!quiet) await announce(tx, settled, options, wakes);
  const byId = new Map(settled.map((entry) => [entry.request.task.id, entry]));
  return requests.map((request) => {
    const entry = byId.get(request.task.id);
    if (entry === undefined || entry.request !== request) return { settled: false };
    return {
      settled: true,
      status: entry.to,
      next: release.handedOver.get(request.task.id) ?? null,
      drainedRun: drained.taken.get(request.task.id) ?? null,
    };
  });
}

/** Locks the tasks and, in the same round trip, those that wait for the completed ones; decides what becomes of each. */
async function readAndDecide(
  tx: Tx,
  requests: SettleRequest[],
  options: SettleOptions,
): Promise<{ settled: Settled[]; dependants: unknown[] }> {
  const ids = requests.map((request) => request.task.id).sort();
  const completed = requests.filter((request) => request.outcome.kind === 'completed').map((request) => request.task.id);
  const [rows, found = []] = (await tx.batch([
    lockTasks(ids),
    ...(completed.length === 0 ? [] : [lockDependants(completed.sort())]),
  ])) as unknown[][];
  const byId = new Map((rows as LockedRow[]).map((row) => [row.id, row]));
  const settled: Settled[] = [];
  for (const request of requests) {
    const row = byId.get(request.task.id);
    if (row === undefined || row.status !== 'IN_PROGRESS' || row.fence !== request.task.fence) continue;
    const settlement = decideSettlement(row, request.outcome, row.dbNow, options.backoff, options.random());
    const to = next(row.status, settlement.event);
    if (to === null) throw new Error(`${settlement.event} is not possible from ${row.status}`);
    settled.push({ request, row, settlement, to });
    // A second settlement of the same claim comes too late, even within one batch.
    byId.delete(request.task.id);
  }
  const expired = settled.filter(({ to }) => to === 'SKIPPED').map(({ request }) => request.task.id);
  if (expired.length === 0) return { settled, dependants: found };
  return { settled, dependants: [...found, ...((await tx.batch([lockDependants(expired.sort())]))[0] as unknown[])] };
}

const lockTasks = (ids: readonly string[]): Statement => [
  `SELECT id, status, fence, failures, max_attempts AS maxAttempts, deadline_at AS deadlineAt, on_deadline AS onDeadline, on_failure AS onFailure,
          attempt_started_at AS attemptStartedAt, UTC_TIMESTAMP(3) AS dbNow
   FROM tasks WHERE id IN (?) ORDER BY id FOR UPDATE`,
  [ids],
];

function stageCounts(ended: readonly Settled[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { request } of ended) counts.set(request.task.stageId, (counts.get(request.task.stageId) ?? 0) + 1);
  return counts;
}

const drainedOf = (results: readonly unknown[], ended: readonly Settled[]) => (ended.length === 0 ? [] : drainedWakes(results.at(-1)));

/** A run whose stage ended is planned by the slot that ended it, where that serves the run's queue; else somebody is rung for. */
function shareOut(drained: readonly Wake[], ended: readonly Settled[]): { taken: Map<string, string>; wakes: Wake[] } {
  const slots = new Map(ended.filter(({ request }) => request.handOver).map(({ request }) => [request.task.runId, request.task]));
  const taken = new Map<string, string>();
  const wakes: Wake[] = [];
  for (const wake of drained) {
    const task = slots.get(wake.id);
    if (task?.queue === wake.queue) taken.set(task.id, wake.id);
    else wakes.push(wake);
  }
  return { taken, wakes };
}

function eventsOf({ request, settlement }: Settled): EngineEvent[] {
  const { task } = request;
  const head = { runId: task.runId, subjectId: task.subjectId };
  const about = { id: task.id, key: task.key, type: task.type, attempt: task.attempt, stageAttempt: task.stageAttempt };
  switch (settlement.event) {
    case 'retry-later':
      if (settlement.reason !== 'CONNECTION' || !movedOn({ request, settlement })) return [];
      // Only a person can mend it: they hear of it as of a failure.
      return [{ kind: 'task-failed', ...head, task: about, failure: settlement.failure }];
    case 'fail': {
      const { failure, output } = settlement;
      return [{ kind: 'task-failed', ...head, task: about, failure, ...(output === undefined ? {} : { output }) }];
    }
    case 'wait':
      return [{ kind: 'task-waiting', ...head, task: about, reason: settlement.reason }];
    case 'complete':
      return [{ kind: 'task-completed', ...head, task: about, output: settlement.output ?? {} }];
    default:
      return [];
  }
}

/** A look that found the same wait again is no event. */
function movedOn({ request, settlement }: Pick<Settled, 'request' | 'settlement'>): boolean {
  const waits = settlement.event === 'wait' || (settlement.event === 'retry-later' && settlement.reason === 'CONNECTION');
  return !(waits && isSameWait(request, settlement.reason));
}

/** Nothing to hold and nobody to tell: the common case, which ends with the batch. */
function isQuiet(settled: readonly Settled[], { definitions }: SettleOptions): boolean {
  return settled.every((entry) => {
    const { task } = entry.request;
    if (
      entry.settlement.event === 'fail' ||
      task.waitedFor === 'APPROVAL' ||
      (entry.settlement.event === 'wait' && entry.settlement.reason === 'APPROVAL')
    )
      return false;
    return eventsOf(entry).every((event) => definitions.get(task.runKind)?.notices(event).length === 0);
  });
}

/** Holds and notices: rare beside the rest, so one by one. */
async function announce(tx: Tx, settled: readonly Settled[], options: SettleOptions, wakes: Wake[]): Promise<void> {
  for (const entry of settled) {
    const { request, row, settlement } = entry;
    const { task } = request;
    if (settlement.event === 'fail' && row.onFailure === 'plan') wakes.push(...(await makeRunDue(tx, task.runId)));
    else if (settlement.event === 'fail') {
      const note = settlement.failure.message.slice(0, 1000);
      await placeHold(tx, { runId: task.runId, reason: 'TASK_FAILURE', subject: task.id }, engineActor, note);
    }
    const approval = { runId: task.runId, reason: 'AWAITING_APPROVAL' as const, subject: task.id };
    if (settlement.event === 'wait' && settlement.reason === 'APPROVAL') await placeHold(tx, approval, engineActor, null);
    else if (task.waitedFor === 'APPROVAL') await liftHold(tx, approval, engineActor, options.ring);
    wakes.push(...(await writeNotices(tx, options.definitions, task.runKind, task.tenantId, eventsOf(entry))));
  }
}
