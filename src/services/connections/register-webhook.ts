import { retryDecision } from '../../domain/failure.ts';
import { writeHistory } from '../../engine/history.ts';
import type { RegisteredHook } from '../../integrations/capabilities/webhook-registrar.ts';
import type { Category, Provider } from '../../integrations/kit/define-provider.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict } from '../service-error.ts';
import { type ConnectionRow, connectionRow, webhookUrlOf } from './connection-view.ts';
import { providerFor } from './parse-connection.ts';
import { sealWebhookSecret } from './seal-connection.ts';
import { connectionTableNames, sealContext } from './tables.ts';
import { instructionsOf, whyUnreachable } from './webhook-view.ts';

/*
 * Sets the provider's side of webhooks up or takes it down, through its API and under the connection's lock, so that two at once leave one
 * hook. If the process dies between the provider's answer and our commit, the hook stands and nothing here says so: asking again finds it.
 */

export type WebhookRegistration =
  | { registered: true; hook: RegisteredHook; webhookUrl: string }
  /** Nothing was set up; the steps say how a person does it. */
  | { registered: false; reason: string; instructions: string[]; webhookUrl: string | null };

export interface WebhookRemoval {
  removed: boolean;
  /** Why it was not removed; null when it was. */
  reason: string | null;
  webhookUrl: string | null;
}

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };
const TIMEOUT_MS = 20_000;

/** Why the provider's side cannot be changed through its API, or the address that it is to call. */
type Registrar = { problem: string } | { problem: null; url: string };

export async function registerWebhook(deps: ServiceDeps, caller: Caller, category: Category, id: string): Promise<WebhookRegistration> {
  authorise(caller, 'integration:write');
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  const provider = providerFor(category, row.provider);
  const registrar = registrarOf(provider, deps.publicUrl, row);
  const refuse = (reason: string): WebhookRegistration => ({
    ...{ registered: false, reason },
    instructions: instructionsOf(provider, deps.publicUrl, id),
    webhookUrl: webhookUrlOf(deps.publicUrl, provider, id),
  });
  if (registrar.problem !== null) return refuse(registrar.problem);
  const unreachable = whyUnreachable(deps.publicUrl, provider, row);
  if (unreachable !== null) return refuse(unreachable);
  return deps.locks.withLock(`webhook:${id}`, LOCK, async (held) => {
    const current = await connectionRow(deps.db, category, caller.tenantId, id);
    if (current.webhookSecret === null)
      return refuse('The connection has no webhook secret yet; have one made first (rotateWebhookSecret).');
    const secret = deps.keyring.open(current.webhookSecret, sealContext(category, id, 'webhook_secret')).reveal();
    const asked = await atProvider(deps, caller, { category, id, signal: held.signal }, (ensure) =>
      ensure.ensureHook({ url: registrar.url, secret }),
    );
    if ('reason' in asked) return refuse(asked.reason);
    const { secret: ownSecret, ...hook } = asked.value;
    const answer: WebhookRegistration = { registered: true, hook, webhookUrl: registrar.url };
    const newSecret = ownSecret === undefined || ownSecret === secret ? null : ownSecret;
    await record(deps, caller, category, { row: current, enabled: true, after: `registered (${hook.id})`, newSecret }, answer);
    return answer;
  });
}

/** The same where it is one step of more: trouble becomes the reason. */
export async function registerOrSay(deps: ServiceDeps, caller: Caller, category: Category, id: string): Promise<WebhookRegistration> {
  try {
    return await registerWebhook(deps, caller, category, id);
  } catch (error) {
    deps.logger.warn({ err: error, integrationId: id, category }, 'a webhook could not be set up');
    const row = await connectionRow(deps.db, category, caller.tenantId, id);
    const provider = providerFor(category, row.provider);
    return {
      registered: false,
      reason: error instanceof ProviderError ? error.message : 'It could not be set up now; try again.',
      instructions: instructionsOf(provider, deps.publicUrl, id),
      webhookUrl: webhookUrlOf(deps.publicUrl, provider, id),
    };
  }
}

