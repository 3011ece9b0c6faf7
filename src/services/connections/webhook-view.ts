import type { Category, Provider } from '../../integrations/kit/define-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type ConnectionRow, connectionRow, webhookUrlOf } from './connection-view.ts';
import { providerFor } from './parse-connection.ts';

export interface WebhookView {
  /** `null`: the provider sends none that Signalbox reads; it is polled. */
  webhookUrl: string | null;
  enabled: boolean;
  hasSecret: boolean;
  /** Whether Signalbox can set it up through the provider's API. */
  canRegister: boolean;
  /** How a person sets it up, one step each, in Markdown. */
  instructions: string[];
  /** Why the provider cannot reach the address, if that is plain. */
  unreachable: string | null;
  /** The newest that came in, if any is still stored: it works. */
  lastEvent: { id: string; event: string; status: string; receivedAt: string } | null;
}

/** All that a person needs to set the webhook up, or to see whether it works. Never the secret. */
export async function readWebhook(
  deps: Pick<ServiceDeps, 'db' | 'publicUrl'>,
  caller: Caller,
  category: Category,
  id: string,
): Promise<WebhookView> {
  authorise(caller, 'integration:read');
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  const provider = providerFor(category, row.provider);
  const [last] = await deps.db.rows<{ id: string; event: string; status: string; receivedAt: Date }>(
    `SELECT id, event, status, created_at AS receivedAt FROM webhook_events
     WHERE tenant_id = ? AND integration_id = ? ORDER BY id DESC LIMIT 1`,
    [caller.tenantId, id],
  );
  return {
    webhookUrl: webhookUrlOf(deps.publicUrl, provider, id),
    enabled: Boolean(row.webhookEnabled),
    hasSecret: row.webhookSecret !== null,
    canRegister: provider.webhookRegistrar !== undefined,
    instructions: instructionsOf(provider, deps.publicUrl, id),
    unreachable: whyUnreachable(deps.publicUrl, provider, row),
    lastEvent: last === undefined ? null : { ...last, receivedAt: last.receivedAt.toISOString() },
  };
}

export function instructionsOf(provider: Provider, publicUrl: string, id: string): string[] {
  const url = webhookUrlOf(publicUrl, provider, id);
  return url === null ? [] : (provider.webhookInstructions?.({ url }) ?? []);
}

/** An address of this machine means something else to a provider elsewhere. */
export function whyUnreachable(publicUrl: string, provider: Provider, row: Pick<ConnectionRow, 'baseUrl'>): string | null {
  if (provider.webhook === undefined || !isOfThisMachine(publicUrl) || isOfThisMachine(row.baseUrl)) return null;
  return `${provider.displayName} cannot reach ${new URL(publicUrl).origin}, an address of this machine only: the operator must set PUBLIC_URL to one that it can reach.`;
}

function isOfThisMachine(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || /^(127\.|0\.0\.0\.0$|\[::1?\]$)/.test(hostname);
}
