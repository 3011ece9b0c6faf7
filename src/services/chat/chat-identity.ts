import type { Sql } from '../../db/client.ts';
import type { HistoryEvent } from '../../engine/history.ts';
import type { Actor } from '../../engine/vocabulary.ts';
import type { Caller } from '../context.ts';

/** Who somebody is in a chat. Never the challenge, nor its hash. */
export interface ChatIdentityView {
  id: string;
  integrationId: string;
  accountId: string;
  displayName: string;
  /** At the provider. */
  personId: string;
  personName: string;
  /** EXPIRED: nobody confirmed it in time; ask anew. */
  status: 'PENDING' | 'CONFIRMED' | 'EXPIRED';
  expiresAt: string | null;
  createdAt: string;
  confirmedAt: string | null;
}

export interface ChatIdentityRow {
  id: string;
  integrationId: string;
  accountId: string;
  displayName: string | null;
  personId: string;
  personName: string;
  status: 'PENDING' | 'CONFIRMED';
  expiresAt: Date;
  isOver: number;
  createdAt: Date;
  confirmedAt: Date | null;
}

/** Wrong presses of a person after which their open challenges count no more. */
export const MAX_ATTEMPTS = 5;

/** Of connections that are there still; ends in a WHERE to go on from. */
export const SELECT_IDENTITIES = `SELECT c.id, c.integration_id AS integrationId, c.account_id AS accountId, a.display_name AS displayName,
    c.person_id AS personId, c.person_name AS personName, c.status, c.expires_at AS expiresAt,
    c.expires_at <= UTC_TIMESTAMP(3) OR c.attempts >= ${MAX_ATTEMPTS} AS isOver, c.created_at AS createdAt, c.confirmed_at AS confirmedAt
  FROM chat_identities c JOIN tenant_comm_integrations i ON i.tenant_id = c.tenant_id AND i.id = c.integration_id AND i.is_active = 1
    LEFT JOIN accounts a ON a.id = c.account_id
  WHERE c.tenant_id = ?`;

export function identityView({ isOver, displayName, status, ...row }: ChatIdentityRow): ChatIdentityView {
  return {
    ...row,
    displayName: displayName ?? row.accountId,
    status: status === 'PENDING' && isOver === 1 ? 'EXPIRED' : status,
    expiresAt: status === 'PENDING' ? row.expiresAt.toISOString() : null,
    createdAt: row.createdAt.toISOString(),
    confirmedAt: row.confirmedAt?.toISOString() ?? null,
  };
}

export async function identitiesOf(sql: Pick<Sql, 'rows'>, { tenantId, accountId }: Caller): Promise<ChatIdentityView[]> {
  const rows = await sql.rows<ChatIdentityRow>(`${SELECT_IDENTITIES} AND c.account_id = ? ORDER BY c.id DESC`, [tenantId, accountId]);
  return rows.map(identityView);
}

/** A binding is part of what a member is. */
export function identityEvent(
  about: { tenantId: string; accountId: string; actor: Actor; why?: string },
  before: string | null,
  after: string | null,
): HistoryEvent {
  const { tenantId, accountId, actor, why } = about;
  return {
    ...{ tenantId, scopeId: accountId, entityType: 'member', entityId: accountId, actor, why: why ?? null },
    action: before === null ? 'ADD' : after === null ? 'REMOVE' : 'UPDATE',
    items: [{ field: 'chatIdentity', before, after }],
  };
}

/** How histories call a binding. */
export const identityName = (personName: string, status: string) => `${personName} (${status})`;
