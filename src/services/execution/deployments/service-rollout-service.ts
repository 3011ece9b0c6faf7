import { isDeepStrictEqual } from 'node:util';
import { ulid } from 'ulid';
import type { Database, Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { PlannedService } from '../../../domain/deployment/plan.ts';
import type { RolloutProgram } from '../../../domain/deployment/rollout/program.ts';
import { pendingRollout, type ServiceRolloutState, type ServiceRolloutWish } from '../../../domain/deployment/rollout/rollout.ts';
import type { ServiceRolloutDecision } from '../../../domain/deployment/rollout/situation.ts';
import type { Revision } from '../../../domain/deployment/vocabulary.ts';
import { type HistoryEvent, type HistoryItem, writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { Ring } from '../../../platform/ring.ts';
import { askPeople, markStep } from '../../service-rollouts/step-request.ts';
import { assertTaskOurs, told } from './changing-service.ts';
import type { DeploymentContext } from './deployment-source.ts';
import { recordInstalled, setRollbackFailed, setServiceNote, setServiceStatus, takePlaceInOrder } from './service-deployment-rows.ts';

/*
 * Where the rollouts of services stand. People's commands write the same row: every write compares its version, and whoever comes second reads again and
 * decides again. What is about to be done at a driver is written with the state (`intended`), and the first such act gives the service its place in the
 * order of change, before it is done.
 */

export interface ServiceRolloutPlace {
  deployment: DeploymentContext;
  service: PlannedService;
  task: { id: string; fence: number };
  revision: Revision;
  configVersion: string;
  /** What people should know of it; null = nothing. */
  note: string | null;
  /** How it goes; kept as it was when it began. */
  program: RolloutProgram;
}

export interface StoredServiceRollout {
  id: string;
  version: number;
  program: RolloutProgram;
  /** What was configured when it began: the driver shows it by this. */
  configVersion: string;
  state: ServiceRolloutState;
  /** Whether people have paused the deployment. */
  held: boolean;
  /** The database's clock. */
  now: Date;
}

export interface ServiceRolloutService {
  /** null = it has not begun. */
  find(deployment: Pick<DeploymentContext, 'id' | 'tenantId' | 'runId'>, serviceId: string): Promise<StoredServiceRollout | null>;
  /** The service's rollout; begun when there is none yet. */
  open(place: ServiceRolloutPlace): Promise<StoredServiceRollout>;
  /** Writes a decision with its history. @returns false when somebody wrote the row since it was read: read and decide again */
  write(place: ServiceRolloutPlace, rollout: StoredServiceRollout, decision: ServiceRolloutDecision): Promise<boolean>;
  /** The service is back at what it ran before the deployment; `null` = at nothing. */
  writeRolledBack(
    deployment: DeploymentContext,
    service: PlannedService,
    back: { configVersion: string; note: string | null } | null,
  ): Promise<void>;
  /** It could not be brought back. */
  writeRollbackFailed(deployment: DeploymentContext, service: PlannedService, why: string): Promise<void>;
}

interface RolloutRow {
  id: string;
  version: number;
  state: unknown;
  wanted: ServiceRolloutWish;
  advanceRequestedAt: Date | null;
  held: number;
  now: Date;
}

/** What the column `state` holds: people's wishes have columns of their own. */
interface KeptState {
  program: RolloutProgram;
  configVersion: string;
  progress: Omit<ServiceRolloutState, 'wanted' | 'advanceRequestedAt'>;
}

const WHY_CHARS = 1_000;

export function createServiceRolloutService(db: Database, ring: Ring): ServiceRolloutService {
  const find: ServiceRolloutService['find'] = async ({ id, tenantId, runId }, serviceId) => {
    const [row] = await db.rows<RolloutRow>(
      `SELECT id, version, state, wanted, advance_requested_at AS advanceRequestedAt, UTC_TIMESTAMP(3) AS now,
              EXISTS (SELECT 1 FROM run_holds h WHERE h.run_id = ? AND h.reason IN ('USER_REQUESTED', 'FREEZE')) AS held
       FROM service_rollouts WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?`,
      [runId, tenantId, id, serviceId],
    );
    if (row === undefined) return null;
    const { program, configVersion, progress } = parseJson(row.state) as KeptState;
    const wishes = { wanted: row.wanted, advanceRequestedAt: row.advanceRequestedAt?.getTime() ?? null };
    return {
      id: row.id,
      version: row.version,
      program,
      configVersion,
      state: { ...progress, ...wishes },
      held: Number(row.held) === 1,
      now: row.now,
    };
  };

  async function begin(place: ServiceRolloutPlace): Promise<void> {
    const { deployment, service, task, program, revision, configVersion, note } = place;
    const id = ulid();
    await db.transact(async (tx) => {
      const inserted = await tx.run(
        'INSERT IGNORE INTO service_rollouts (id, tenant_id, deployment_id, service_id, task_id, state, status) VALUES (?)',
        [
          [
            id,
            deployment.tenantId,
            deployment.id,
            service.serviceId,
            task.id,
            keptState({ program, configVersion, state: pendingRollout }),
            'PENDING',
          ],
        ],
      );
      if (inserted === 0) return;
      await tx.run(
        `UPDATE service_deployments SET artifact_id = ?, config_version = ? WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?`,
        [revision.artifactId, configVersion, deployment.tenantId, deployment.id, service.serviceId],
      );
      if (note !== null) await setServiceNote(tx, deployment, service.serviceId, note);
      await writeHistory(tx, [
        historyOf(deployment, id, 'CREATE', [
          { field: 'version', before: service.from?.revision.version ?? null, after: `${service.name} ${revision.version}` },
          { field: 'side', before: program.from, after: program.to },
        ]),
      ]);
    });
  }

  return {
    find,

    async open(place) {
      const known = await find(place.deployment, place.service.serviceId);
      if (known !== null) return known;
      await begin(place);
      const begun = await find(place.deployment, place.service.serviceId);
      if (begun === null) throw new Error(`the rollout of ${place.service.name} in ${place.deployment.id} is gone`);
      return begun;
    },

    write(place, rollout, decision) {
      return db.transact(async (tx) => {
        await assertTaskOurs(tx, place.task);
        if (!(await writeState(tx, place.deployment.tenantId, rollout, decision.state))) return false;
        const items = changesOf(rollout.state, decision.state);
        items.push(...decision.events.map(({ from, to }) => ({ field: 'drift', before: String(from), after: String(to) })));
        const moved = await moveService(tx, place, rollout, decision);
        if (items.length > 0) {
          const why = (decision.failure ?? whyOf(decision)).slice(0, WHY_CHARS);
          await writeHistory(tx, [{ ...historyOf(place.deployment, rollout.id, 'UPDATE', items), why: why === '' ? null : why }]);
        }
        const lacksAnew = rollout.state.inconclusiveSince !== decision.state.inconclusiveSince;
        if (items.length > 0 || moved || lacksAnew) await toldOfStep(tx, ring, place, rollout, decision);
        return true;
      });
    },

    writeRolledBack(deployment, service, back) {
      const { serviceId, from } = service;
      return db.transact(async (tx) => {
        const changed = await setServiceStatus(tx, deployment, serviceId, 'ROLLED_BACK', back?.note ?? null);
        if (back !== null && back.note !== null) await setServiceNote(tx, deployment, serviceId, back.note);
        const key = [deployment.tenantId, deployment.plan.environment.id, serviceId];
        if (back === null || from === null) {
          await tx.run('DELETE FROM installed_services WHERE tenant_id = ? AND environment_id = ? AND service_id = ?', key);
        } else {
          await recordInstalled(tx, deployment, serviceId, {
            artifactId: from.revision.artifactId,
            configVersion: back.configVersion,
            side: from.side,
          });
        }
        if (changed) told(tx, ring, deployment);
      });
    },

    writeRollbackFailed(deployment, service, why) {
      return db.transact(async (tx) => {
        const place = { environmentId: deployment.plan.environment.id, serviceId: service.serviceId };
        if (await setRollbackFailed(tx, deployment, place, why)) told(tx, ring, deployment);
      });
    },
  };
}

function keptState({ program, configVersion, state }: Pick<StoredServiceRollout, 'program' | 'configVersion' | 'state'>): string {
  const { wanted: _wanted, advanceRequestedAt: _advanceRequestedAt, ...progress } = state;
  return JSON.stringify({ program, configVersion, progress } satisfies KeptState);
}

/** A look that changed nothing leaves the version alone, so that it disturbs nobody's command. */
async function writeState(tx: Tx, tenantId: string, rollout: StoredServiceRollout, state: ServiceRolloutState): Promise<boolean> {
  const where = 'WHERE tenant_id = ? AND id = ? AND version = ?';
  const key = [tenantId, rollout.id, rollout.version];
  // The database may hand out the keys of an object in an order of its own.
  if (isDeepStrictEqual(rollout.state, state)) {
    return (await tx.run(`UPDATE service_rollouts SET observed_at = UTC_TIMESTAMP(3) ${where}`, key)) === 1;
  }
  const { status, pauseReason, step, weight, wanted, advanceRequestedAt } = state;
  const changed = await tx.run(
    `UPDATE service_rollouts SET state = ?, status = ?, pause_reason = ?, step = ?, weight = ?, wanted = ?, advance_requested_at = ?,
       version = version + 1, updated_at = UTC_TIMESTAMP(3), observed_at = UTC_TIMESTAMP(3) ${where}`,
    [
      ...[keptState({ ...rollout, state }), status, pauseReason, step, weight, wanted],
      ...[advanceRequestedAt === null ? null : new Date(advanceRequestedAt), ...key],
    ],
  );
  return changed === 1;
}

/** What people may want to know of later; what is about to be done is no change yet. */
function changesOf(before: ServiceRolloutState, after: ServiceRolloutState): HistoryItem[] {
  const fields = ['status', 'pauseReason', 'phase', 'step', 'weight'] as const;
  return fields
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: textOf(before[field]), after: textOf(after[field]) }));
}

