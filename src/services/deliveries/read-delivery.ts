import { isValid } from 'ulid';
import type { DeliveryStatus } from '../../domain/notifications/delivery.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { findRunOf } from '../releases/release-row.ts';
import { notFound } from '../service-error.ts';
import {
  type DeliveryDetail,
  type DeliveryRow,
  type DeliveryView,
  type DetailRow,
  deliveryColumns,
  deliveryDetail,
  deliveryView,
  detailColumns,
} from './delivery-view.ts';

export interface DeliveryFilter extends PageRequest {
  releaseId?: string | undefined;
  status?: DeliveryStatus | undefined;
  type?: string | undefined;
}

/** Messages of a tenant, or of one of its releases, newest first. @throws ServiceError not-found for a release that is not the tenant's */
export async function listDeliveries(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  { releaseId, status, type, ...request }: DeliveryFilter,
): Promise<Page<DeliveryView>> {
  authorise(caller, 'release:read');
  const after = afterId(request);
  if (releaseId !== undefined) await findRunOf(deps.db, caller, releaseId);
  const conditions: [string, string | undefined | null][] = [
    ['subject_id = ?', releaseId],
    ['status = ?', status],
    ['type = ?', type],
    ['id < ?', after],
  ];
  const wanted = conditions.filter((condition): condition is [string, string] => typeof condition[1] === 'string');
  const rows = await deps.db.rows<DeliveryRow>(
    `SELECT ${deliveryColumns} FROM deliveries WHERE tenant_id = ?${wanted.map(([sql]) => ` AND ${sql}`).join('')} ORDER BY id DESC LIMIT ?`,
    [caller.tenantId, ...wanted.map(([, value]) => value), request.limit + 1],
  );
  return pageOf(rows, request.limit, deliveryView);
}

/**
 * One message with what became of it in each channel and every failed attempt.
 * @param releaseId that it must be about; absent = any
 * @throws ServiceError not-found
 */
export async function readDelivery(deps: Pick<ServiceDeps, 'db'>, caller: Caller, id: string, releaseId?: string): Promise<DeliveryDetail> {
  authorise(caller, 'release:read');
  const [row] = isValid(id)
    ? await deps.db.rows<DetailRow>(`SELECT ${detailColumns} FROM deliveries WHERE tenant_id = ? AND id = ?`, [caller.tenantId, id])
    : [];
  if (row === undefined || (releaseId !== undefined && row.releaseId !== releaseId)) throw notFound('The delivery');
  return deliveryDetail(row);
}
