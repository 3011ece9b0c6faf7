import type { Sql } from '../../../db/client.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../../page.ts';
import { notFound } from '../../service-error.ts';
import { findRunOf } from '../release-row.ts';
import { type CycleDetail, type CycleRow, cycleDetails, selectCycles } from './cycle-view.ts';

const NUMBER = /^\d{1,9}$/;

/** The regression cycles of a release, newest first. */
export async function listCycles(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  page: PageRequest,
): Promise<Page<CycleDetail>> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  const after = afterId(page, NUMBER);
  const of = { tenantId: caller.tenantId, releaseId };
  const rows = await deps.db.rows<CycleRow>(
    `${selectCycles} WHERE y.tenant_id = ? AND y.release_id = ?${after === null ? '' : ' AND y.number < ?'} ORDER BY y.number DESC LIMIT ?`,
    [caller.tenantId, releaseId, ...(after === null ? [] : [Number(after)]), page.limit + 1],
  );
  const numbered = rows.map((row) => ({ id: String(row.number), row }));
  const { items, nextCursor } = pageOf(numbered, page.limit, ({ row }) => row);
  return { items: await cycleDetails(deps.db, of, items), nextCursor };
}

/** One of them, by its number. @throws ServiceError not-found */
export async function getCycle(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string, number: number): Promise<CycleDetail> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return readCycle(deps.db, caller.tenantId, releaseId, number);
}

export async function readCycle(sql: Pick<Sql, 'rows'>, tenantId: string, releaseId: string, number: number): Promise<CycleDetail> {
  const rows = await sql.rows<CycleRow>(`${selectCycles} WHERE y.tenant_id = ? AND y.release_id = ? AND y.number = ?`, [
    tenantId,
    releaseId,
    number,
  ]);
  const [cycle] = await cycleDetails(sql, { tenantId, releaseId }, rows);
  if (cycle === undefined) throw notFound('The regression cycle');
  return cycle;
}
