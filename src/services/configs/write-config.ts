import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { ConfigBody, ConfigKind } from './config-resource.ts';

/* The rows of a config, written as they are told; who asks has checked them, holds what locks they need and writes the history. */

/** @param ownedBy the release config it was written into; null = it stands by itself */
export async function insertConfig<B extends ConfigBody>(
  tx: Tx,
  kind: ConfigKind<B>,
  of: { tenantId: string; ownedBy: string | null },
  body: B,
): Promise<string> {
  const id = ulid();
  const columns = ['id', 'tenant_id', 'owned_by_release_config_id', 'integration_id', 'name', ...kind.columns];
  await tx.run(`INSERT INTO ${kind.table} (${columns.join(', ')}) VALUES (?)`, [
    [id, of.tenantId, of.ownedBy, body.integrationId, body.name, ...kind.values(body)],
  ]);
  await kind.writeParts?.(tx, of.tenantId, id, body);
  return id;
}

export async function overwriteConfig<B extends ConfigBody>(
  tx: Tx,
  kind: ConfigKind<B>,
  { tenantId, id }: { tenantId: string; id: string },
  body: B,
): Promise<void> {
  const assignments = ['integration_id', 'name', ...kind.columns].map((column) => `${column} = ?`);
  await tx.run(`UPDATE ${kind.table} SET ${assignments.join(', ')}, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`, [
    ...[body.integrationId, body.name, ...kind.values(body)],
    ...[tenantId, id],
  ]);
  await kind.writeParts?.(tx, tenantId, id, body);
}

export async function removeConfig<B extends ConfigBody>(tx: Tx, kind: ConfigKind<B>, tenantId: string, id: string): Promise<void> {
  await kind.deleteParts?.(tx, tenantId, id);
  await tx.run(`DELETE FROM ${kind.table} WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
}

/**
 * Copies a config for a release, which keeps it as it is now. The original must be share-locked: its row and its parts are read one after
 * the other.
 * @returns the id of the copy
 */
export async function copyConfig<B extends ConfigBody>(
  tx: Tx,
  kind: ConfigKind<B>,
  { tenantId, releaseId }: { tenantId: string; releaseId: string },
  id: string,
): Promise<string> {
  const copy = ulid();
  const same = ['tenant_id', 'integration_id', 'name', ...kind.columns].join(', ');
  await tx.run(
    `INSERT INTO ${kind.table} (id, frozen_for_release_id, ${same}) SELECT ?, ?, ${same} FROM ${kind.table} WHERE tenant_id = ? AND id = ?`,
    [copy, releaseId, tenantId, id],
  );
  if (kind.writeParts !== undefined) {
    const body = (await kind.bodies(tx, tenantId, [id])).get(id);
    if (body !== undefined) await kind.writeParts(tx, tenantId, copy, body);
  }
  return copy;
}
