import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buttons, createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ChatPerson, type ChatWorld, chatWorld, labels } from './chat-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: ChatWorld;
let rita: ChatPerson;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await chatWorld(api, slack);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  slack.clearFaults();
  rita = await world.person('release-manager', 'Rita');
});

const own = async (person: ChatPerson) => (await world.tenant('GET', 'me/chat-identities', undefined, person.token)).body.items;
const challengeOf = (person: ChatPerson) => buttons(world.question(person))[0]?.value ?? '';

describe('a binding', () => {
  it('is asked for by the account and confirmed by the person it names, who is asked alone and by name', async () => {
    const asked = await world.ask(rita);
    const question = world.question(rita);
    const pending = await own(rita);

    await world.press(rita, 'identity.confirm', question);

    expect(asked.status, asked.text).toBe(201);
    expect(asked.body).toMatchObject({
      integrationId: world.chatId,
      accountId: rita.accountId,
      personId: rita.personId,
      status: 'PENDING',
    });
    expect(pending).toEqual([asked.body]);
    expect(await own(rita)).toMatchObject([{ status: 'CONFIRMED', expiresAt: null, confirmedAt: expect.any(String) }]);
    expect(question.isEdited).toBe(true);
    expect(labels(question)).toEqual([]);
    expect(readable(question)).toContain('You are Rita at Signalbox');
  });

  it('is asked for in words that say who wants it and for what', async () => {
    await world.ask(rita);

    const text = readable(world.question(rita));

    expect(text).toContain(`The account Rita (${rita.email}) of Acme`);
    expect(text).toContain('once, until');
  });

  it('is not confirmed by somebody else who presses the very button', async () => {
    const eve = await world.person('release-manager', 'Eve');
    await world.ask(rita);

    await world.press(eve, 'identity.confirm', world.question(rita));

    expect(await own(rita)).toMatchObject([{ status: 'PENDING' }]);
    expect(await own(eve)).toEqual([]);
  });

  it('is confirmed once: the same button afterwards changes nothing, and after a removal nothing either', async () => {
    await world.ask(rita);
    const challenge = challengeOf(rita);
    const first = world.question(rita);
    const copy = world.workspace.add(world.workspace.directChannel(rita.personId).id, {
      ...first,
      blocks: structuredClone(first.blocks ?? []),
    });
    await world.press(rita, 'identity.confirm', first);
    const [{ id, confirmedAt }] = await own(rita);

    await world.press(rita, 'identity.confirm', copy);

    expect(challenge).toMatch(/^sbxc_[\w-]{43}$/);
    expect(await own(rita)).toMatchObject([{ id, confirmedAt }]);
    await world.tenant('DELETE', `me/chat-identities/${id}`, undefined, rita.token);
    await world.ask(rita);
    const another = world.workspace.add(world.workspace.directChannel(rita.personId).id, {
      ...{ user: world.workspace.botUserId, text: 'old' },
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'identity.confirm', value: challenge, text: { type: 'plain_text', text: 'x' } }],
        },
      ],
    });
    await world.press(rita, 'identity.confirm', another);
    expect(await own(rita)).toMatchObject([{ status: 'PENDING' }]);
  });

  it('that is asked for again replaces the one before, and its button counts no more', async () => {
    await world.bind(rita);
    await world.ask(rita);
    const old = world.question(rita);
    await world.ask(rita);

    await world.press(rita, 'identity.confirm', old);

    expect(await own(rita)).toMatchObject([{ status: 'PENDING' }]);
    await world.press(rita, 'identity.confirm', world.question(rita));
    expect(await own(rita)).toMatchObject([{ status: 'CONFIRMED' }]);
  });

  it('cannot be confirmed after fifteen minutes, nor after five wrong presses', async () => {
    await world.ask(rita);
    await api.db.run('UPDATE chat_identities SET expires_at = expires_at - INTERVAL 15 MINUTE WHERE account_id = ?', [rita.accountId]);
    const expired = await own(rita);
    await world.press(rita, 'identity.confirm', world.question(rita));
    const afterExpiry = await own(rita);
    await world.ask(rita);
    const old = world.question(rita);
    await world.ask(rita);
    for (let wrong = 0; wrong < 5; wrong += 1) await world.press(rita, 'identity.confirm', old);

    await world.press(rita, 'identity.confirm', world.question(rita));

    expect(expired).toMatchObject([{ status: 'EXPIRED' }]);
    expect(afterExpiry).toMatchObject([{ status: 'EXPIRED' }]);
    expect(await own(rita)).toMatchObject([{ status: 'EXPIRED' }]);
    expect(world.told(rita, world.workspace.directChannel(rita.personId).id).at(-1)).toContain('does not count any more');
  });

  it('of a person ends when the same person is confirmed as another account', async () => {
    await world.bind(rita);
    const twin = await world.person('viewer', 'Twin');
    const found = world.workspace.people.get(rita.personId);
    if (found) found.email = twin.email;
    world.workspace.people.delete(twin.personId);

    await world.ask(twin);
    await world.press(rita, 'identity.confirm', world.question(rita));

    expect(await own(twin)).toMatchObject([{ status: 'CONFIRMED', personId: rita.personId }]);
    expect(await own(rita)).toEqual([]);
  });

  it('ends with the membership, and does not come back with it', async () => {
    await world.bind(rita);
    await world.tenant('DELETE', `members/${rita.accountId}`);

    const rows = await api.db.rows('SELECT id FROM chat_identities WHERE account_id = ?', [rita.accountId]);

    expect(rows).toEqual([]);
  });

  it('is history of the member, by the account and where it was said', async () => {
    await world.bind(rita);
    const [{ id }] = await own(rita);
    await world.tenant('DELETE', `me/chat-identities/${id}`, undefined, rita.token);

    const rows = await api.db.rows<{ action: string; by: string; field: string; after: string | null }>(
      `SELECT h.action, h.account_id AS \`by\`, i.field, i.value_after AS after FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.tenant_id = ? AND h.scope_id = ? AND h.account_id = ? ORDER BY h.sequence, i.ordinal`,
      [world.tenantId, rita.accountId, rita.accountId],
    );

    const by = rita.accountId;
    expect(rows).toEqual([
      { action: 'ADD', by, field: 'chatIdentity', after: 'Rita (PENDING)' },
      { action: 'UPDATE', by, field: 'chatIdentity', after: 'Rita (CONFIRMED)' },
      { action: 'UPDATE', by, field: 'via', after: 'slack' },
      { action: 'REMOVE', by, field: 'chatIdentity', after: null },
    ]);
  });

  it('leaves its challenge nowhere: no answer, no log, no row but the press that carried it', async () => {
    const asked = await world.ask(rita);
    const challenge = challengeOf(rita);
    await world.press(rita, 'identity.confirm', world.question(rita));

    const seen = [asked.text, JSON.stringify(await own(rita)), api.logged()];
    const tables = ['chat_identities', 'state_history', 'state_history_items', 'deliveries', 'idempotency_keys'];
    for (const table of tables) seen.push(JSON.stringify(await api.db.rows(`SELECT * FROM ${table}`)));

    expect(challenge.length).toBeGreaterThan(40);
    for (const text of seen) expect(text).not.toContain(challenge);
    expect(api.logged()).not.toContain(signingSecretOf());
  });
});

