import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { homeProblems } from '../../domain/deployment/home.ts';
import type { ServiceTarget } from '../../domain/deployment/target.ts';
import type { EnvironmentKind, ServiceKind } from '../../domain/deployment/vocabulary.ts';
import { changedItems } from '../configs/changed-items.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { iso } from '../releases/instant.ts';
import { invalid, notFound } from '../service-error.ts';
import { targetProblems } from './check-target.ts';
import { lockTenant, record } from './entry.ts';

export type TargetView = ServiceTarget & {
  id: string;
  environmentId: string;
  serviceId: string;
  createdAt: string;
  updatedAt: string;
};

interface TargetRow {
  id: string;
  environmentId: string;
  serviceId: string;
  body: unknown;
  createdAt: Date;
  updatedAt: Date;
}

const select = `SELECT id, environment_id AS environmentId, service_id AS serviceId, body, created_at AS createdAt, updated_at AS updatedAt
  FROM targets WHERE tenant_id = ? AND environment_id = ?`;

const view = ({ id, environmentId, serviceId, body, createdAt, updatedAt }: TargetRow): TargetView => ({
  ...{ id, environmentId, serviceId },
  ...(parseJson(body) as ServiceTarget),
  ...{ createdAt: iso(createdAt), updatedAt: iso(updatedAt) },
});

/** Where each service runs in the environment, by service. An app has few services: there are no pages. */
export async function listTargets(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  environmentId: string,
): Promise<{ items: TargetView[] }> {
  authorise(caller, 'config:read');
  await demandEnvironment(db, caller.tenantId, environmentId);
  const rows = await db.rows<TargetRow>(`${select} ORDER BY service_id`, [caller.tenantId, environmentId]);
  return { items: rows.map(view) };
}

/** Says where and how a service runs in the environment, the whole of it anew. Deployments that are under way keep what they were created with. */
export async function putTarget(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  place: { environmentId: string; serviceId: string },
  body: ServiceTarget,
): Promise<TargetView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  const { environmentId, serviceId } = place;
  const kind = await demandHome(deps.db, tenantId, place, body);
  // Providers' manifests alone are asked, none over the network.
  const problems = await targetProblems(deps, tenantId, body, kind);
  if (problems.length > 0) throw invalid(problems);
  return deps.db.transact(async (tx) => {
    await lockTenant(tx, tenantId);
    await demandHome(tx, tenantId, place, body);
    const before = await findTarget(tx, tenantId, place);
    const items = changedItems(before === null ? null : (parseJson(before.body) as ServiceTarget), body);
    if (before !== null && items.length === 0) return view(before);
    if (before === null) {
      await tx.run('INSERT INTO targets (id, tenant_id, environment_id, service_id, body) VALUES (?)', [
        [ulid(), tenantId, environmentId, serviceId, JSON.stringify(body)],
      ]);
    } else {
      await tx.run('UPDATE targets SET body = ?, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [
        ...[JSON.stringify(body), tenantId],
        before.id,
      ]);
    }
    await record(tx, caller, environmentId, before === null ? 'ADD' : 'UPDATE', items);
    const written = await findTarget(tx, tenantId, place);
    if (written === null) throw notFound('The target');
    return view(written);
  });
}

/** What runs there goes on running, and is deployed to no more. */
export async function removeTarget(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  place: { environmentId: string; serviceId: string },
): Promise<void> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  await db.transact(async (tx) => {
    await lockTenant(tx, tenantId);
    await demandEnvironment(tx, tenantId, place.environmentId);
    const before = await findTarget(tx, tenantId, place);
    if (before === null) throw notFound('The target');
    await tx.run('DELETE FROM targets WHERE tenant_id = ? AND id = ?', [tenantId, before.id]);
    await record(tx, caller, place.environmentId, 'REMOVE', changedItems(parseJson(before.body) as ServiceTarget, null));
  });
}

async function findTarget(tx: Tx, tenantId: string, place: { environmentId: string; serviceId: string }): Promise<TargetRow | null> {
  const [row] = await tx.rows<TargetRow>(`${select} AND service_id = ?`, [tenantId, place.environmentId, place.serviceId]);
  return row ?? null;
}

export async function demandEnvironment(sql: Pick<Sql, 'rows'>, tenantId: string, id: string): Promise<void> {
  const [row] = await sql.rows('SELECT id FROM environments WHERE tenant_id = ? AND id = ?', [tenantId, id]);
  if (row === undefined) throw notFound('The environment');
}

/** Both are there, and a target of this shape belongs there. @returns what kind of service it is. @throws ServiceError */
async function demandHome(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  { environmentId, serviceId }: { environmentId: string; serviceId: string },
  body: ServiceTarget,
): Promise<ServiceKind> {
  const [environment] = await sql.rows<{ kind: EnvironmentKind }>('SELECT kind FROM environments WHERE tenant_id = ? AND id = ?', [
    tenantId,
    environmentId,
  ]);
  if (environment === undefined) throw notFound('The environment');
  const [service] = await sql.rows<{ kind: ServiceKind }>('SELECT kind FROM services WHERE tenant_id = ? AND id = ?', [
    tenantId,
    serviceId,
  ]);
  if (service === undefined) throw notFound('The service');
  const problems = homeProblems({ environment: environment.kind, service: service.kind }, body);
  if (problems.length > 0) throw invalid(problems);
  return service.kind;
}
