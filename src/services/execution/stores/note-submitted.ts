import type { Tx } from '../../../db/client.ts';
import type { Target } from '../../../domain/release/vocabulary.ts';
import { writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import { iso } from '../../releases/instant.ts';
import type { SubmissionStatus } from '../../submissions/submission-view.ts';
import type { ReleaseContext } from '../release-source.ts';

/** SUBMITTED is a release whose every store has it for review, or has let it pass. */
export async function noteSubmitted(tx: Tx, release: ReleaseContext): Promise<void> {
  const [row] = await tx.rows<{ submittedAt: Date | null; now: Date }>(
    'SELECT submitted_at AS submittedAt, UTC_TIMESTAMP(3) AS now FROM releases WHERE tenant_id = ? AND id = ?',
    [release.tenantId, release.id],
  );
  const latest = await tx.rows<{ target: Target; status: SubmissionStatus }>(
    'SELECT target, status FROM store_submissions WHERE tenant_id = ? AND release_id = ? ORDER BY ordinal',
    [release.tenantId, release.id],
  );
  const statusOf = new Map(latest.map(({ target, status }) => [target, status]));
  const isSubmitted = release.config.stores.every(({ target }) => ['IN_REVIEW', 'APPROVED'].includes(statusOf.get(target) ?? ''));
  if (row === undefined || isSubmitted === (row.submittedAt !== null)) return;
  const after = isSubmitted ? row.now : null;
  await tx.run('UPDATE releases SET submitted_at = ? WHERE tenant_id = ? AND id = ?', [after, release.tenantId, release.id]);
  const text = (at: Date | null) => (at === null ? null : iso(at));
  const items = [{ field: 'submittedAt', before: text(row.submittedAt), after: text(after) }];
  const { tenantId, id } = release;
  await writeHistory(tx, [{ tenantId, scopeId: id, entityType: 'release', entityId: id, action: 'UPDATE', actor: engineActor, items }]);
}