const signingSecretOf = () => 'signing-secret-of-the-app';

describe('a binding is refused', () => {
  const refused = async (person: ChatPerson) => {
    const answer = await world.ask(person);
    expect(answer.status, answer.text).toBe(409);
    expect(await own(person)).toEqual([]);
    return answer.body.detail as string;
  };

  it('to an account whose address nobody has there', async () => {
    world.workspace.people.delete(rita.personId);

    expect(await refused(rita)).toContain('Nobody in Slack has the address');
  });

  it('to a person whose address Slack has not confirmed: anybody may have typed it', async () => {
    const found = world.workspace.people.get(rita.personId);
    if (found) found.isEmailConfirmed = false;

    expect(await refused(rita)).toContain('has not confirmed');
    expect(world.workspace.directChannel(rita.personId).messages).toEqual([]);
  });

  it('to an account without an address', async () => {
    const token = await api.token(world.tenantId, 'viewer');

    const answer = await world.ask({ ...rita, token });

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('no e-mail address');
  });

  it('where the chat takes no buttons', async () => {
    await world.tenant('PATCH', `integrations/communication/${world.chatId}`, { webhookEnabled: false });
    const off = await refused(rita);
    await world.tenant('PATCH', `integrations/communication/${world.chatId}`, { webhookEnabled: true, settings: { approvals: false } });
    const unwanted = await refused(rita);
    await world.tenant('PATCH', `integrations/communication/${world.chatId}`, { settings: { approvals: true } });

    expect([off, unwanted]).toEqual(Array(2).fill(expect.stringContaining('takes no buttons')));
  });

  it('for a connection of another tenant, as for none', async () => {
    const other = await api.tenant('Other');

    const answer = await api.request('POST', `/api/v1/tenants/${other.tenantId}/me/chat-identities`, {
      token: other.token,
      body: { integrationId: world.chatId },
    });

    expect(answer.status).toBe(404);
  });

  it('when Slack cannot be reached, in its words; asking again begins anew', async () => {
    slack.failNext({ match: { path: '/api/chat.postMessage' }, status: 503 });

    const answer = await world.ask(rita);

    expect(answer.status).toBe(503);
    expect((await world.ask(rita)).status).toBe(201);
  });
});

describe('identities of others', () => {
  it('are listed and revoked by admins alone, never above their own role', async () => {
    const admin = await world.person('admin', 'Ada');
    const owner = await world.bind(await world.person('owner', 'Olga'));
    await world.bind(rita);
    const [{ id }] = await own(rita);
    const [{ id: ofOwner }] = await own(owner);

    const listed = await world.tenant('GET', 'chat-identities', undefined, admin.token);
    const forbidden = await world.tenant('GET', 'chat-identities', undefined, rita.token);
    const notHers = await world.tenant('DELETE', `chat-identities/${ofOwner}`, undefined, rita.token);
    const above = await world.tenant('DELETE', `chat-identities/${ofOwner}`, undefined, admin.token);
    const asOwn = await world.tenant('DELETE', `me/chat-identities/${id}`, undefined, admin.token);
    const revoked = await world.tenant('DELETE', `chat-identities/${id}`, undefined, admin.token);

    expect(listed.body.items.map((each: { id: string }) => each.id)).toEqual(expect.arrayContaining([id, ofOwner]));
    expect([forbidden.status, notHers.status, above.status, asOwn.status, revoked.status]).toEqual([403, 403, 403, 404, 204]);
    expect(await own(rita)).toEqual([]);
    expect(await own(owner)).toHaveLength(1);
  });

  it('come in pages, and are those of the tenant', async () => {
    const other = await api.tenant('Elsewhere');

    const [page, elsewhere] = [
      await world.tenant('GET', 'chat-identities?limit=1'),
      await api.request('GET', `/api/v1/tenants/${other.tenantId}/chat-identities`, { token: other.token }),
    ];

    expect(page.body.items).toHaveLength(1);
    const next = await world.tenant('GET', `chat-identities?limit=1&cursor=${page.body.nextCursor}`);
    expect(next.body.items[0].id < page.body.items[0].id).toBe(true);
    expect(elsewhere.body.items).toEqual([]);
  });
});
