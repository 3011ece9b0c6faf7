import type { Sql } from '../../db/client.ts';
import { effectivePermissions, type Role, roles } from '../../domain/access/permissions.ts';
import type { Caller } from '../context.ts';
import type { Press } from './press.ts';

/** Who pressed: somebody with the rights they have now, or why they have none. */
export type Presser = { caller: Caller } | { refusal: string };

/** Looks up the bound account and its role at every press, as the API does at every request. */
export async function presserOf(sql: Pick<Sql, 'rows'>, press: Press): Promise<Presser> {
  const { tenantId, integrationId, personId, provider } = press;
  const [row] = await sql.rows<{ accountId: string; role: string | null }>(
    `SELECT c.account_id AS accountId, m.role FROM chat_identities c
     LEFT JOIN members m ON m.tenant_id = c.tenant_id AND m.account_id = c.account_id
     WHERE c.tenant_id = ? AND c.integration_id = ? AND c.person_id = ? AND c.status = 'CONFIRMED' ORDER BY c.confirmed_at DESC, c.id DESC LIMIT 1`,
    [tenantId, integrationId, personId],
  );
  if (row === undefined) return { refusal: howToBind(press) };
  if (row.role === null || !isRole(row.role)) return { refusal: 'Your account is no member of this tenant any more: nothing was changed.' };
  return { caller: { tenantId, accountId: row.accountId, permissions: effectivePermissions(row.role, null, []), via: provider } };
}

const isRole = (word: string): word is Role => (roles as readonly string[]).includes(word);

const howToBind = ({ tenantId, integrationId }: Press) =>
  `Signalbox does not know who you are here: nothing was changed. Send POST /api/v1/tenants/${tenantId}/me/chat-identities {"integrationId": "${integrationId}"} with your API token, press the button that you are sent, and then this one again.`;
