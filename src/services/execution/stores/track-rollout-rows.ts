import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import type { Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { TrackService } from '../../../domain/deployment/plan.ts';
import type { ServiceRolloutWish } from '../../../domain/deployment/rollout/rollout.ts';
import type { PlannedStoreTarget } from '../../../domain/deployment/target.ts';
import { type KeptTrackRollout, pendingTrackRollout, shownStep } from '../../../domain/deployment/track-rollout.ts';
import type { Revision } from '../../../domain/deployment/vocabulary.ts';
import { type HistoryEvent, type HistoryItem, writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { DeploymentContext } from '../deployments/deployment-source.ts';
import type { StoredRollout } from './rollout-service.ts';

/* Rows of rollouts on store tracks, as their service writes them in its transactions. */

export interface TrackRolloutPlace {
  deployment: DeploymentContext;
  service: TrackService;
  task: { id: string; fence: number };
  revision: Revision;
}

const WHY_CHARS = 1_000;

export async function beginTrackRollout(tx: Tx, { deployment, service, task, revision }: TrackRolloutPlace): Promise<void> {
  const { tenantId } = deployment;
  const id = ulid();
  const { rollout: plan, abilities } = service.target.store;
  const configVersion = trackVersion(service.target);
  const kept: KeptTrackRollout = { track: { plan, abilities }, configVersion, progress: pendingTrackRollout };
  const inserted = await tx.run(
    'INSERT IGNORE INTO service_rollouts (id, tenant_id, deployment_id, service_id, task_id, state, status) VALUES (?)',
    [[id, tenantId, deployment.id, service.serviceId, task.id, JSON.stringify(kept), 'PENDING']],
  );
  if (inserted === 0) return;
  await tx.run(
    'UPDATE service_deployments SET artifact_id = ?, config_version = ? WHERE tenant_id = ? AND deployment_id = ? AND service_id = ?',
    [...[revision.artifactId, configVersion, tenantId], ...[deployment.id, service.serviceId]],
  );
  await writeHistory(tx, [
    historyOf(deployment, id, 'CREATE', [
      { field: 'version', before: service.from?.revision.version ?? null, after: `${service.name} ${revision.version}` },
      { field: 'plan', before: null, after: plan.kind },
    ]),
  ]);
}

/** Which app on which track: SHA-256, 64 hexadecimal digits. */
export const trackVersion = ({ store: { integrationId, appId, track } }: PlannedStoreTarget): string =>
  createHash('sha256')
    .update(JSON.stringify([integrationId, appId, track]))
    .digest('hex');

export interface KeptRow {
  kept: KeptTrackRollout;
  wish: ServiceRolloutWish;
}

/** @returns null when somebody wrote it since */
export async function readForUpdate(tx: Tx, { deployment }: TrackRolloutPlace, { id, version }: StoredRollout): Promise<KeptRow | null> {
  const [row] = await tx.rows<{ state: unknown; wish: ServiceRolloutWish }>(
    'SELECT state, wanted AS wish FROM service_rollouts WHERE tenant_id = ? AND id = ? AND version = ? FOR UPDATE',
    [deployment.tenantId, id, version],
  );
  return row === undefined ? null : { kept: parseJson(row.state) as KeptTrackRollout, wish: row.wish };
}

/** A look that changed nothing leaves the version alone, so that it disturbs nobody's command. */
export const noteLook = (tx: Tx, tenantId: string, id: string) =>
  tx.run('UPDATE service_rollouts SET observed_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [tenantId, id]);

/** The row is locked. */
export async function writeState(
  tx: Tx,
  tenantId: string,
  id: string,
  { kept, wish, advanceRequestedAt }: KeptRow & { advanceRequestedAt: Date | null },
): Promise<void> {
  const { status, pauseReason, fraction } = kept.progress;
  await tx.run(
    `UPDATE service_rollouts SET state = ?, status = ?, pause_reason = ?, step = ?, weight = ?, wanted = ?, advance_requested_at = ?,
       version = version + 1, updated_at = UTC_TIMESTAMP(3), observed_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`,
    [JSON.stringify(kept), status, pauseReason, shownStep(kept), weightOf(fraction), wish, advanceRequestedAt, tenantId, id],
  );
}

/** Percent; null = nobody has got it. */
const weightOf = (fraction: number): number | null => (fraction === 0 ? null : Number((fraction * 100).toFixed(4)));

/** @param kept share of the users who keep it, 0 to 1; null = as it was seen last */
export async function endTrackRollout(
  tx: Tx,
  deployment: DeploymentContext,
  { serviceId }: TrackService,
  why: string,
  kept: number | null,
): Promise<void> {
  const { id, tenantId } = deployment;
  const [row] = await tx.rows<{ id: string; state: unknown; wish: ServiceRolloutWish; advanceRequestedAt: Date | null }>(
    `SELECT id, state, wanted AS wish, advance_requested_at AS advanceRequestedAt FROM service_rollouts
     WHERE tenant_id = ? AND deployment_id = ? AND service_id = ? FOR UPDATE`,
    [tenantId, id, serviceId],
  );
  if (row === undefined) return;
  const { wish, advanceRequestedAt } = row;
  const before = parseJson(row.state) as KeptTrackRollout;
  const progress: KeptTrackRollout['progress'] = {
    ...{ ...before.progress, fraction: kept ?? before.progress.fraction, status: 'ABORTED', pauseReason: null, intended: null },
    abortReason: before.progress.abortReason ?? why,
  };
  await writeState(tx, tenantId, row.id, { kept: { ...before, progress }, wish, advanceRequestedAt });
  const items = changesOf({ kept: before, wish }, { kept: { ...before, progress }, wish });
  if (items.length > 0) await writeHistory(tx, [{ ...historyOf(deployment, row.id, 'UPDATE', items), why: why.slice(0, WHY_CHARS) }]);
}

/** What people may want to know of later; what is about to be done is no change yet. */
export function changesOf(before: KeptRow, after: KeptRow): HistoryItem[] {
  const [was, is] = [before, after].map(({ kept, wish }) => {
    const { status, pauseReason, fraction } = kept.progress;
    return Object.entries({ status, pauseReason, step: shownStep(kept), weight: weightOf(fraction), wanted: wish });
  }) as [[string, string | number | null][], [string, string | number | null][]];
  return is.flatMap(([field, value], index) => {
    const old = was[index]?.[1] ?? null;
    return old === value ? [] : [{ field, before: textOf(old), after: textOf(value) }];
  });
}

const textOf = (value: string | number | null) => (value === null ? null : String(value));

export const historyOf = (
  { id: scopeId, tenantId }: Pick<DeploymentContext, 'id' | 'tenantId'>,
  entityId: string,
  action: HistoryEvent['action'],
  items: HistoryItem[],
): HistoryEvent => ({ tenantId, scopeId, entityType: 'rollout', entityId, action, actor: engineActor, items });
