import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../src/domain/access/permissions.ts';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { createOperatorToken } from '../../src/services/access/operator.ts';
import { buttons, type FakeMessage, type FakePerson, press, readable } from '../fakes/slack/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Client, clientOf } from './client.ts';
import type { ReleaseHandle } from './release.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** People answer in chat, as the account they are: processes of their own, a Slack that signs. */

type Bound = FakePerson & { client: Client };

const signingSecret = randomBytes(16).toString('hex');
let world: World;
let tenant: TenantWorld;
let chat: { id: string; webhookUrl: string };
let rita: Bound;
let sam: Bound;

beforeAll(async () => {
  world = await openWorld();
  tenant = world.tenant();
  const change = { settings: { approvals: true }, webhookSecret: signingSecret };
  chat = await tenant.owner.send('PATCH', `${tenant.path}/integrations/communication/${tenant.connections.communication.id}`, change);
  [rita, sam] = [await bind(await member('Rita', 'release-manager')), await bind(await member('Sam', 'release-manager'))];
});
afterAll(() => world?.stopAll());

async function member(name: string, role: Role): Promise<Bound> {
  const email = `${name.toLowerCase()}@shop.example`;
  const { accountId } = await tenant.owner.send<{ accountId: string }>('POST', `${tenant.path}/members`, {
    email,
    displayName: name,
    role,
  });
  return person(name, email, accountId, role);
}

async function person(name: string, email: string, accountId: string, role: Role): Promise<Bound> {
  const token = { tenantId: tenant.tenantId, accountId, name, role, scopes: [], expiresAt: null };
  const client = clientOf(() => world.apiUrl, (await createOperatorToken(world.db, token)).token.reveal());
  return { ...tenant.sandbox.workspace.addPerson({ name, email }), client };
}

/** Asks to be bound, and presses the button that comes. */
async function bind(who: Bound): Promise<Bound> {
  await who.client.send('POST', `${tenant.path}/me/chat-identities`, { integrationId: chat.id });
  const question = tenant.sandbox.workspace.directChannel(who.id).messages.at(-1);
  if (question === undefined) throw new Error(`nobody wrote to ${who.name}`);
  await pressed(who, 'identity.confirm', question);
  const look = async () => (await who.client.get<{ items: { status: string }[] }>(`${tenant.path}/me/chat-identities`)).items[0]?.status;
  await waitFor(async () => (await look()) === 'CONFIRMED', { what: `${who.name} to be bound` });
  return who;
}

const holderOf = (message: FakeMessage) =>
  [...tenant.sandbox.workspace.channels.values()].find(({ messages }) => messages.includes(message));

async function pressed({ id: personId }: { id: string }, actionId: string, message: FakeMessage): Promise<void> {
  const channelId = holderOf(message)?.id ?? '';
  const answer = await press(tenant.sandbox.workspace, chat.webhookUrl, {
    channelId,
    messageId: message.ts,
    actionId,
    personId,
    signingSecret,
  });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
}

const told = ({ id }: { id: string }) =>
  [...tenant.sandbox.workspace.channels.values()].flatMap(({ whispers }) =>
    whispers.filter(({ personId }) => personId === id).map(readable),
  );

const untilTold = (who: Bound, count: number) => waitFor(() => told(who).length >= count, { what: `${who.name} to be answered` });

/** The message that asks for approval of this release's gate, once it has buttons. */
function request(release: ReleaseHandle, tag: string): Promise<FakeMessage> {
  const all = () => [...tenant.sandbox.workspace.channels.values()].flatMap(({ messages }) => messages);
  const find = () => all().find((each) => each.text === `${release.displayId}: ${tag} waits for approval` && buttons(each).length > 0);
  return waitFor(() => find() ?? null, { what: `the request to approve ${tag}`, timeoutMs: 20_000 });
}

