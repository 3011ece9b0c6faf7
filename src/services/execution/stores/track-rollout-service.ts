import { isDeepStrictEqual } from 'node:util';
import type { Database, Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { TrackService } from '../../../domain/deployment/plan.ts';
import type { ServiceRolloutWish } from '../../../domain/deployment/rollout/rollout.ts';
import {
  asServiceRollout,
  type KeptTrackRollout,
  serviceWishOf,
  shownStep,
  storeWishOf,
} from '../../../domain/deployment/track-rollout.ts';
import type { RolloutState } from '../../../domain/rollout/rollout.ts';
import type { RolloutDecision } from '../../../domain/rollout/situation.ts';
import { writeHistory } from '../../../engine/history.ts';
import type { Ring } from '../../../platform/ring.ts';
import { askForStep, asksPerson, markStep } from '../../service-rollouts/step-request.ts';
import { assertTaskOurs, told } from '../deployments/changing-service.ts';
import type { DeploymentContext } from '../deployments/deployment-source.ts';
import { recordInstalled, setServiceNote, setServiceStatus } from '../deployments/service-deployment-rows.ts';
import { analysisWords, type StoredRollout } from './rollout-service.ts';
import {
  beginTrackRollout,
  changesOf,
  endTrackRollout,
  historyOf,
  type KeptRow,
  noteLook,
  readForUpdate,
  type TrackRolloutPlace,
  trackVersion,
  writeState,
} from './track-rollout-rows.ts';

/*
 * Where the rollouts of services on store tracks stand: rows of `service_rollouts`, whose state is that of a store release. People's commands write the same
 * row: every write compares its version, and whoever comes second reads again and decides again. What is about to be done at the store is written with the
 * state (`intended`), before it is done. That the service is changed its submission has written before.
 */

export interface StoredTrackRollout extends StoredRollout {
  wish: ServiceRolloutWish;
  kept: KeptTrackRollout;
}

export interface TrackRolloutService {
  /** null = it has not begun. */
  find(deployment: Pick<DeploymentContext, 'id' | 'tenantId' | 'runId'>, serviceId: string): Promise<StoredTrackRollout | null>;
  /** The service's rollout; begun when there is none yet. */
  open(place: TrackRolloutPlace): Promise<StoredTrackRollout>;
  /** Writes a decision with its history. @returns false when somebody wrote the row since it was read: read and decide again */
  write(place: TrackRolloutPlace, rollout: StoredRollout, decision: RolloutDecision): Promise<boolean>;
  /** It goes no further, and has to be taken back. */
  abort(place: TrackRolloutPlace, why: string): Promise<void>;
  /** Nobody new gets it. @param why what that comes to, for people @param kept share of the users who keep it, 0 to 1; null = as it was seen last */
  writeTakenBack(deployment: DeploymentContext, service: TrackService, what: { why: string; kept: number | null }): Promise<void>;
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

/** A track has one side. */
const SIDE = 'blue';
const WHY_CHARS = 1_000;

export function createTrackRolloutService(db: Database, ring: Ring): TrackRolloutService {
  const find: TrackRolloutService['find'] = async ({ id, tenantId, runId }, serviceId) => {
    const [row] = await db.rows<RolloutRow>(
      `SELECT id, version, state, wanted, advance_requested_at AS advanceRequestedAt, UTC_TIMESTAMP(3) AS now,
              EXISTS (SELECT 1 FROM run_holds h WHERE h.run_id = ? AND h.reason IN ('USER_REQUESTED', 'FREEZE')) AS held
       FROM service_rollouts WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?`,
      [runId, tenantId, id, serviceId],
    );
    if (row === undefined) return null;
    const kept = parseJson(row.state) as KeptTrackRollout;
    const { stepReachedAt, abortReason: _, ...progress } = kept.progress;
    return {
      ...{ id: row.id, version: row.version, now: row.now, held: Number(row.held) === 1, plan: kept.track.plan, wish: row.wanted, kept },
      state: {
        ...progress,
        ...{ wanted: storeWishOf[row.wanted], advanceRequestedAt: row.advanceRequestedAt },
        stepReachedAt: stepReachedAt === null ? null : new Date(stepReachedAt),
      },
    };
  };

  const demand: (place: TrackRolloutPlace) => Promise<StoredTrackRollout> = async ({ deployment, service }) => {
    const found = await find(deployment, service.serviceId);
    if (found === null) throw new Error(`the rollout of ${service.name} in ${deployment.id} is gone`);
    return found;
  };

  return {
    find,

    async open(place) {
      const known = await find(place.deployment, place.service.serviceId);
      if (known !== null) return known;
      await db.transact((tx) => beginTrackRollout(tx, place));
      return demand(place);
    },

    write(place, rollout, decision) {
      return db.transact(async (tx) => {
        await assertTaskOurs(tx, place.task);
        const stored = await readForUpdate(tx, place, rollout);
        if (stored === null) return false;
        const { tenantId } = place.deployment;
        // Whoever resumes it in the console takes no abort back.
        const wish = stored.wish === 'ABORT' ? stored.wish : serviceWishOf[decision.state.wanted];
        const next = { ...stored.kept, progress: { ...stored.kept.progress, ...progressOf(decision.state) } };
        const { advanceRequestedAt } = decision.state;
        const isSame =
          wish === stored.wish && isDeepStrictEqual(next, stored.kept) && sameInstant(advanceRequestedAt, rollout.state.advanceRequestedAt);
        if (isSame) await noteLook(tx, tenantId, rollout.id);
        else await writeState(tx, tenantId, rollout.id, { kept: next, wish, advanceRequestedAt });
        const items = changesOf(stored, { kept: next, wish });
        if (items.length > 0) {
          const why = whyOf(decision)?.slice(0, WHY_CHARS) ?? null;
          await writeHistory(tx, [{ ...historyOf(place.deployment, rollout.id, 'UPDATE', items), why }]);
          await tellOf(tx, ring, place, rollout, { before: stored, after: { kept: next, wish } });
        }
        if (rollout.state.status !== decision.state.status) await moveService(tx, place, decision);
        return true;
      });
    },

    async abort(place, why) {
      const { deployment, service } = place;
      await db.transact(async (tx) => {
        await assertTaskOurs(tx, place.task);
        await endTrackRollout(tx, deployment, service, why, null);
        await setServiceStatus(tx, deployment, service.serviceId, 'FAILED', why);
        told(tx, ring, deployment);
      });
    },

    async writeTakenBack(deployment, service, { why, kept }) {
      const { serviceId, from } = service;
      await db.transact(async (tx) => {
        await endTrackRollout(tx, deployment, service, why, kept);
        const changed = await setServiceStatus(tx, deployment, serviceId, 'ROLLED_BACK', why);
        if (!changed) return;
        await setServiceNote(tx, deployment, serviceId, why);
        if (from === null) {
          const key = [deployment.tenantId, deployment.plan.environment.id, serviceId];
          await tx.run('DELETE FROM installed_services WHERE tenant_id = ? AND environment_id = ? AND service_id = ?', key);
        } else {
          const { revision, configVersion, side } = from;
          await recordInstalled(tx, deployment, serviceId, { artifactId: revision.artifactId, configVersion, side });
        }
        told(tx, ring, deployment);
      });
    },
  };
}

/** The message of the deployment, and that which asks a person for a step. */
async function tellOf(
  tx: Tx,
  ring: Ring,
  { deployment, service: { serviceId } }: TrackRolloutPlace,
  { id, now }: StoredRollout,
  { before, after }: { before: KeptRow; after: KeptRow },
): Promise<void> {
  told(tx, ring, deployment);
  markStep(tx, deployment.tenantId, { rolloutId: id, step: shownStep(before.kept) });
  const { state } = asServiceRollout(after.kept, { wanted: after.wish, advanceRequestedAt: null, review: null });
  const wake = asksPerson(state) ? await askForStep(tx, deployment, { id, serviceId, state, now }) : null;
  if (wake !== null) tx.afterCommit(() => ring([wake]));
}

const sameInstant = (one: Date | null, other: Date | null) => one?.getTime() === other?.getTime();

/** Why it changed, where that is not what its plan says. */
function whyOf({ failure, events, act, wait }: RolloutDecision): string | null {
  if (failure !== null) return failure;
  const found = analysisWords({ act, events });
  if (found !== null) return found;
  if (events.some(({ outside }) => outside)) return "seen in the store's console";
  return wait?.for === 'window' ? wait.why : null;
}

function progressOf({ wanted: _wanted, advanceRequestedAt: _advance, stepReachedAt, ...progress }: RolloutState) {
  return { ...progress, stepReachedAt: stepReachedAt?.getTime() ?? null };
}

/** The service's own row follows its rollout: HEALTHY and installed in the end. */
async function moveService(
  tx: Tx,
  { deployment, service, revision }: TrackRolloutPlace,
  { state, failure }: RolloutDecision,
): Promise<void> {
  const { serviceId } = service;
  if (state.status === 'COMPLETED') {
    const installed = { artifactId: revision.artifactId, configVersion: trackVersion(service.target), side: SIDE };
    await recordInstalled(tx, deployment, serviceId, installed);
    await setServiceStatus(tx, deployment, serviceId, 'HEALTHY', null);
  }
  if (state.status === 'ABORTED') await setServiceStatus(tx, deployment, serviceId, 'FAILED', failure);
}
