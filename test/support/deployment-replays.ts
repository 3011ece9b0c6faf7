import { expect } from 'vitest';
import type { Sql } from '../../src/db/client.ts';
import { type ReplayedFields, replay } from '../../src/domain/history/replay.ts';
import { only, readSteps, rowsById } from './history-replays.ts';

/** Demands that the history of a deployment, replayed, leads to the rows as they are: its run, stages, tasks, holds, services and their rollouts. */
export async function expectDeploymentHistoryReplays(db: Pick<Sql, 'rows'>, deploymentId: string): Promise<void> {
  const { breaks, ...replayed } = replay(await readSteps(db, deploymentId));
  const [run = { id: '', status: '' }] = await db.rows<{ id: string; status: string }>('SELECT id, status FROM runs WHERE subject_id = ?', [
    deploymentId,
  ]);
  const holds = await db.rows<{ reason: string; subject: string }>('SELECT reason, subject FROM run_holds WHERE run_id = ?', [run.id]);
  const [stages, tasks, rollouts, services] = await Promise.all([
    rowsById(db, 'status, attempt', 'stages WHERE run_id = ?', run.id),
    rowsById(db, 'type, status, wait_reason AS waitReason', 'tasks WHERE run_id = ?', run.id),
    rowsById(db, 'status, step, weight, pause_reason AS pauseReason, wanted', 'service_rollouts WHERE deployment_id = ?', deploymentId),
    rowsById(db, 'status AS serviceStatus', 'service_deployments WHERE deployment_id = ?', deploymentId),
  ]);
  // Stages of later are told when they open.
  for (const [id, stage] of Object.entries(stages))
    if (stage.attempt === '0' && stage.status === 'PENDING' && replayed.stages[id] === undefined) delete stages[id];
  const present: Record<string, unknown> = {
    ...{ run: { status: run.status }, stages, tasks },
    holds: holds.map(({ reason, subject }) => (subject === '' ? reason : `${reason}(${subject})`)).sort(),
    rollouts: { ...rollouts, ...changed(services, replayed.rollouts) },
  };

  expect(breaks).toEqual([]);
  for (const [part, rows] of Object.entries(present))
    expect({ [part]: only(replayed[part as keyof typeof replayed], rows) }).toEqual({ [part]: rows });
  expect(Object.keys(tasks).length).toBeGreaterThan(0);
}

/** Services that nothing was ever told of stand as they were created. */
const changed = (services: Record<string, ReplayedFields>, told: Record<string, ReplayedFields>) =>
  Object.fromEntries(Object.entries(services).filter(([id, { serviceStatus }]) => serviceStatus !== 'PENDING' || told[id] !== undefined));
