import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import { constantTimeEqual, hashToken } from '../../platform/crypto.ts';
import type { ServiceDeps } from '../context.ts';
import { identityEvent, identityName, MAX_ATTEMPTS } from './chat-identity.ts';
import type { Press } from './press.ts';

/** Of the button that confirms who somebody is. */
export const IDENTITY_ACTION = 'identity.confirm';

interface Row {
  id: string;
  accountId: string;
  displayName: string;
  personName: string;
  status: 'PENDING' | 'CONFIRMED';
  challengeHash: string;
  isOver: number;
  isMember: number;
}

export interface Confirmation {
  words: string;
  /** Set when they are bound: the message with the button may go. */
  identityId: string | null;
}

const TOO_LATE = 'This button does not count any more: it was used, replaced, or is too old. Ask for another one through the API.';

/**
 * The press that carries a challenge, by the very person it was sent to: anybody else's finds no row. Once confirmed, the same press changes nothing, so
 * that one whose worker died is read again without harm.
 */
export function confirmIdentity(deps: Pick<ServiceDeps, 'db'>, press: Press): Promise<Confirmation> {
  return deps.db.transact(async (tx) => {
    const rows = await rowsOf(tx, press);
    const hash = hashToken(press.value);
    const row = rows.find(({ challengeHash }) => constantTimeEqual(challengeHash, hash));
    if (row === undefined) {
      await countAttempt(tx, press);
      return { words: TOO_LATE, identityId: null };
    }
    const words = `You are ${row.displayName} at Signalbox: what you press here counts as the word of that account.`;
    if (row.status === 'CONFIRMED') return { words, identityId: row.id };
    if (row.isOver === 1) return { words: TOO_LATE, identityId: null };
    if (row.isMember === 0) return { words: `${row.displayName} is no member any more.`, identityId: null };
    await bind(tx, press, row, rows);
    return { words, identityId: row.id };
  });
}

function rowsOf(tx: Tx, { tenantId, integrationId, personId }: Press): Promise<Row[]> {
  return tx.rows<Row>(
    `SELECT c.id, c.account_id AS accountId, COALESCE(a.display_name, c.account_id) AS displayName, c.person_name AS personName, c.status,
            c.challenge_hash AS challengeHash, c.expires_at <= UTC_TIMESTAMP(3) OR c.attempts >= ? AS isOver,
            EXISTS (SELECT 1 FROM members m WHERE m.tenant_id = c.tenant_id AND m.account_id = c.account_id) AS isMember
     FROM chat_identities c LEFT JOIN accounts a ON a.id = c.account_id
     WHERE c.tenant_id = ? AND c.integration_id = ? AND c.person_id = ? ORDER BY c.id FOR UPDATE`,
    [MAX_ATTEMPTS, tenantId, integrationId, personId],
  );
}

async function countAttempt(tx: Tx, { tenantId, integrationId, personId }: Press): Promise<void> {
  await tx.run(
    `UPDATE chat_identities SET attempts = attempts + 1 WHERE tenant_id = ? AND integration_id = ? AND person_id = ? AND status = 'PENDING'`,
    [tenantId, integrationId, personId],
  );
}

/** A person is one account: an earlier one, under another address, gives way. */
async function bind(tx: Tx, { tenantId, provider }: Press, row: Row, rows: readonly Row[]): Promise<void> {
  const actor = { kind: 'account' as const, accountId: row.accountId, via: provider };
  const earlier = rows.filter(({ id, status }) => id !== row.id && status === 'CONFIRMED');
  if (earlier.length > 0) {
    await tx.run('DELETE FROM chat_identities WHERE tenant_id = ? AND id IN (?)', [tenantId, earlier.map(({ id }) => id)]);
  }
  await tx.run(`UPDATE chat_identities SET status = 'CONFIRMED', confirmed_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`, [
    tenantId,
    row.id,
  ]);
  await writeHistory(tx, [
    ...earlier.map(({ accountId, personName }) =>
      identityEvent({ tenantId, accountId, actor, why: 'the person is another account now' }, identityName(personName, 'CONFIRMED'), null),
    ),
    identityEvent(
      { tenantId, accountId: row.accountId, actor },
      identityName(row.personName, 'PENDING'),
      identityName(row.personName, 'CONFIRMED'),
    ),
  ]);
}
