import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Outbox, OutboxEnd } from '../../engine/outbox.ts';
import { signal } from '../../engine/signal.ts';
import { findProvider } from '../../integrations/registry.ts';
import type { WakeJob } from '../../platform/queues.ts';
import type { Ring } from '../../platform/ring.ts';
import { toFailure } from '../execution/to-failure.ts';

interface PassOnOptions {
  db: Database;
  outbox: Outbox;
  ring: Ring;
}

interface EventRow {
  provider: string;
  integrationId: string;
  tenantId: string;
  headers: unknown;
  body: Buffer;
}

/**
 * Turns a stored webhook into hurried tasks. It is a hint: the tasks ask the provider themselves. The same repository may be connected as
 * source control and as CI, so every connection of the tenant that shares the provider is hinted at, not only the one the hook names.
 */
export function createPassOnWebhook({ db, outbox, ring }: PassOnOptions): (wake: WakeJob) => Promise<void> {
  return async (wake) => {
    const claim = await outbox.claim(wake);
    if (claim === null) return;
    let end: OutboxEnd;
    try {
      end = await pass(claim.id);
    } catch (error) {
      end = { status: 'FAILED', failure: toFailure(error) };
    }
    await outbox.settle(claim, end);
  };

  async function pass(id: string): Promise<OutboxEnd> {
    const [row] = await db.rows<EventRow>(
      'SELECT provider, integration_id AS integrationId, tenant_id AS tenantId, headers, body FROM webhook_events WHERE id = ?',
      [id],
    );
    const webhook = row === undefined ? undefined : findProvider(row.provider)?.webhook;
    if (row === undefined || webhook === undefined) return { status: 'SKIPPED', why: 'nobody reads webhooks of this provider' };
    const parsed = webhook.parse({ headers: parseJson(row.headers) as Record<string, string>, rawBody: row.body });
    if (parsed.hints.length === 0) return { status: 'SKIPPED', why: `nobody waits for ${parsed.event}` };
    const keys = parsed.hints.map((hint) => hint.key);
    for (const integrationId of await siblings(row)) ring(await signal(db, integrationId, keys));
    return { status: 'DONE' };
  }

  async function siblings(row: EventRow): Promise<string[]> {
    const rows = await db.rows<{ id: string }>(
      `SELECT id FROM tenant_scm_integrations WHERE tenant_id = ? AND provider = ? AND is_active = 1
       UNION SELECT id FROM tenant_ci_cd_integrations WHERE tenant_id = ? AND provider = ? AND is_active = 1`,
      [row.tenantId, row.provider, row.tenantId, row.provider],
    );
    return [...new Set([row.integrationId, ...rows.map(({ id }) => id)])];
  }
}