const gates = {
  preReleaseApproval: 'manual' as const,
  quorum: 2,
  allowSelfApproval: false,
  distributionApproval: 'manual' as const,
  preRelease: plainRules,
  distribution: plainRules,
};
const config = { automationRuns: false, preRegressionBuilds: false, projectManagementConfigId: null, gates };

it('two bound people pass the gate; a stranger and the creator are refused with words; a press repeated counts once', async () => {
  const release = await tenant.createRelease({ config });
  const message = await request(release, `v${release.version}-rc.1`);
  const eve = await member('Eve', 'release-manager');
  const { createdByAccountId = '' } =
    (
      await world.db.rows<{ createdByAccountId: string }>('SELECT created_by_account_id AS createdByAccountId FROM releases WHERE id = ?', [
        release.id,
      ])
    )[0] ?? {};
  await world.db.run('UPDATE accounts SET email = ? WHERE id = ?', ['olga@shop.example', createdByAccountId]);
  const olga = await bind(await person('Olga', 'olga@shop.example', createdByAccountId, 'owner'));

  await pressed(eve, 'gate.approve', message);
  await pressed(olga, 'gate.approve', message);
  await pressed(rita, 'gate.approve', message);
  await pressed(rita, 'gate.approve', message);
  await Promise.all([untilTold(eve, 1), untilTold(olga, 1), untilTold(rita, 2)]);
  await waitFor(() => readable(message).includes('Approved by Rita (1 of 2)'), { what: 'the message to say who approved' });
  const afterOne = await release.view();
  await pressed(sam, 'gate.approve', message);
  await release.until('COMPLETED');

  expect(told(eve)[0]).toContain('me/chat-identities');
  expect(told(olga)).toEqual(['Whoever created the release may not approve it.']);
  expect(told(rita)).toEqual(['You approved it: 1 of 2.', 'You approved it: 1 of 2.']);
  expect(afterOne.gate?.approvals.map(({ by, decision }) => [by.displayName, decision])).toEqual([['Rita', 'APPROVED']]);
  await waitFor(() => buttons(message).length === 0, { what: 'the buttons to go' });
  expect(readable(message)).toContain(`v${release.version}-rc.1 is approved`);
  expect(readable(message)).toContain('Approved by Sam (2 of 2)');
  const events = (await release.history()).filter(({ entityType }) => entityType === 'approval');
  expect(events.map(({ by, items }) => [by?.displayName, items.find(({ field }) => field === 'via')?.after])).toEqual([
    ['Rita', 'slack'],
    ['Sam', 'slack'],
  ]);
});

it('a word on an older candidate is refused, and its message has no buttons any more', async () => {
  const release = await tenant.createRelease({ config });
  const old = await request(release, `v${release.version}-rc.1`);
  const channelId = holderOf(old)?.id ?? '';
  const copy = tenant.sandbox.workspace.add(channelId, { ...old, blocks: structuredClone(old.blocks ?? []) });
  tenant.sandbox.repository.pushCommit({ branch: release.branch, message: 'fix: totals\n' });
  await release.untilTask('APPROVE_REGRESSION', 'WAITING(CALLBACK)');
  await release.command('trigger-regression', { reason: 'the fix must be tested' });
  const message = await request(release, `v${release.version}-rc.2`);
  const before = told(rita).length;

  await pressed(rita, 'gate.approve', copy);
  await untilTold(rita, before + 1);
  const refused = await release.view();
  await pressed(rita, 'gate.approve', message);
  await pressed(sam, 'gate.approve', message);
  await release.until('COMPLETED');

  expect(told(rita)[before]).toContain('a newer candidate');
  expect(refused.gate?.approvals).toEqual([]);
  await waitFor(() => buttons(old).length === 0, { what: 'the buttons of the old candidate to go' });
  expect(readable(old)).toContain('is not asked about any more');
});

it('the challenge and the signing secret are in no log', () => {
  const logs = world.logs().join('\n');

  expect(logs).not.toContain(signingSecret);
  expect(logs).not.toContain('sbxc_');
});
