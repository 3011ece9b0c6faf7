import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Category, Connection, Provider } from '../../integrations/kit/define-provider.ts';
import { randomSigningSecret } from '../../platform/crypto.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict, invalid } from '../service-error.ts';
import { type ConnectionView, connectionRow, connectionView } from './connection-view.ts';
import { type ConnectionForm, parseConnection, providerFor } from './parse-connection.ts';
import { scmColumns } from './scm-columns.ts';
import { sealCredentials, sealWebhookSecret } from './seal-connection.ts';
import { connectionTableNames } from './tables.ts';
import { type VerificationResult, verify } from './verification.ts';

export interface NewConnection extends ConnectionForm {
  provider: string;
  displayName: string;
  /** Given where the provider makes it; otherwise one is made here. */
  webhookSecret?: string | undefined;
  /** A second active source-control connection is an accident unless it is asked for. */
  allowMultiple: boolean;
  /** Without it the connection is stored unverified, and the scheduler verifies it. */
  verify: boolean;
}

/** The webhook secret is shown in this answer and never again. */
export type CreatedConnection = ConnectionView & { webhookSecret: string | null };

/** Stores a connection that works; with credentials the provider refuses, nothing is stored. */
export async function createConnection(
  deps: ServiceDeps,
  caller: Caller,
  category: Category,
  input: NewConnection,
): Promise<CreatedConnection> {
  authorise(caller, 'integration:write');
  const provider = providerFor(category, input.provider);
  const connection = parseConnection(provider, ulid(), input);
  const result = input.verify ? await demandValid(deps, category, caller.tenantId, provider, connection) : unverified;
  const webhookSecret = provider.webhook === undefined ? null : (input.webhookSecret ?? randomSigningSecret().reveal());
  return deps.db.transact(async (tx) => {
    if (category === 'scm' && !input.allowMultiple) await demandOnly(tx, caller.tenantId);
    await insert(tx, deps, caller, { category, provider, connection, input, webhookSecret, result });
    const row = await connectionRow(tx, category, caller.tenantId, connection.id);
    const view = { ...connectionView(row, category, deps.publicUrl), webhookSecret };
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

const unverified: VerificationResult = {
  status: 'PENDING',
  error: null,
  account: null,
  credentialExpiresAt: null,
  rateLimit: null,
  againInMs: 0,
};

/** @throws ServiceError invalid with the provider's reasons. That the provider cannot be asked now is no reason. */
export async function demandValid(deps: ServiceDeps, category: Category, tenantId: string, provider: Provider, connection: Connection) {
  const result = await verify({ connector: deps.connector, tenantId, now: () => new Date() }, category, provider, connection);
  if (result.status === 'INVALID' || result.status === 'EXPIRED') {
    throw invalid((result.error ?? '').split('\n').map((message) => ({ field: '/credentials', message })));
  }
  return { ...result, status: result.status ?? 'PENDING' } as const;
}

/** The tenant's row is the lock: two at once must not both find none. */
async function demandOnly(tx: Tx, tenantId: string): Promise<void> {
  await tx.rows('SELECT id FROM tenants WHERE id = ? FOR UPDATE', [tenantId]);
  const [other] = await tx.rows<{ displayName: string }>(
    'SELECT display_name AS displayName FROM tenant_scm_integrations WHERE tenant_id = ? AND is_active = 1 LIMIT 1',
    [tenantId],
  );
  if (other === undefined) return;
  throw conflict(
    `The tenant has the source-control integration "${other.displayName}" already; send "allowMultiple": true to add another.`,
  );
}

interface Insert {
  category: Category;
  provider: Provider;
  connection: Connection;
  input: NewConnection;
  webhookSecret: string | null;
  result: VerificationResult;
}

async function insert(tx: Tx, deps: ServiceDeps, caller: Caller, item: Insert): Promise<void> {
  const { category, provider, connection, input, webhookSecret, result } = item;
  const columns: Record<string, string | number | Date | null> = {
    id: connection.id,
    tenant_id: caller.tenantId,
    provider: provider.id,
    display_name: input.displayName,
    base_url: connection.baseUrl,
    settings: JSON.stringify(connection.settings),
    credentials: sealCredentials(deps.keyring, category, connection.id, input.credentials),
    webhook_secret: webhookSecret === null ? null : sealWebhookSecret(deps.keyring, category, connection.id, webhookSecret),
    webhook_enabled: webhookSecret === null ? 0 : 1,
    verification_status: result.status,
    verification_error: result.error,
    provider_account: result.account,
    credential_expires_at: result.credentialExpiresAt,
    rate_limit: result.rateLimit === null ? null : JSON.stringify(result.rateLimit),
    created_by_account_id: caller.accountId,
    ...(category === 'scm' ? scmColumns(connection.settings) : {}),
  };
  await tx.run(
    `INSERT INTO ${connectionTableNames[category]} (${Object.keys(columns).join(', ')}, last_verified_at, verify_at)
     VALUES (${Object.keys(columns)
       .map(() => '?')
       .join(', ')}, IF(? = 'VALID', UTC_TIMESTAMP(3), NULL), UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND)`,
    [...Object.values(columns), result.status, result.againInMs * 1000],
  );
  const items = [
    { field: 'provider', before: null, after: provider.id },
    { field: 'displayName', before: null, after: input.displayName },
    { field: 'baseUrl', before: null, after: connection.baseUrl },
    { field: 'settings', before: null, after: JSON.stringify(connection.settings) },
    { field: 'verificationStatus', before: null, after: result.status },
  ];
  await writeHistory(tx, [
    {
      tenantId: caller.tenantId,
      scopeId: connection.id,
      entityType: 'integration',
      entityId: connection.id,
      action: 'CREATE',
      actor: actorOf(caller),
      items,
    },
  ]);
}
