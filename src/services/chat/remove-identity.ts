import { isValid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import { authoriseGrant, type Granter, memberOf } from '../access/members.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';
import { identityEvent, identityName } from './chat-identity.ts';

interface Row {
  id: string;
  accountId: string;
  personName: string;
  status: string;
}

/** From the next press on the person is a stranger. @throws ServiceError not-found, for another member's as well */
export async function removeOwnChatIdentity(deps: Pick<ServiceDeps, 'db'>, caller: Caller, id: string): Promise<void> {
  authorise(caller, 'release:read');
  await deps.db.transact(async (tx) => {
    const row = await lockIdentity(tx, caller, id);
    if (row.accountId !== caller.accountId) throw notFound('The chat identity');
    await remove(tx, caller, row);
  });
}

/** The same for another member, never for one above the caller. */
export async function revokeChatIdentity(deps: Pick<ServiceDeps, 'db'>, caller: Granter, id: string): Promise<void> {
  authorise(caller, 'member:write');
  await deps.db.transact(async (tx) => {
    const row = await lockIdentity(tx, caller, id);
    authoriseGrant(caller, (await memberOf(tx, caller.tenantId, row.accountId)).role);
    await remove(tx, caller, row);
  });
}

async function lockIdentity(tx: Tx, { tenantId }: Caller, id: string): Promise<Row> {
  const [row] = isValid(id)
    ? await tx.rows<Row>(
        'SELECT id, account_id AS accountId, person_name AS personName, status FROM chat_identities WHERE tenant_id = ? AND id = ? FOR UPDATE',
        [tenantId, id],
      )
    : [];
  if (row === undefined) throw notFound('The chat identity');
  return row;
}

async function remove(tx: Tx, caller: Caller, { id, accountId, personName, status }: Row): Promise<void> {
  const { tenantId } = caller;
  await tx.run('DELETE FROM chat_identities WHERE tenant_id = ? AND id = ?', [tenantId, id]);
  await writeHistory(tx, [identityEvent({ tenantId, accountId, actor: actorOf(caller) }, identityName(personName, status), null)]);
}