const textOf = (value: string | number | null) => (value === null ? null : String(value));

const whyOf = ({ state, wait, events }: ServiceRolloutDecision): string => {
  if (state.abortReason !== null) return state.abortReason;
  return events.length > 0 ? 'the router showed other weights than planned' : (wait?.why ?? '');
};

/** The service's own row follows its rollout: CHANGING before the first act, HEALTHY and installed in the end. */
async function moveService(
  tx: Tx,
  { deployment, service, revision }: ServiceRolloutPlace,
  rollout: StoredServiceRollout,
  { act, state }: ServiceRolloutDecision,
): Promise<boolean> {
  const { serviceId } = service;
  if (act !== null) await takePlaceInOrder(tx, deployment, serviceId);
  const ended = rollout.state.status !== state.status;
  if (ended && state.status === 'COMPLETED') {
    const installed = { artifactId: revision.artifactId, configVersion: rollout.configVersion, side: rollout.program.to };
    await recordInstalled(tx, deployment, serviceId, installed);
    return await setServiceStatus(tx, deployment, serviceId, 'HEALTHY', null);
  }
  if (ended && state.status === 'ABORTED') return await setServiceStatus(tx, deployment, serviceId, 'FAILED', state.abortReason);
  return act !== null && (await setServiceStatus(tx, deployment, serviceId, 'CHANGING', null));
}

/** The same of one rollout: whoever was asked about its step sees what became of it, and people are asked about the one that it comes to. */
async function toldOfStep(
  tx: Tx,
  ring: Ring,
  { deployment, service }: ServiceRolloutPlace,
  { id, now, state: before }: StoredServiceRollout,
  { state, wait }: ServiceRolloutDecision,
): Promise<void> {
  told(tx, ring, deployment);
  markStep(tx, deployment.tenantId, { rolloutId: id, step: before.step, lackingSince: before.inconclusiveSince });
  const wake = await askPeople(tx, deployment, { id, serviceId: service.serviceId, state, now }, wait);
  if (wake !== null) tx.afterCommit(() => ring([wake]));
}

const historyOf = (
  { id: scopeId, tenantId }: DeploymentContext,
  entityId: string,
  action: HistoryEvent['action'],
  items: HistoryItem[],
): HistoryEvent => ({ tenantId, scopeId, entityType: 'rollout', entityId, action, actor: engineActor, items });
