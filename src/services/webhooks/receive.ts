import { ulid } from 'ulid';
import type { Database } from '../../db/client.ts';
import type { WebhookRequest, WebhookSource } from '../../integrations/capabilities/webhook-source.ts';
import type { Category, Provider } from '../../integrations/kit/define-provider.ts';
import { findProvider } from '../../integrations/registry.ts';
import type { Keyring } from '../../platform/crypto.ts';
import type { Ring } from '../../platform/ring.ts';
import { connectionTableNames, sealContext } from '../connections/tables.ts';
import { notFound, ServiceError } from '../service-error.ts';

/*
 * Webhooks in. Verify over the raw bytes, store them under the provider's own delivery id, answer; a worker reads them later. If the process
 * dies before the INSERT the provider sends again; after it, the sweep rings. The same delivery twice is one row.
 */

interface ReceiveDeps {
  db: Database;
  keyring: Keyring;
  ring: Ring;
}

export type Receipt =
  | { kind: 'stored'; id: string }
  | { kind: 'duplicate' }
  /** A person pressed a button; stored, now or before. The provider wants to hear 200 and nothing else. */
  | { kind: 'pressed' }
  /** The provider asks whether the address is ours; this is what it wants to hear. */
  | { kind: 'challenge'; answer: string | Record<string, string>; headers?: Record<string, string> };

type Challenge = NonNullable<ReturnType<NonNullable<WebhookSource['challenge']>>>;

interface Addressee {
  category: Category;
  tenantId: string;
  secret: string;
  enabled: number;
}

/** @throws ServiceError not-found: no such connection, or it takes no webhooks; unauthorized: the signature is wrong */
export async function receiveWebhook(
  deps: ReceiveDeps,
  providerId: string,
  integrationId: string,
  request: WebhookRequest,
): Promise<Receipt> {
  const provider = findProvider(providerId);
  const webhook = provider?.webhook;
  if (provider === null || webhook === undefined) throw notFound('The webhook address');
  const addressee = await findAddressee(deps.db, provider, integrationId);
  const challenge = webhook.challenge?.(request) ?? null;
  const open = typeof challenge === 'object' && challenge?.unsigned === true;
  // A hook that was taken down is asked for while it is set up again, before it counts as enabled.
  if (addressee === null || !(open || addressee.enabled)) throw notFound('The webhook address');
  const secret = deps.keyring.open(addressee.secret, sealContext(addressee.category, integrationId, 'webhook_secret'));
  if (!open && !webhook.verify(request, secret.reveal())) {
    throw new ServiceError('unauthorized', 'The signature of the webhook is not right.');
  }
  if (challenge !== null) return answerTo(challenge);
  return store(deps, provider, addressee.tenantId, integrationId, request);
}

function answerTo(challenge: Challenge): Receipt {
  if (typeof challenge === 'string') return { kind: 'challenge', answer: challenge };
  return 'json' in challenge
    ? { kind: 'challenge', answer: challenge.json }
    : { kind: 'challenge', answer: '', headers: challenge.headers };
}

async function findAddressee(db: Database, provider: Provider, integrationId: string): Promise<Addressee | null> {
  const parts = provider.categories.map(
    (category) =>
      `SELECT '${category}' AS category, tenant_id AS tenantId, webhook_secret AS secret, webhook_enabled AS enabled FROM ${connectionTableNames[category]}
       WHERE id = ? AND provider = ? AND is_active = 1 AND webhook_secret IS NOT NULL`,
  );
  const [row] = await db.rows<Addressee>(
    parts.join(' UNION ALL '),
    provider.categories.flatMap(() => [integrationId, provider.id]),
  );
  return row ?? null;
}

async function store(
  deps: ReceiveDeps,
  provider: Provider,
  tenantId: string,
  integrationId: string,
  request: WebhookRequest,
): Promise<Receipt> {
  const id = ulid();
  const deliveryId = (provider.webhook?.deliveryId(request) ?? id).slice(0, 255);
  const event = (provider.webhook?.parse(request).event ?? 'unknown').slice(0, 128);
  const stored = await deps.db.run(
    `INSERT IGNORE INTO webhook_events (id, tenant_id, integration_id, provider, delivery_id, event, headers, body, status, run_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
    [id, tenantId, integrationId, provider.id, deliveryId, event, JSON.stringify(harmless(request.headers)), Buffer.from(request.rawBody)],
  );
  if (stored > 0) deps.ring([{ kind: 'webhook', queue: 'webhooks', id, fence: 0, tenantId }]);
  if (provider.interactions !== undefined && provider.interactions.parseInteraction(request) !== null) return { kind: 'pressed' };
  return stored > 0 ? { kind: 'stored', id } : { kind: 'duplicate' };
}

/** What a reader needs later. Some providers send their secret itself as a header. */
const SECRET_HEADER = /token|secret|authorization|cookie|password|api-?key/;

function harmless(headers: WebhookRequest['headers']): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !SECRET_HEADER.test(name) && value.length <= 1024) kept[name] = value;
  }
  return kept;
}
