import { parseJson } from '../../db/schema/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';

/** A stored webhook without its body: that may hold anything the provider's users wrote. */
export interface WebhookEventView {
  id: string;
  integrationId: string;
  provider: string;
  deliveryId: string;
  event: string;
  /** PENDING, IN_PROGRESS, DONE, SKIPPED (nobody waits for it) or FAILED. */
  status: string;
  failure: Failure | null;
  receivedAt: string;
  settledAt: string | null;
}

interface Row {
  id: string;
  integrationId: string;
  provider: string;
  deliveryId: string;
  event: string;
  status: string;
  failure: unknown;
  createdAt: Date;
  settledAt: Date | null;
}

const SELECT = `SELECT id, integration_id AS integrationId, provider, delivery_id AS deliveryId, event, status, failure,
  created_at AS createdAt, settled_at AS settledAt FROM webhook_events`;

export async function listWebhookEvents(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  request: PageRequest & { integrationId?: string | undefined },
): Promise<Page<WebhookEventView>> {
  authorise(caller, 'integration:write');
  const after = afterId(request);
  const rows = await deps.db.rows<Row>(
    `${SELECT} WHERE tenant_id = ? ${after === null ? '' : 'AND id < ?'} ${request.integrationId === undefined ? '' : 'AND integration_id = ?'}
     ORDER BY id DESC LIMIT ?`,
    [
      caller.tenantId,
      ...(after === null ? [] : [after]),
      ...(request.integrationId === undefined ? [] : [request.integrationId]),
      request.limit + 1,
    ],
  );
  return pageOf(rows, request.limit, view);
}

const view = ({ createdAt, settledAt, failure, ...row }: Row): WebhookEventView => ({
  ...row,
  failure: parseJson(failure) as Failure | null,
  receivedAt: createdAt.toISOString(),
  settledAt: settledAt?.toISOString() ?? null,
});
