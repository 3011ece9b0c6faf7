import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Actor } from '../../engine/vocabulary.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import type { ConnectionRow, VerificationStatus } from './connection-view.ts';
import { resumeWaiting } from './resume-waiting.ts';
import { connectionTableNames } from './tables.ts';
import type { VerificationResult } from './verification.ts';

interface Verified {
  category: Category;
  tenantId: string;
  /** As it was when the provider was asked. */
  row: ConnectionRow;
  result: VerificationResult;
  actor: Actor;
}

/**
 * Writes what the provider said, unless the connection was changed meanwhile: the sealed credentials, new with each change, are the fence.
 * What a working connection brings back to life, the sweep rings for. Several may verify at once: the first that sees the change records it.
 * @returns whether it was written
 */
export async function recordVerification(tx: Tx, { category, tenantId, row, result, actor }: Verified): Promise<boolean> {
  const before = (await statusNow(tx, category, tenantId, row)) ?? row.verificationStatus;
  const status = result.status ?? before;
  const columns: Record<string, string | Date | null> = {
    verification_status: status,
    verification_error: result.error,
    ...(result.status === 'VALID' ? { provider_account: result.account, credential_expires_at: result.credentialExpiresAt } : {}),
    ...(result.rateLimit === null ? {} : { rate_limit: JSON.stringify(result.rateLimit) }),
  };
  const verifiedAt = result.status === null ? '' : 'last_verified_at = UTC_TIMESTAMP(3),';
  const written = await tx.run(
    `UPDATE ${connectionTableNames[category]}
     SET ${Object.keys(columns)
       .map((column) => `${column} = ?,`)
       .join(' ')} ${verifiedAt} verify_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
     WHERE tenant_id = ? AND id = ? AND is_active = 1 AND credentials = ?`,
    [...Object.values(columns), result.againInMs * 1000, tenantId, row.id, row.credentials],
  );
  if (written === 0) return false;
  if (status !== before) {
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: row.id,
        entityType: 'integration',
        entityId: row.id,
        action: 'UPDATE',
        actor,
        why: result.error === null ? null : result.error.slice(0, 1000),
        items: [{ field: 'verificationStatus', before, after: status }],
      },
    ]);
    if (status === 'VALID') await resumeWaiting(tx, tenantId, row.id);
  }
  return true;
}

async function statusNow(tx: Tx, category: Category, tenantId: string, row: ConnectionRow): Promise<VerificationStatus | undefined> {
  const [current] = await tx.rows<{ status: VerificationStatus }>(
    `SELECT verification_status AS status FROM ${connectionTableNames[category]} WHERE tenant_id = ? AND id = ? FOR UPDATE`,
    [tenantId, row.id],
  );
  return current?.status;
}
