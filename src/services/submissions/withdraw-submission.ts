import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenStore } from '../../domain/release/config.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import { writeHistory } from '../../engine/history.ts';
import { hurry } from '../../engine/signal.ts';
import type { StoreRelease } from '../../integrations/capabilities/app-store.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { OpenConnection } from '../connections/connect.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { advise, mayBeDone } from '../releases/advise.ts';
import { findRunOf, lockRelease } from '../releases/release-row.ts';
import { storeLock } from '../releases/store-lock.ts';
import { conflict, notFound } from '../service-error.ts';
import { type SubmissionStatus, type SubmissionView, submissionRows, submissionView } from './submission-view.ts';

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

export interface SubmissionIds {
  releaseId: string;
  submissionId: string;
}

/**
 * Takes a version back from review. The submission is WITHDRAWN once its task has seen that in the store; the task fails then, and that pauses
 * the release: hence the permission. One that is withdrawn already stays as it is.
 */
export async function withdrawSubmission(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'locks'>,
  caller: Caller,
  ids: SubmissionIds,
  { reason }: { reason: string },
): Promise<SubmissionView> {
  authorise(caller, 'release:pause');
  const { store } = await findSubmission(deps.db, caller, ids);
  return deps.locks.withLock(storeLock(store), LOCK, async (held) => {
    // Whoever came first may have taken it back.
    const { view } = await findSubmission(deps.db, caller, ids);
    if (view.status === 'WITHDRAWN') return view;
    demandInReview(view);
    const connection = { category: 'store' as const, tenantId: caller.tenantId, id: store.integrationId };
    await advise(mayBeDone, () => askConnection(deps, connection, (open) => withdraw(open, store, view), held.signal));
    await deps.db.transact(async (tx) => {
      const release = await lockRelease(tx, caller, ids.releaseId);
      if (!(await isRecorded(tx, view.id, release))) {
        await writeHistory(tx, [
          {
            ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'submission', entityId: view.id, action: 'UPDATE' },
            actor: actorOf(caller),
            why: reason,
            items: [{ field: 'withdrawal', before: view.status, after: 'REQUESTED' }],
          },
        ]);
      }
      // Whoever follows the review looks at once.
      const wakes = await hurry(tx, [view.task.id]);
      tx.afterCommit(() => deps.ring(wakes));
    });
    return view;
  });
}

/** Whoever asks again before the task has looked finds it withdrawn: it is one withdrawal. */
async function isRecorded(sql: Sql, submissionId: string, release: { tenantId: string; id: string }): Promise<boolean> {
  const rows = await sql.rows(
    `SELECT 1 FROM state_history h JOIN state_history_items i ON i.history_id = h.id
     WHERE h.tenant_id = ? AND h.scope_id = ? AND h.entity_id = ? AND i.field = 'withdrawal' LIMIT 1`,
    [release.tenantId, release.id, submissionId],
  );
  return rows.length > 0;
}

interface FoundSubmission {
  view: SubmissionView;
  store: FrozenStore;
}

/** A submission of this very release, and the way it went. @throws ServiceError not-found */
async function findSubmission(sql: Sql, caller: Caller, { releaseId, submissionId }: SubmissionIds): Promise<FoundSubmission> {
  await findRunOf(sql, caller, releaseId);
  const row = (await submissionRows(sql, caller.tenantId, releaseId)).find(({ id }) => id === submissionId);
  const [release] = await sql.rows<{ config: unknown }>('SELECT config FROM releases WHERE tenant_id = ? AND id = ?', [
    caller.tenantId,
    releaseId,
  ]);
  const store =
    release === undefined ? undefined : readFrozenConfig(parseJson(release.config)).stores.find(({ target }) => target === row?.target);
  if (row === undefined || store === undefined) throw notFound('The submission');
  return { view: submissionView(row), store };
}

const whyNot: Readonly<Record<Exclude<SubmissionStatus, 'IN_REVIEW' | 'WITHDRAWN'>, string>> = {
  PREPARING: 'has not been sent to review yet: there is nothing to take back.',
  APPROVED: 'passed the review: halt its rollout instead.',
  REJECTED: 'was rejected: there is nothing to take back.',
};

function demandInReview({ status, version, target }: SubmissionView): void {
  if (status === 'IN_REVIEW' || status === 'WITHDRAWN') return;
  throw conflict(`The submission of ${version} to ${target} ${whyNot[status]}`);
}

/** @throws ProviderError invalid where the store does not let a version be taken back */
function withdraw(
  { provider, connection, deps }: OpenConnection,
  { appId, track }: FrozenStore,
  view: SubmissionView,
): Promise<StoreRelease> {
  const withdrawal = provider.submissionWithdrawal?.(connection, deps);
  if (withdrawal === undefined) throw lacks(provider, 'way to take a version back from review through its API');
  return withdrawal.withdraw({ app: { appId, track }, version: view.version, buildNumber: view.buildNumber });
}
