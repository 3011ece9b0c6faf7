import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type Category, categories } from '../../integrations/kit/define-provider.ts';
import { DecryptError, type Keyring } from '../../platform/crypto.ts';
import { fingerprintKeyContext } from '../catalogue/secret-fingerprint.ts';
import { variableSealContext } from '../catalogue/variables.ts';
import { configVersionSealContext } from '../execution/deployments/configuration-service.ts';
import { idempotencySealContext } from '../idempotency.ts';
import { connectionTableNames, sealContext } from './tables.ts';

/*
 * Seals everything again under the newest key, row by row and conditional on the row being as it was read, so that it may run beside
 * everything else, be stopped at any point and be run again: what is current is left alone.
 */

export interface Rotation {
  /** Values sealed again. */
  resealed: number;
  /** Values that were current already. */
  current: number;
  /** Values no key opens; the old key must come back into SIGNALBOX_KEYS. */
  unopenable: { table: string; id: string; reason: string }[];
}

interface RotateDeps {
  db: Database;
  keyring: Keyring;
}

const BATCH = 100;

export async function rotateKeys(deps: RotateDeps): Promise<Rotation> {
  const rotation: Rotation = { resealed: 0, current: 0, unopenable: [] };
  for (const category of categories) await rotateConnections(deps, category, rotation);
  await rotateFingerprintKeys(deps, rotation);
  await rotateVariables(deps, rotation);
  await rotateConfigVersions(deps, rotation);
  await rotateAnswers(deps, rotation);
  return rotation;
}

interface ConnectionSecrets {
  id: string;
  credentials: string;
  webhookSecret: string | null;
}

async function rotateConnections({ db, keyring }: RotateDeps, category: Category, rotation: Rotation): Promise<void> {
  const table = connectionTableNames[category];
  for (let after = ''; ; ) {
    const rows = await db.rows<ConnectionSecrets>(
      `SELECT id, credentials, webhook_secret AS webhookSecret FROM ${table} WHERE id > ? ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    for (const { id, credentials, webhookSecret } of rows) {
      for (const [column, sealed] of [['credentials', credentials] as const, ['webhook_secret', webhookSecret] as const]) {
        if (sealed === null || sealed === '') continue;
        const fresh = reseal(keyring, sealed, sealContext(category, id, column), { table, id }, rotation);
        if (fresh === null) continue;
        rotation.resealed += await db.run(`UPDATE ${table} SET ${column} = ? WHERE id = ? AND ${column} = ?`, [fresh, id, sealed]);
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = last.id;
  }
}

/** What fingerprints of secrets rest on, one for a tenant. */
async function rotateFingerprintKeys({ db, keyring }: RotateDeps, rotation: Rotation): Promise<void> {
  const table = 'tenants';
  for (let after = ''; ; ) {
    const rows = await db.rows<{ id: string; sealed: string }>(
      `SELECT id, fingerprint_key AS sealed FROM ${table} WHERE fingerprint_key IS NOT NULL AND id > ? ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    for (const { id, sealed } of rows) {
      const fresh = reseal(keyring, sealed, fingerprintKeyContext(id), { table, id }, rotation);
      if (fresh === null) continue;
      rotation.resealed += await db.run(`UPDATE ${table} SET fingerprint_key = ? WHERE id = ? AND fingerprint_key = ?`, [
        fresh,
        id,
        sealed,
      ]);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = last.id;
  }
}

/** Secrets of environments. */
async function rotateVariables({ db, keyring }: RotateDeps, rotation: Rotation): Promise<void> {
  const table = 'environment_variables';
  for (let after = ''; ; ) {
    const rows = await db.rows<{ id: string; value: string }>(
      `SELECT id, value FROM ${table} WHERE is_secret = 1 AND id > ? ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    for (const { id, value } of rows) {
      const fresh = reseal(keyring, value, variableSealContext(id), { table, id }, rotation);
      if (fresh === null) continue;
      rotation.resealed += await db.run(`UPDATE ${table} SET value = ? WHERE id = ? AND value = ?`, [fresh, id, value]);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = last.id;
  }
}

/** What services were configured with. */
async function rotateConfigVersions({ db, keyring }: RotateDeps, rotation: Rotation): Promise<void> {
  const table = 'config_versions';
  for (let after = ''; ; ) {
    const rows = await db.rows<{ id: string; tenantId: string; environmentId: string; serviceId: string; version: string; sealed: string }>(
      `SELECT id, tenant_id AS tenantId, environment_id AS environmentId, service_id AS serviceId, version, variables AS sealed
       FROM ${table} WHERE id > ? ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    for (const { id, sealed, ...key } of rows) {
      const fresh = reseal(keyring, sealed, configVersionSealContext(key), { table, id }, rotation);
      if (fresh === null) continue;
      rotation.resealed += await db.run(`UPDATE ${table} SET variables = ? WHERE id = ? AND variables = ?`, [fresh, id, sealed]);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = last.id;
  }
}

interface AnswerRow {
  tenantId: string;
  accountId: string;
  key: string;
  body: unknown;
  createdAt: Date;
}

/** Stored answers live for a day; they are few. */
async function rotateAnswers({ db, keyring }: RotateDeps, rotation: Rotation): Promise<void> {
  const table = 'idempotency_keys';
  const columns = 'tenant_id AS tenantId, account_id AS accountId, idempotency_key AS `key`, body, created_at AS createdAt';
  for (let after = ['', '', '']; ; ) {
    const rows = await db.rows<AnswerRow>(
      `SELECT ${columns} FROM ${table} WHERE completed = 1 AND (tenant_id, account_id, idempotency_key) > (?, ?, ?)
       ORDER BY tenant_id, account_id, idempotency_key LIMIT ${BATCH}`,
      after,
    );
    for (const row of rows) {
      const { sealed } = parseJson(row.body) as { sealed: string };
      const fresh = reseal(keyring, sealed, idempotencySealContext(row, row.key), { table, id: row.key }, rotation);
      if (fresh === null) continue;
      rotation.resealed += await db.run(
        `UPDATE ${table} SET body = ? WHERE tenant_id = ? AND account_id = ? AND idempotency_key = ? AND created_at = ?`,
        [JSON.stringify({ sealed: fresh }), row.tenantId, row.accountId, row.key, row.createdAt],
      );
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = [last.tenantId, last.accountId, last.key];
  }
}

/** `null` when there is nothing to write. */
function reseal(
  keyring: Keyring,
  sealed: string,
  context: string,
  where: { table: string; id: string },
  rotation: Rotation,
): string | null {
  if (keyring.isCurrent(sealed)) {
    rotation.current += 1;
    return null;
  }
  try {
    return keyring.seal(keyring.open(sealed, context).reveal(), context);
  } catch (error) {
    if (!(error instanceof DecryptError)) throw error;
    rotation.unopenable.push({ ...where, reason: error.message });
    return null;
  }
}
