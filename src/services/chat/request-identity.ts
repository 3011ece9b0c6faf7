import { ulid } from 'ulid';
import type { MessageContent } from '../../domain/message.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Person } from '../../integrations/capabilities/messaging.ts';
import { hashToken, randomToken } from '../../platform/crypto.ts';
import type { Secret } from '../../platform/secret.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { OpenConnection } from '../connections/connect.ts';
import { connectionRow } from '../connections/connection-view.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { type ChatIdentityView, identitiesOf, identityEvent, identityName } from './chat-identity.ts';
import { IDENTITY_ACTION } from './confirm-identity.ts';
import { takesPresses } from './takes-presses.ts';

const VALID_MINUTES = 15;

interface Asking {
  email: string;
  displayName: string;
  tenantName: string;
}

/**
 * Begins to bind the caller's account to the person with its address in a chat: they are sent a button, to them alone, that only they can press. Asked again,
 * it begins anew, and what was bound or sent before counts no more. Dying before the message is sent leaves a row that nobody can confirm.
 * @throws ServiceError forbidden for tokens that may not even read releases; conflict when there is nobody to bind to; ProviderError for whatever the provider has to say against it
 */
export async function requestChatIdentity(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  { integrationId }: { integrationId: string },
): Promise<ChatIdentityView> {
  authorise(caller, 'release:read');
  const { tenantId } = caller;
  const row = await connectionRow(deps.db, 'communication', tenantId, integrationId);
  if (!takesPresses({ ...row, hasWebhookSecret: row.webhookSecret !== null })) {
    throw conflict(`"${row.displayName}" takes no buttons: switch them on in its settings, and set up its webhook.`);
  }
  const asking = await askingOf(deps, caller);
  await askConnection(deps, { category: 'communication', tenantId, id: integrationId }, async (open) => {
    const person = await personOf(open, asking.email);
    const channelId = await peopleOf(open).directChannel(person.id);
    const { id, challenge, until } = await store(deps, caller, integrationId, person);
    const { provider, connection, deps: adapter } = open;
    const messaging = provider.messaging?.(connection, adapter);
    if (messaging === undefined) throw lacks(provider, 'messages');
    await messaging.post({ channelId, content: question(asking, challenge, until), key: id });
  });
  const view = (await identitiesOf(deps.db, caller)).find((each) => each.integrationId === integrationId);
  if (view === undefined) throw conflict('The request was taken back meanwhile.');
  return view;
}

/** @throws ServiceError conflict for an account without an address */
async function askingOf(deps: Pick<ServiceDeps, 'db'>, { tenantId, accountId }: Caller): Promise<Asking> {
  const [row] = await deps.db.rows<{ email: string | null; displayName: string; tenantName: string }>(
    `SELECT a.email, a.display_name AS displayName, n.name AS tenantName FROM members m
     JOIN accounts a ON a.id = m.account_id JOIN tenants n ON n.id = m.tenant_id WHERE m.tenant_id = ? AND m.account_id = ?`,
    [tenantId, accountId],
  );
  if (row === undefined || row.email === null)
    throw conflict('Your account has no e-mail address, by which you could be found in the chat.');
  return { ...row, email: row.email };
}

function peopleOf({ provider, connection, deps }: OpenConnection) {
  const people = provider.peopleDirectory?.(connection, deps);
  if (people === undefined) throw lacks(provider, 'directory of people');
  return people;
}

/** An address that the provider has not confirmed could be anybody's. @throws ServiceError conflict */
async function personOf(open: OpenConnection, email: string): Promise<Person> {
  const person = await peopleOf(open).findPersonByEmail(email);
  if (person === null || !person.isActivePerson) throw conflict(`Nobody in ${open.provider.displayName} has the address ${email}.`);
  if (person.email?.toLowerCase() !== email.toLowerCase()) {
    throw conflict(`${open.provider.displayName} has not confirmed that ${email} belongs to whoever uses it there.`);
  }
  return person;
}

async function store(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  integrationId: string,
  person: Person,
): Promise<{ id: string; challenge: Secret; until: string }> {
  const { tenantId, accountId } = caller;
  const [id, challenge] = [ulid(), randomToken('sbxc')];
  const personName = person.displayName.slice(0, 200);
  return deps.db.transact(async (tx) => {
    const [before] = await tx.rows<{ personName: string; status: string }>(
      'SELECT person_name AS personName, status FROM chat_identities WHERE tenant_id = ? AND integration_id = ? AND account_id = ? FOR UPDATE',
      [tenantId, integrationId, accountId],
    );
    await tx.run(
      `INSERT INTO chat_identities (id, tenant_id, integration_id, account_id, person_id, person_name, status, challenge_hash, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, 'PENDING', ?, UTC_TIMESTAMP(3) + INTERVAL ${VALID_MINUTES} MINUTE)
       ON DUPLICATE KEY UPDATE id = VALUES(id), person_id = VALUES(person_id), person_name = VALUES(person_name), status = VALUES(status),
         challenge_hash = VALUES(challenge_hash), expires_at = VALUES(expires_at), attempts = 0, created_at = UTC_TIMESTAMP(3), confirmed_at = NULL`,
      [id, tenantId, integrationId, accountId, person.id, personName, hashToken(challenge.reveal())],
    );
    const about = { tenantId, accountId, actor: actorOf(caller) };
    await writeHistory(tx, [
      identityEvent(
        about,
        before === undefined ? null : identityName(before.personName, before.status),
        identityName(personName, 'PENDING'),
      ),
    ]);
    const [row] = await tx.rows<{ until: Date }>('SELECT expires_at AS until FROM chat_identities WHERE tenant_id = ? AND id = ?', [
      tenantId,
      id,
    ]);
    return { id, challenge, until: row?.until.toISOString().slice(11, 16) ?? '' };
  });
}

function question({ displayName, email, tenantName }: Asking, challenge: Secret, until: string): MessageContent {
  return {
    summary: `Are you ${displayName} at Signalbox?`,
    sections: [
      {
        text: `The account ${displayName} (${email}) of ${tenantName} asks that what you press here counts as its word. Confirm it only if you asked for it yourself, just now. The button works once, until ${until} UTC.`,
      },
    ],
    actions: [{ id: IDENTITY_ACTION, label: 'This is me', value: challenge.reveal(), style: 'primary' }],
  };
}
