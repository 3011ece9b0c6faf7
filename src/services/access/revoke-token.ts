import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Actor } from '../../engine/vocabulary.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';

/** Holds at once in every process. Revoking twice is no error. */
export async function revokeToken(deps: ServiceDeps, caller: Caller, tokenId: string): Promise<void> {
  authorise(caller, 'token:write');
  await deps.db.transact((tx) => revokeTokenIn(tx, { tenantId: caller.tenantId, tokenId, actor: actorOf(caller) }));
}

/** @throws ServiceError not-found */
export async function revokeTokenIn(tx: Tx, { tenantId, tokenId, actor }: { tenantId: string; tokenId: string; actor: Actor }) {
  const [row] = await tx.rows<{ revokedAt: Date | null }>(
    'SELECT revoked_at AS revokedAt FROM api_tokens WHERE tenant_id = ? AND id = ? FOR UPDATE',
    [tenantId, tokenId],
  );
  if (row === undefined) throw notFound('The token');
  if (row.revokedAt !== null) return;
  await tx.run('UPDATE api_tokens SET revoked_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [tenantId, tokenId]);
  await writeHistory(tx, [
    {
      tenantId,
      scopeId: tokenId,
      entityType: 'token',
      entityId: tokenId,
      action: 'REMOVE',
      actor,
      items: [{ field: 'status', before: 'active', after: 'revoked' }],
    },
  ]);
}