export async function removeWebhook(deps: ServiceDeps, caller: Caller, category: Category, id: string): Promise<WebhookRemoval> {
  authorise(caller, 'integration:write');
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  const provider = providerFor(category, row.provider);
  const registrar = registrarOf(provider, deps.publicUrl, row);
  const webhookUrl = webhookUrlOf(deps.publicUrl, provider, id);
  if (registrar.problem !== null) return { removed: false, reason: registrar.problem, webhookUrl };
  return deps.locks.withLock(`webhook:${id}`, LOCK, async (held) => {
    const asked = await atProvider(deps, caller, { category, id, signal: held.signal }, (hooks) => hooks.removeHook(registrar.url));
    if ('reason' in asked) return { removed: false, reason: asked.reason, webhookUrl };
    await record(deps, caller, category, { row, enabled: false, after: 'removed', newSecret: null }, null);
    return { removed: true, reason: null, webhookUrl };
  });
}

export function registrarOf(provider: Provider, publicUrl: string, row: Pick<ConnectionRow, 'id'>): Registrar {
  const url = webhookUrlOf(publicUrl, provider, row.id);
  if (url === null) return { problem: `${provider.displayName} sends no webhooks that Signalbox reads; it is polled.` };
  if (provider.webhookRegistrar === undefined) {
    return { problem: `Webhooks of ${provider.displayName} cannot be set up through its API.` };
  }
  return { problem: null, url };
}

type Hooks = ReturnType<NonNullable<Provider['webhookRegistrar']>>;

/** What will not get better by asking again becomes a reason; what may, is thrown. */
async function atProvider<T>(
  deps: ServiceDeps,
  caller: Caller,
  { category, id, signal }: { category: Category; id: string; signal: AbortSignal },
  ask: (hooks: Hooks) => Promise<T>,
): Promise<{ value: T } | { reason: string }> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const open = await deps.connector.open(category, caller.tenantId, id, AbortSignal.any([timeout, signal]));
    const hooks = open.provider.webhookRegistrar?.(open.connection, open.deps);
    if (hooks === undefined) return { reason: `Webhooks of ${open.provider.displayName} cannot be set up through its API.` };
    return { value: await ask(hooks) };
  } catch (error) {
    if (timeout.aborted && error === timeout.reason) {
      throw new ProviderError('timeout', `The provider did not answer within ${TIMEOUT_MS / 1000} s.`, { provider: category });
    }
    if (error instanceof ProviderError && isLasting(error)) return { reason: error.message };
    throw error;
  }
}

const isLasting = (error: ProviderError) => !['later', 'after'].includes(retryDecision(error.toFailure()).when);

interface Recorded {
  row: ConnectionRow;
  enabled: boolean;
  after: string;
  /** What the provider signs with, where that is not the secret it was told. */
  newSecret: string | null;
}

/** @throws ServiceError conflict when the secret was rotated while the provider was told the old one */
function record(
  deps: ServiceDeps,
  caller: Caller,
  category: Category,
  { row, enabled, after, newSecret }: Recorded,
  answer: WebhookRegistration | null,
): Promise<void> {
  return deps.db.transact(async (tx) => {
    const fresh = await connectionRow(tx, category, caller.tenantId, row.id, 'FOR UPDATE');
    if (enabled && fresh.webhookSecret !== row.webhookSecret) {
      throw conflict('The webhook secret was changed meanwhile; set the webhook up again.');
    }
    await tx.run(
      `UPDATE ${connectionTableNames[category]}
       SET webhook_enabled = ?, webhook_secret = COALESCE(?, webhook_secret), updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`,
      [enabled ? 1 : 0, newSecret === null ? null : sealWebhookSecret(deps.keyring, category, row.id, newSecret), caller.tenantId, row.id],
    );
    const was = String(Boolean(fresh.webhookEnabled));
    await writeHistory(tx, [
      {
        tenantId: caller.tenantId,
        scopeId: row.id,
        entityType: 'integration',
        entityId: row.id,
        action: 'UPDATE',
        actor: actorOf(caller),
        items: [
          { field: 'webhook', before: null, after },
          ...(newSecret === null ? [] : [{ field: 'webhookSecret', before: 'old', after: 'new' }]),
          ...(was === String(enabled) ? [] : [{ field: 'webhookEnabled', before: was, after: String(enabled) }]),
        ],
      },
    ]);
    if (answer !== null) await rememberAnswer(tx, deps, caller, { status: 200, body: answer });
  });
}
