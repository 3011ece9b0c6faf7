import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Outbox, OutboxEnd } from '../../engine/outbox.ts';
import { signal } from '../../engine/signal.ts';
import { findProvider } from '../../integrations/registry.ts';
import type { WakeJob } from '../../platform/queues.ts';
import type { Ring } from '../../platform/ring.ts';
import { hurryBlockers } from '../blockers/hurry-blockers.ts';
import type { Press } from '../chat/press.ts';
import { toFailure } from '../execution/to-failure.ts';

interface PassOnOptions {
  db: Database;
  outbox: Outbox;
  ring: Ring;
  /** Carries out what somebody pressed. */
  onPress: (press: Press, within: AbortSignal) => Promise<void>;
  /** Aborts when the process stops. */
  signal: AbortSignal;
}

/** Whoever pressed so long ago may want something else by now, minutes. */
const LATE_MINUTES = 15;

interface EventRow {
  provider: string;
  integrationId: string;
  tenantId: string;
  headers: unknown;
  body: Buffer;
  isLate: number;
}

/**
 * Carries out a press; turns every other stored webhook into hurried tasks and blockers. Those are hints: they ask the provider themselves. The same repository may be connected as
 * source control and as CI, so every connection of the tenant that shares the provider is hinted at, not only the one the hook names.
 */
export function createPassOnWebhook({ db, outbox, ring, onPress, signal: stopped }: PassOnOptions): (wake: WakeJob) => Promise<void> {
  return async (wake) => {
    const claim = await outbox.claim(wake);
    if (claim === null) return;
    let end: OutboxEnd;
    try {
      end = await pass(claim.id);
    } catch (error) {
      // A stopping process leaves the row to its lease.
      if (stopped.aborted) return;
      end = { status: 'FAILED', failure: toFailure(error) };
    }
    await outbox.settle(claim, end);
  };

  async function pass(id: string): Promise<OutboxEnd> {
    const [row] = await db.rows<EventRow>(
      `SELECT provider, integration_id AS integrationId, tenant_id AS tenantId, headers, body,
              created_at < UTC_TIMESTAMP(3) - INTERVAL ${LATE_MINUTES} MINUTE AS isLate
       FROM webhook_events WHERE id = ?`,
      [id],
    );
    const provider = row === undefined ? null : findProvider(row.provider);
    if (row === undefined || !provider?.webhook) return { status: 'SKIPPED', why: 'nobody reads webhooks of this provider' };
    const request = { headers: parseJson(row.headers) as Record<string, string>, rawBody: row.body };
    const interaction = provider.interactions?.parseInteraction(request) ?? null;
    if (interaction !== null) {
      const { tenantId, integrationId } = row;
      await onPress({ ...interaction, eventId: id, tenantId, integrationId, provider: provider.id, isLate: row.isLate === 1 }, stopped);
      return { status: 'DONE' };
    }
    const parsed = provider.webhook.parse(request);
    if (parsed.hints.length === 0) return { status: 'SKIPPED', why: `nobody waits for ${parsed.event}` };
    const keys = parsed.hints.map((hint) => hint.key);
    for (const integrationId of await siblings(row)) {
      ring(await signal(db, integrationId, keys));
      ring(await hurryBlockers(db, row.tenantId, integrationId, keys));
    }
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
