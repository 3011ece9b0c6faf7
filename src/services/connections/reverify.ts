import type { Database } from '../../db/client.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import { type Category, categories } from '../../integrations/kit/define-provider.ts';
import type { Keyring } from '../../platform/crypto.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Connector } from './connect.ts';
import { connectionRow } from './connection-view.ts';
import { providerFor } from './parse-connection.ts';
import { recordVerification } from './record-verification.ts';
import { openConnection } from './seal-connection.ts';
import { connectionTableNames } from './tables.ts';
import { verifyStored } from './verification.ts';

interface ReverifyDeps {
  db: Database;
  connector: Connector;
  keyring: Keyring;
  logger: Logger;
}

const CONCURRENT = 5;
/** How long a connection stays claimed by whoever verifies it; longer than any verification takes. */
const CLAIM_MINUTES = 5;

interface Due {
  category: Category;
  id: string;
  tenantId: string;
  verifyAt: Date;
}

/**
 * Verifies the connections whose time has come, a few at once. Any number of schedulers may do so: each connection is claimed by moving its
 * time on; if the process dies, its time comes again.
 * @returns how many were verified
 */
export async function reverifyDueConnections(deps: ReverifyDeps, limit: number, signal?: AbortSignal): Promise<number> {
  const due = (await Promise.all(categories.map((category) => dueOf(deps.db, category, limit)))).flat().slice(0, limit);
  let verified = 0;
  const work = due.values();
  const worker = async () => {
    for (const item of work) if (signal?.aborted !== true && (await reverify(deps, item, signal))) verified += 1;
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  return verified;
}

async function dueOf(db: Database, category: Category, limit: number): Promise<Due[]> {
  const rows = await db.rows<Omit<Due, 'category'>>(
    `SELECT id, tenant_id AS tenantId, verify_at AS verifyAt FROM ${connectionTableNames[category]}
     WHERE is_active = 1 AND verify_at <= UTC_TIMESTAMP(3) ORDER BY verify_at LIMIT ?`,
    [limit],
  );
  return rows.map((row) => ({ category, ...row }));
}

async function reverify(deps: ReverifyDeps, { category, id, tenantId, verifyAt }: Due, signal?: AbortSignal): Promise<boolean> {
  const claimed = await deps.db.run(
    `UPDATE ${connectionTableNames[category]} SET verify_at = UTC_TIMESTAMP(3) + INTERVAL ${CLAIM_MINUTES} MINUTE
     WHERE tenant_id = ? AND id = ? AND is_active = 1 AND verify_at = ?`,
    [tenantId, id, verifyAt],
  );
  if (claimed === 0) return false;
  try {
    const row = await connectionRow(deps.db, category, tenantId, id);
    const provider = providerFor(category, row.provider);
    const connection = openConnection(deps.keyring, category, provider, row);
    const result = await verifyStored(
      { connector: deps.connector, tenantId, now: () => new Date(), signal },
      category,
      provider,
      connection,
    );
    return await deps.db.transact((tx) => recordVerification(tx, { category, tenantId, row, result, actor: engineActor }));
  } catch (error) {
    deps.logger.warn({ err: error, integrationId: id, tenantId, category }, 'a connection could not be verified again');
    return false;
  }
}
