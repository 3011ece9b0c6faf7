import { createHmac, randomBytes } from 'node:crypto';
import type { Tx } from '../../db/client.ts';
import { DecryptError, type Keyring } from '../../platform/crypto.ts';
import type { Secret } from '../../platform/secret.ts';

/*
 * Equal secrets of a tenant are told by their fingerprints. These stand in snapshots and are shown, so they rest on a key of the tenant's own that stands
 * sealed in its row: whoever reads the database alone cannot try values against them.
 */

export const fingerprintKeyContext = (tenantId: string) => `tenants/${tenantId}/fingerprint_key`;

/**
 * The tenant's key, made with its first secret. The caller holds the tenant's lock.
 * A key that no key of ours opens is replaced: its secrets are lost as well, and set anew.
 */
export async function fingerprintKey(tx: Tx, keyring: Keyring, tenantId: string): Promise<Secret> {
  const context = fingerprintKeyContext(tenantId);
  const [row] = await tx.rows<{ sealed: string | null }>('SELECT fingerprint_key AS sealed FROM tenants WHERE id = ?', [tenantId]);
  if (typeof row?.sealed === 'string') {
    try {
      return keyring.open(row.sealed, context);
    } catch (error) {
      if (!(error instanceof DecryptError)) throw error;
    }
  }
  const sealed = keyring.seal(randomBytes(32).toString('base64'), context);
  await tx.run('UPDATE tenants SET fingerprint_key = ? WHERE id = ?', [sealed, tenantId]);
  return keyring.open(sealed, context);
}

/** The same value has the same fingerprint. @returns 64 hexadecimal digits */
export const fingerprintOf = (key: Secret, value: string): string => createHmac('sha256', key.reveal()).update(value).digest('hex');
