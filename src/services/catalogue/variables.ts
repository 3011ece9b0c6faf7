import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import type { Keyring } from '../../platform/crypto.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { invalid, notFound } from '../service-error.ts';
import { lockTenant, record } from './entry.ts';
import { fingerprintKey, fingerprintOf } from './secret-fingerprint.ts';
import { demandEnvironment } from './targets.ts';

/*
 * Environment variables of an environment, or of one service in it, which then wins. A secret's value is sealed and never shown; equal secrets are
 * told by their fingerprints.
 */

export interface VariableInput {
  value: string;
  isSecret: boolean;
  expiresAt: Date | null;
}

export interface VariableView {
  name: string;
  /** null = of every service in the environment. */
  serviceId: string | null;
  isSecret: boolean;
  /** null of a secret. */
  value: string | null;
  expiresAt: string | null;
  updatedAt: string;
}

interface VariablePlace {
  environmentId: string;
  serviceId: string | null;
  name: string;
}

interface VariableRow {
  id: string;
  serviceId: string;
  name: string;
  isSecret: number;
  value: string;
  expiresAt: Date | null;
  updatedAt: Date;
}

const select = `SELECT id, service_id AS serviceId, name, is_secret AS isSecret, value, expires_at AS expiresAt, updated_at AS updatedAt
  FROM environment_variables WHERE tenant_id = ? AND environment_id = ?`;

const view = ({ serviceId, name, isSecret, value, expiresAt, updatedAt }: VariableRow): VariableView => ({
  ...{ name, serviceId: serviceId === '' ? null : serviceId, isSecret: isSecret === 1 },
  ...{ value: isSecret === 1 ? null : value, expiresAt: isoOrNull(expiresAt), updatedAt: iso(updatedAt) },
});

export const variableSealContext = (id: string) => `environment_variables/${id}/value`;

export async function listVariables(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  environmentId: string,
): Promise<{ items: VariableView[] }> {
  authorise(caller, 'config:read');
  await demandEnvironment(db, caller.tenantId, environmentId);
  const rows = await db.rows<VariableRow>(`${select} ORDER BY name, service_id`, [caller.tenantId, environmentId]);
  return { items: rows.map(view) };
}

/** The next deployment takes it; what runs keeps what it was started with. */
export async function putVariable(
  deps: Pick<ServiceDeps, 'db' | 'keyring'>,
  caller: Caller,
  place: VariablePlace,
  input: VariableInput,
): Promise<VariableView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  return deps.db.transact(async (tx) => {
    await lockTenant(tx, tenantId);
    await demandPlace(tx, tenantId, place);
    const before = await findVariable(tx, tenantId, place);
    const id = before?.id ?? ulid();
    await write(tx, deps.keyring, { tenantId, accountId: caller.accountId, id, place }, input);
    const told = (row: VariableRow | null) => (row === null ? null : row.isSecret === 1 ? 'a secret' : row.value);
    await record(tx, caller, place.environmentId, before === null ? 'ADD' : 'UPDATE', [
      { field: `variables.${place.name}`.slice(0, 64), before: told(before), after: input.isSecret ? 'a secret' : input.value },
    ]);
    const written = await findVariable(tx, tenantId, place);
    if (written === null) throw notFound('The variable');
    return view(written);
  });
}

async function write(
  tx: Tx,
  keyring: Keyring,
  { tenantId, accountId, id, place }: { tenantId: string; accountId: string; id: string; place: VariablePlace },
  { value, isSecret, expiresAt }: VariableInput,
): Promise<void> {
  const columns = ['id', 'tenant_id', 'environment_id', 'service_id', 'name', 'is_secret', 'value', 'fingerprint', 'expires_at'];
  const kept = isSecret
    ? [keyring.seal(value, variableSealContext(id)), fingerprintOf(await fingerprintKey(tx, keyring, tenantId), value)]
    : [value, null];
  const own = ['is_secret', 'value', 'fingerprint', 'expires_at', 'updated_by_account_id'];
  await tx.run(
    `INSERT INTO environment_variables (${[...columns, 'updated_by_account_id'].join(', ')}) VALUES (?)
     ON DUPLICATE KEY UPDATE ${own.map((column) => `${column} = VALUES(${column})`).join(', ')}, updated_at = UTC_TIMESTAMP(3)`,
    [[...[id, tenantId, place.environmentId, place.serviceId ?? '', place.name, isSecret], ...kept, ...[expiresAt, accountId]]],
  );
}

export async function removeVariable({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, place: VariablePlace): Promise<void> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  await db.transact(async (tx) => {
    await lockTenant(tx, tenantId);
    await demandEnvironment(tx, tenantId, place.environmentId);
    const before = await findVariable(tx, tenantId, place);
    if (before === null) throw notFound('The variable');
    await tx.run('DELETE FROM environment_variables WHERE tenant_id = ? AND id = ?', [tenantId, before.id]);
    await record(tx, caller, place.environmentId, 'REMOVE', [
      { field: `variables.${place.name}`.slice(0, 64), before: before.isSecret === 1 ? 'a secret' : before.value, after: null },
    ]);
  });
}

async function demandPlace(tx: Tx, tenantId: string, { environmentId, serviceId }: VariablePlace): Promise<void> {
  await demandEnvironment(tx, tenantId, environmentId);
  if (serviceId === null) return;
  const [service] = await tx.rows('SELECT id FROM services WHERE tenant_id = ? AND id = ?', [tenantId, serviceId]);
  if (service === undefined) throw invalid([{ field: '?serviceId', message: 'is no service of the tenant' }]);
}

async function findVariable(sql: Sql, tenantId: string, { environmentId, serviceId, name }: VariablePlace): Promise<VariableRow | null> {
  const [row] = await sql.rows<VariableRow>(`${select} AND service_id = ? AND name = ?`, [tenantId, environmentId, serviceId ?? '', name]);
  return row ?? null;
}
