import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenStore } from '../../domain/release/config.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { PauseReason, RolloutStatus, RolloutWish } from '../../domain/rollout/rollout.ts';
import { writeHistory } from '../../engine/history.ts';
import type { StoreRelease, StoreReleaseState } from '../../integrations/capabilities/app-store.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { OpenConnection } from '../connections/connect.ts';
import { actorOf, type Caller, type ServiceDeps } from '../context.ts';
import { advise, mayBeDone } from '../releases/advise.ts';
import { announce, nameOf } from '../releases/messages/announce.ts';
import { type LockedRelease, lockRelease } from '../releases/release-row.ts';
import { storeLock } from '../releases/store-lock.ts';
import { conflict, notFound } from '../service-error.ts';
import { submissionRows } from '../submissions/submission-view.ts';
import { judgeCommand } from './rollout-command.ts';
import { lockRollout } from './rollout-row.ts';
import { planOf, type RolloutRow, type RolloutView, rolloutRows, rolloutView } from './rollout-view.ts';

/*
 * Halting and resuming what no task looks after any more: a version that everybody has, mostly. The store is asked first and the row is written after it.
 * Whoever dies between the two asks again: the store is found as it is wanted, and the row follows.
 */

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

export type StoreAct = 'halt' | 'resume';
export interface RolloutIds {
  releaseId: string;
  rolloutId: string;
}

/**
 * Carries a person's word out at the store, and tells of it.
 * @throws ServiceError conflict where the store cannot; ProviderError for whatever it has to say against it
 */
export async function steerInStore(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'locks'>,
  caller: Caller,
  ids: RolloutIds,
  act: StoreAct,
  reason: string | null,
): Promise<RolloutView> {
  const { store } = await findPlace(deps.db, caller, ids);
  return deps.locks.withLock(storeLock(store), LOCK, async (held) => {
    // Whoever came first may have done it.
    const { row, buildNumber, url } = await findPlace(deps.db, caller, ids);
    const verdict = judgeCommand(act, { ...row, plan: planOf(row) });
    if (verdict.do === 'nothing') return rolloutView(deps.db, caller.tenantId, row);
    if (verdict.do !== 'ask-store') throw changedMeanwhile(row);
    const connection = { category: 'store' as const, tenantId: caller.tenantId, id: store.integrationId };
    const ask = (open: OpenConnection) => actAt(open, store, row, buildNumber, act);
    const { seen, state } = await advise(mayBeDone, () => askConnection(deps, connection, ask, held.signal));
    return deps.db.transact(async (tx) => {
      const release = await lockRelease(tx, caller, ids.releaseId);
      await write(tx, caller, release, row, state, reason);
      await announce(tx, deps.ring, release, act === 'halt' ? 'ROLLOUT_HALTED' : 'ROLLOUT_RESUMED', {
        ...{ platform: row.platform, target: row.target, version: row.version, outside: false, fraction: state.fraction },
        ...{ buildNumber, url: seen.url ?? url, by: await nameOf(tx, caller), reason },
      });
      return rolloutView(tx, caller.tenantId, await lockRollout(tx, release, row.id));
    });
  });
}

interface Place {
  row: RolloutRow;
  store: FrozenStore;
  /** What was submitted last; null where that is not known here. */
  buildNumber: string | null;
  url: string | null;
}

/** @throws ServiceError not-found */
async function findPlace(sql: Sql, { tenantId }: Caller, { releaseId, rolloutId }: RolloutIds): Promise<Place> {
  const row = (await rolloutRows(sql, tenantId, releaseId)).find(({ id }) => id === rolloutId);
  const [release] = await sql.rows<{ config: unknown }>('SELECT config FROM releases WHERE tenant_id = ? AND id = ?', [
    tenantId,
    releaseId,
  ]);
  const stores = release === undefined ? [] : readFrozenConfig(parseJson(release.config)).stores;
  const store = stores.find(({ target }) => target === row?.target);
  if (row === undefined || store === undefined) throw notFound('The rollout');
  const submission = (await submissionRows(sql, tenantId, releaseId)).find(({ target }) => target === row.target);
  return { row, store, buildNumber: submission?.buildNumber ?? null, url: submission?.url ?? null };
}

async function actAt(
  { provider, connection, deps }: OpenConnection,
  { appId, track }: FrozenStore,
  row: RolloutRow,
  buildNumber: string | null,
  act: StoreAct,
): Promise<{ seen: StoreRelease; state: StateAfter }> {
  const appStore = provider.appStore?.(connection, deps);
  if (appStore === undefined) throw lacks(provider, 'way to release apps');
  if (act === 'halt' && row.status === 'COMPLETED' && !appStore.abilities.haltsLive) {
    throw conflict(
      `The rollout of ${row.version} to ${row.target} is complete: everybody has it, and ${provider.displayName} cannot halt such a version.`,
    );
  }
  const query = { app: { appId, track }, version: row.version, buildNumber };
  const seen = await (act === 'halt' ? appStore.halt(query) : appStore.resume(query));
  const state = stateAfter(act, row.fraction, seen.state);
  if (state !== null) return { seen, state };
  const message = `${provider.displayName} took the word to ${act} ${row.version}, and shows it as ${seen.state.kind} all the same.`;
  throw new ProviderError('conflict', message, { provider: provider.id });
}

interface StateAfter {
  status: RolloutStatus;
  pauseReason: PauseReason | null;
  wanted: RolloutWish;
  fraction: number;
}

/**
 * null = the store shows the opposite. Whatever else it shows is on its way: stores take a moment to show what they took.
 * @param before share of the users that is known
 */
export function stateAfter(act: StoreAct, before: number, shown: StoreReleaseState): StateAfter | null {
  const fraction = shown.kind === 'halted' || shown.kind === 'rolling-out' ? shown.fraction : shown.kind === 'live' ? 1 : before;
  const goesOn = shown.kind === 'live' || shown.kind === 'rolling-out';
  if (act === 'halt') return goesOn ? null : { status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT', fraction };
  if (shown.kind === 'halted') return null;
  return { status: fraction < 1 ? 'PROGRESSING' : 'COMPLETED', pauseReason: null, wanted: 'RUN', fraction };
}

async function write(
  tx: Tx,
  caller: Caller,
  release: LockedRelease,
  row: RolloutRow,
  state: StateAfter,
  why: string | null,
): Promise<void> {
  const written = await tx.run(
    `UPDATE rollouts SET status = ?, pause_reason = ?, wanted = ?, fraction = ?, version = version + 1,
       observed_at = UTC_TIMESTAMP(3), updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND version = ?`,
    [state.status, state.pauseReason, state.wanted, state.fraction, release.tenantId, row.id, row.revision],
  );
  if (written === 0) throw changedMeanwhile(row);
  const fields = ['status', 'pauseReason', 'fraction', 'wanted'] as const;
  const textOf = (value: string | number | null) => (value === null ? null : String(value));
  await writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'rollout', entityId: row.id, action: 'UPDATE' },
      ...{ actor: actorOf(caller), why },
      items: fields
        .filter((field) => row[field] !== state[field])
        .map((field) => ({ field, before: textOf(row[field]), after: textOf(state[field]) })),
    },
  ]);
}

const changedMeanwhile = ({ version, target }: RolloutRow) =>
  conflict(`The rollout of ${version} to ${target} changed this very moment; try again.`);
