import { isValid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { LockedRelease } from '../releases/release-row.ts';
import { notFound } from '../service-error.ts';
import { type RolloutRow, rolloutRows } from './rollout-view.ts';

/** A rollout of this very release, locked. @throws ServiceError not-found */
export async function lockRollout(tx: Tx, release: LockedRelease, rolloutId: string): Promise<RolloutRow> {
  if (!isValid(rolloutId)) throw notFound('The rollout');
  await tx.rows('SELECT id FROM rollouts WHERE tenant_id = ? AND id = ? FOR UPDATE', [release.tenantId, rolloutId]);
  const rows = await rolloutRows(tx, release.tenantId, release.id);
  const row = rows.find(({ id }) => id === rolloutId);
  if (row === undefined) throw notFound('The rollout');
  return row;
}
