import type { Caller, ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';

export interface TenantView {
  id: string;
  name: string;
  createdAt: string;
}

/** Every member may read their own tenant. */
export async function readTenant(deps: Pick<ServiceDeps, 'db'>, caller: Caller): Promise<TenantView> {
  const [row] = await deps.db.rows<{ id: string; name: string; createdAt: Date }>(
    'SELECT id, name, created_at AS createdAt FROM tenants WHERE id = ?',
    [caller.tenantId],
  );
  if (row === undefined) throw notFound('The tenant');
  return { ...row, createdAt: row.createdAt.toISOString() };
}
