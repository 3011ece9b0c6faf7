import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import type { Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { randomSigningSecret } from '../../platform/crypto.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict, invalid } from '../service-error.ts';
import { type ConnectionRow, type ConnectionView, connectionRow, connectionView } from './connection-view.ts';
import { demandValid } from './create-connection.ts';
import { parseConnection, providerFor } from './parse-connection.ts';
import { registerOrSay, type WebhookRegistration } from './register-webhook.ts';
import { resumeWaiting } from './resume-waiting.ts';
import { scmColumns } from './scm-columns.ts';
import { openCredentials, sealCredentials, sealWebhookSecret } from './seal-connection.ts';
import { connectionTableNames } from './tables.ts';
import type { VerificationResult } from './verification.ts';

/** Absent = unchanged. `credentials` and `settings` are replaced as a whole. */
export interface ConnectionChange {
  displayName?: string | undefined;
  baseUrl?: string | undefined;
  credentials?: Record<string, unknown> | undefined;
  settings?: Record<string, unknown> | undefined;
  webhookSecret?: string | undefined;
  /** A new one is made and shown once. */
  rotateWebhookSecret: boolean;
  webhookEnabled?: boolean | undefined;
  /** With a new webhook secret: tell it to the provider, too. */
  register: boolean;
  verify: boolean;
}

export interface UpdatedConnection extends ConnectionView {
  webhookSecret?: string;
  /** What came of `register`. */
  webhook?: WebhookRegistration;
}

/** Whatever decides whether the connection works is verified again before it is stored. */
export async function updateConnection(
  deps: ServiceDeps,
  caller: Caller,
  category: Category,
  id: string,
  change: ConnectionChange,
): Promise<UpdatedConnection> {
  authorise(caller, 'integration:write');
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  const provider = providerFor(category, row.provider);
  const access = await changedAccess(deps, category, caller.tenantId, provider, row, change);
  const webhookSecret = newWebhookSecret(provider, change);
  const updated = await deps.db.transact(async (tx) => {
    const fresh = await connectionRow(tx, category, caller.tenantId, id, 'FOR UPDATE');
    if (access !== null && fresh.credentials !== row.credentials) throw conflict('The integration was changed meanwhile; read it again.');
    await write(tx, deps, caller, { category, row: fresh, change, access, webhookSecret });
    const view = connectionView(await connectionRow(tx, category, caller.tenantId, id), category, deps.publicUrl);
    return webhookSecret === null ? view : { ...view, webhookSecret };
  });
  return webhookSecret === null ? updated : { ...updated, ...(await announceSecret(deps, caller, category, id, change, updated)) };
}

const NEW_SECRET =
  'The webhook secret is new, and the provider still signs with the old one: set the webhook up again (POST …/webhook), or enter the secret at the provider.';

/** The secret is stored and must be shown, whatever the provider says to it. */
async function announceSecret(
  deps: ServiceDeps,
  caller: Caller,
  category: Category,
  id: string,
  change: ConnectionChange,
  { warnings }: ConnectionView,
): Promise<Pick<UpdatedConnection, 'webhook' | 'warnings'>> {
  if (!change.register) return { warnings: [...warnings, NEW_SECRET] };
  const webhook = await registerOrSay(deps, caller, category, id);
  return { webhook, warnings: webhook.registered ? warnings : [...warnings, NEW_SECRET] };
}

interface ChangedAccess {
  connection: Connection;
  /** As they are to be sealed. */
  credentials: Record<string, unknown>;
  result: VerificationResult;
}

/** `null` when nothing changes that the provider would notice. */
async function changedAccess(
  deps: ServiceDeps,
  category: Category,
  tenantId: string,
  provider: Provider,
  row: ConnectionRow,
  change: ConnectionChange,
): Promise<ChangedAccess | null> {
  const movesAway = change.baseUrl !== undefined && change.baseUrl.replace(/\/+$/, '') !== row.baseUrl;
  // Otherwise whoever may edit a connection could have its secret sent to a server of their own.
  if (movesAway && change.credentials === undefined) {
    throw invalid([{ field: '/credentials', message: 'must be entered again when the base URL changes' }]);
  }
  if (!movesAway && change.credentials === undefined && change.settings === undefined) return null;
  const credentials = change.credentials ?? openCredentials(deps.keyring, category, row);
  const connection = parseConnection(provider, row.id, {
    baseUrl: change.baseUrl ?? row.baseUrl,
    credentials,
    settings: change.settings ?? (parseJson(row.settings) as Record<string, unknown>),
  });
  const result = change.verify ? await demandValid(deps, category, tenantId, provider, connection) : pending;
  return { connection, credentials, result };
}

const pending: VerificationResult = {
  status: 'PENDING',
  error: null,
  account: null,
  credentialExpiresAt: null,
  rateLimit: null,
  againInMs: 0,
};

function newWebhookSecret(provider: Provider, change: ConnectionChange): string | null {
  if (change.webhookSecret === undefined && !change.rotateWebhookSecret) return null;
  if (provider.webhook === undefined) {
    throw invalid([{ field: '/webhookSecret', message: `${provider.displayName} has no webhooks that Signalbox understands` }]);
  }
  return change.webhookSecret ?? randomSigningSecret().reveal();
}

interface Write {
  category: Category;
  row: ConnectionRow;
  change: ConnectionChange;
  access: ChangedAccess | null;
  webhookSecret: string | null;
}

async function write(tx: Tx, deps: ServiceDeps, caller: Caller, { category, row, change, access, webhookSecret }: Write): Promise<void> {
  const columns: Record<string, string | number | Date | null> = {};
  const items: HistoryItem[] = [];
  const set = (column: string, value: string | number | null, field: string, before: string, after: string) => {
    columns[column] = value;
    if (before !== after) items.push({ field, before, after });
  };
  if (change.displayName !== undefined) set('display_name', change.displayName, 'displayName', row.displayName, change.displayName);
  if (change.webhookEnabled !== undefined) {
    set(
      'webhook_enabled',
      change.webhookEnabled ? 1 : 0,
      'webhookEnabled',
      String(Boolean(row.webhookEnabled)),
      String(change.webhookEnabled),
    );
  }
  if (webhookSecret !== null) {
    // Who and when, never what.
    set('webhook_secret', sealWebhookSecret(deps.keyring, category, row.id, webhookSecret), 'webhookSecret', 'old', 'new');
  }
  if (access !== null) {
    const { connection, credentials, result } = access;
    const settings = JSON.stringify(connection.settings);
    set('base_url', connection.baseUrl, 'baseUrl', row.baseUrl, connection.baseUrl);
    set('settings', settings, 'settings', JSON.stringify(parseJson(row.settings)), settings);
    const sealed = sealCredentials(deps.keyring, category, row.id, credentials);
    set('credentials', sealed, 'credentials', 'old', change.credentials === undefined ? 'old' : 'new');
    set('verification_status', result.status, 'verificationStatus', row.verificationStatus, result.status ?? row.verificationStatus);
    columns.verification_error = result.error;
    columns.provider_account = result.account;
    columns.credential_expires_at = result.credentialExpiresAt;
    columns.rate_limit = result.rateLimit === null ? null : JSON.stringify(result.rateLimit);
    if (category === 'scm') Object.assign(columns, scmColumns(connection.settings));
  }
  const names = Object.keys(columns);
  if (names.length === 0) return;
  const timing =
    access === null
      ? ''
      : `, last_verified_at = IF(? = 'VALID', UTC_TIMESTAMP(3), NULL), verify_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND`;
  if (access !== null) {
    const wakes = await resumeWaiting(tx, caller.tenantId, row.id);
    tx.afterCommit(() => deps.ring(wakes));
  }
  await tx.run(
    `UPDATE ${connectionTableNames[category]} SET ${names.map((name) => `${name} = ?`).join(', ')}${timing}, updated_at = UTC_TIMESTAMP(3)
     WHERE tenant_id = ? AND id = ?`,
    [
      ...Object.values(columns),
      ...(access === null ? [] : [access.result.status, access.result.againInMs * 1000]),
      caller.tenantId,
      row.id,
    ],
  );
  await writeHistory(tx, [
    {
      tenantId: caller.tenantId,
      scopeId: row.id,
      entityType: 'integration',
      entityId: row.id,
      action: 'UPDATE',
      actor: actorOf(caller),
      items,
    },
  ]);
}
