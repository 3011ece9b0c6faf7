import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Category, Provider } from '../../integrations/kit/define-provider.ts';
import { findProvider } from '../../integrations/registry.ts';
import { notFound } from '../service-error.ts';
import { connectionTableNames } from './tables.ts';

export const verificationStatuses = ['PENDING', 'VALID', 'INVALID', 'EXPIRED'] as const;
export type VerificationStatus = (typeof verificationStatuses)[number];

export interface ConnectionRow {
  id: string;
  provider: string;
  displayName: string;
  baseUrl: string;
  settings: unknown;
  /** Sealed. */
  credentials: string;
  /** Sealed. */
  webhookSecret: string | null;
  webhookEnabled: number;
  isActive: number;
  verificationStatus: VerificationStatus;
  lastVerifiedAt: Date | null;
  verifyAt: Date | null;
  verificationError: string | null;
  providerAccount: string | null;
  credentialExpiresAt: Date | null;
  rateLimit: unknown;
  createdByAccountId: string;
  createdAt: Date;
  updatedAt: Date;
}

const columns = `id, provider, display_name AS displayName, base_url AS baseUrl, settings, credentials, webhook_secret AS webhookSecret,
  webhook_enabled AS webhookEnabled, is_active AS isActive, verification_status AS verificationStatus, last_verified_at AS lastVerifiedAt,
  verify_at AS verifyAt, verification_error AS verificationError, provider_account AS providerAccount,
  credential_expires_at AS credentialExpiresAt, rate_limit AS rateLimit, created_by_account_id AS createdByAccountId,
  created_at AS createdAt, updated_at AS updatedAt`;

/** @throws ServiceError not-found, for deleted ones too */
export async function connectionRow(
  sql: Sql,
  category: Category,
  tenantId: string,
  id: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<ConnectionRow> {
  const [row] = await sql.rows<ConnectionRow>(
    `SELECT ${columns} FROM ${connectionTableNames[category]} WHERE tenant_id = ? AND id = ? AND is_active = 1 ${lock}`,
    [tenantId, id],
  );
  if (row === undefined) throw notFound(`The ${category} integration`);
  return row;
}

export function connectionRows(sql: Sql, category: Category, tenantId: string, after: string | null, limit: number) {
  return sql.rows<ConnectionRow>(
    `SELECT ${columns} FROM ${connectionTableNames[category]}
     WHERE tenant_id = ? AND is_active = 1 ${after === null ? '' : 'AND id < ?'} ORDER BY id DESC LIMIT ?`,
    after === null ? [tenantId, limit] : [tenantId, after, limit],
  );
}

/** A connection as it is shown: never a credential, never the webhook secret. */
export interface ConnectionView {
  id: string;
  category: Category;
  provider: string;
  displayName: string;
  baseUrl: string;
  settings: Record<string, unknown>;
  hasCredentials: boolean;
  /** The credentials were accepted by the provider when it was last asked. */
  hasValidToken: boolean;
  verificationStatus: VerificationStatus;
  verificationError: string | null;
  lastVerifiedAt: string | null;
  nextVerificationAt: string | null;
  /** Who the provider says the credentials belong to. */
  providerAccount: string | null;
  credentialExpiresAt: string | null;
  rateLimit: { limit: number; remaining: number; resetsAt: string | null; seenAt: string } | null;
  /** Where the provider sends its webhooks; null when it has none. */
  webhookUrl: string | null;
  webhookEnabled: boolean;
  hasWebhookSecret: boolean;
  /** What somebody should see to before it stops working. */
  warnings: string[];
  createdByAccountId: string;
  createdAt: string;
  updatedAt: string;
}

export const webhookUrlOf = (publicUrl: string, provider: Provider, integrationId: string): string | null =>
  provider.webhook === undefined ? null : `${publicUrl}/api/v1/webhooks/${provider.id}/${integrationId}`;

export function connectionView(row: ConnectionRow, category: Category, publicUrl: string, now = new Date()): ConnectionView {
  const provider = findProvider(row.provider);
  return {
    id: row.id,
    category,
    provider: row.provider,
    displayName: row.displayName,
    baseUrl: row.baseUrl,
    settings: parseJson(row.settings) as Record<string, unknown>,
    hasCredentials: row.credentials !== '',
    hasValidToken: row.verificationStatus === 'VALID',
    verificationStatus: row.verificationStatus,
    verificationError: row.verificationError,
    lastVerifiedAt: row.lastVerifiedAt?.toISOString() ?? null,
    nextVerificationAt: row.verifyAt?.toISOString() ?? null,
    providerAccount: row.providerAccount,
    credentialExpiresAt: row.credentialExpiresAt?.toISOString() ?? null,
    rateLimit: parseJson(row.rateLimit) as ConnectionView['rateLimit'],
    webhookUrl: provider === null ? null : webhookUrlOf(publicUrl, provider, row.id),
    webhookEnabled: Boolean(row.webhookEnabled),
    hasWebhookSecret: row.webhookSecret !== null,
    warnings: warningsOf(row, now),
    createdByAccountId: row.createdByAccountId,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

const EXPIRY_WARNING_MS = 7 * 86_400_000;

function warningsOf({ credentialExpiresAt, verificationStatus }: ConnectionRow, now: Date): string[] {
  if (credentialExpiresAt === null || verificationStatus === 'EXPIRED') return [];
  const leftMs = credentialExpiresAt.getTime() - now.getTime();
  if (leftMs > EXPIRY_WARNING_MS) return [];
  const when = credentialExpiresAt.toISOString();
  return [leftMs > 0 ? `The credential expires at ${when}; renew it before then.` : `The credential expired at ${when}; renew it.`];
}
