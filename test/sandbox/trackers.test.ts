import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackerChoices } from '../../sandbox/trackers/tracker.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import type { IssueTracker } from '../../src/integrations/capabilities/issue-tracker.ts';
import type { Connection, Provider } from '../../src/integrations/kit/define-provider.ts';
import { findProvider } from '../../src/integrations/registry.ts';
import { guardedDeps } from '../contracts/adapter-harness.ts';
import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fakes/fake-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** Each tracker of the sandbox as Signalbox itself uses it: by what `access` says, through the adapter and the webhook source. */

let sandbox: Sandbox;
let receiver: FakeServer;
let received: FakeRequest[];

const choices = Object.fromEntries(trackerChoices.flatMap((tracker) => [tracker, `${tracker} too`].map((name) => [name, { tracker }])));

beforeAll(async () => {
  received = [];
  receiver = await startFakeServer();
  receiver.route('POST', '/deaf/*rest', () => ({ status: 404 }));
  receiver.route('POST', '/:tracker/*rest', (request) => {
    const challenge = providerOf(request.params.tracker ?? '').webhook?.challenge?.(asWebhook(request)) ?? null;
    if (challenge !== null && typeof challenge === 'object') return answerTo(challenge);
    received.push(request);
    return { status: 202 };
  });
  sandbox = await startSandbox({ speed: 20, tenants: Object.keys(choices), choices });
});
afterAll(async () => {
  await sandbox?.close();
  await receiver?.close();
});

const answerTo = (challenge: { json: object } | { headers: Record<string, string> }): FakeAnswer =>
  'json' in challenge ? { status: 200, body: challenge.json } : { status: 200, body: '', headers: challenge.headers };

const at = (path: string) => received.filter((request) => request.path === path);

function asWebhook(request: FakeRequest) {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return { headers, rawBody: request.rawBody };
}

function providerOf(id: string): Provider {
  const provider = findProvider(id);
  if (provider === null) throw new Error(`there is no provider ${id}`);
  return provider;
}

function connectionOf(name: string): { provider: Provider; connection: Connection } {
  const { provider: id, baseUrl, credentials, settings } = sandbox.access(name).tracker;
  const provider = providerOf(id);
  return {
    provider,
    connection: { id: 'con-1', baseUrl, credentials: provider.credentials.parse(credentials), settings: provider.settings.parse(settings) },
  };
}

function trackerOf(name: string): IssueTracker {
  const { provider, connection } = connectionOf(name);
  const tracker = provider.issueTracker?.(connection, guardedDeps(provider.id, []));
  if (tracker === undefined) throw new Error(`${provider.id} is no tracker`);
  return tracker;
}

function release(name: string, title: string) {
  const { project, issueType } = sandbox.access(name).tracker.place;
  return {
    project,
    type: issueType,
    title,
    description: 'REL-1, branch release/1.4.0',
    labels: ['release'],
    marker: title.replace(/\W+/g, '-').toLowerCase(),
  };
}

/** What the product owner has no hand in. */
const elsewhere = { jira: 'In Review', linear: 'In Review', asana: 'In review', monday: 'Stuck', clickup: 'in review' };

/** How the tracker tells of being taken up and of being done. */
const words = {
  jira: ['jira:issue_updated', 'jira:issue_updated'],
  linear: ['Issue.update', 'Issue.update'],
  asana: ['task removed, task added', 'task removed, task added, task changed'],
  monday: ['update_column_value', 'update_column_value'],
  clickup: ['taskStatusUpdated', 'taskUpdated', 'taskStatusUpdated', 'taskUpdated'],
};

describe.each(trackerChoices)('the sandbox with %s', (choice) => {
  it('gives access that is verified, to a project with older tickets, none of them an effect', async () => {
    const { provider, connection } = connectionOf(choice);

    const verification = await provider.verify(connection, guardedDeps(provider.id, []), 'project-management');

    const { tickets, counts, tracker } = sandbox.effects(`${choice} too`);
    expect(verification).toMatchObject({ ok: true });
    expect(tickets.map(({ seeded }) => seeded)).toEqual([true, true, true]);
    expect(counts.tickets).toBe(0);
    expect(tracker.toLowerCase()).toBe(choice);
  });

  it('has a product owner who closes a release ticket, tells the address in its own signature, and touches no other ticket', async () => {
    const [path, other] = [`/${choice}/hook`, `/${choice}/other`];
    const secret = `secret of ${choice} 0123456789`;
    const target = { url: `${receiver.origin}${path}`, secret };
    await sandbox.pointWebhooks(choice, { tracker: { ...target, secret: 'an older secret' } });
    await sandbox.pointWebhooks(choice, { tracker: target });
    await sandbox.pointWebhooks(`${choice} too`, { tracker: { url: `${receiver.origin}${other}`, secret } });
    const older = sandbox.effects(choice).tickets;
    const tracker = trackerOf(choice);

    const { key, status } = await tracker.ensureTicket(release(choice, 'Release 1.4.0 (IOS)'));

    expect(status.category).toBe('open');
    const done = await waitFor(
      async () => {
        const ticket = await tracker.ticket(key);
        return ticket?.status.category === 'done' ? ticket : null;
      },
      { what: 'the ticket to be done' },
    );
    expect(done.status.name).toBe(sandbox.access(choice).tracker.place.completedStatus);
    const { webhook } = providerOf(choice);
    await waitFor(() => at(path).length >= words[choice].length, { what: 'both moves' });
    expect(at(path).map((request) => webhook?.parse(asWebhook(request)).event)).toEqual(words[choice]);
    for (const request of at(path)) {
      expect(webhook?.verify(asWebhook(request), secret)).toBe(true);
      expect(webhook?.verify(asWebhook(request), 'secret of somebody else')).toBe(false);
      expect(webhook?.parse(asWebhook(request)).hints).toMatchObject([{ key: `ticket:${key}` }]);
    }
    expect(new Set(at(path).map((request) => webhook?.deliveryId(asWebhook(request)))).size).toBe(at(path).length);
    expect(at(other)).toEqual([]);
    const { tickets, duplicates } = sandbox.effects(choice);
    expect(tickets.filter(({ seeded }) => seeded)).toEqual(older);
    expect(tickets.filter(({ seeded }) => !seeded)).toMatchObject([{ key, title: 'Release 1.4.0 (IOS)', mark: expect.any(String) }]);
    expect(duplicates).toEqual([]);
  });

  it('keeps the teams apart: what one may see, the other may not', async () => {
    const { key } = await trackerOf(`${choice} too`).ensureTicket(release(`${choice} too`, 'Release 2.0.0'));

    const seen = await trackerOf(choice)
      .ticket(key)
      .catch(() => null);

    expect(seen).toBeNull();
    expect(sandbox.effects(choice).tickets.map((ticket) => ticket.key)).not.toContain(key);
  });

  it('leaves a ticket where somebody has moved it', async () => {
    const name = `${choice} too`;
    const { tickets } = sandbox.tenant(name);
    const create = async (title: string) => (await trackerOf(name).ensureTicket(release(name, title))).key;
    const untilDone = (key: string) =>
      waitFor(() => tickets.all().some((ticket) => ticket.key === key && ticket.status === tickets.states.done), {
        what: `${key} to be done`,
      });
    const moved = await create('Release 3.0.0');

    tickets.move(moved, elsewhere[choice]);
    await untilDone(await create('Release 3.1.0'));

    expect(tickets.all().find(({ key }) => key === moved)?.status).toBe(elsewhere[choice]);
  });
});

describe('an address that a tracker asks first and that does not answer', () => {
  it.each(['asana', 'monday'])('gets no webhooks of %s', async (choice) => {
    const url = `${receiver.origin}/deaf/${choice}`;

    const pointed = sandbox.pointWebhooks(choice, { tracker: { url, secret: 'secret' } });

    await expect(pointed).rejects.toThrow(/the address did not .*404/);
    const answer = await fetch(`${sandbox.controlOrigin}/webhooks?tenant=${choice}`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ tracker: { url, secret: 'secret' } }),
    });
    expect(answer.status).toBe(422);
  });
});

it('tells an Asana webhook what its filters let pass, and nothing else', async () => {
  const { tickets, tracker } = sandbox.tenant('asana too');
  const { key } = await trackerOf('asana too').ensureTicket(release('asana too', 'Release 4.0.0'));
  const project = sandbox.fakes.asana?.world.project(tracker.place.project);
  const hook = (path: string, filters: object[]) =>
    sandbox.fakes.asana?.world.addHook({
      ...{ workspace: project?.workspace ?? '', resource: { gid: project?.gid ?? '', name: '' }, secret: 'secret', active: true },
      ...{ target: `${receiver.origin}${path}`, filters },
    });
  hook('/asana/sections', [{ resource_type: 'task', action: 'added' }]);
  hook('/asana/names', [{ resource_type: 'task', action: 'changed', fields: ['name'] }]);
  hook('/asana/boxes', [{ resource_type: 'task', action: 'changed', fields: ['completed'] }]);

  tickets.move(key, 'In review');
  tickets.move(key, 'Done');

  await waitFor(() => at('/asana/boxes').length > 0 && at('/asana/sections').length > 1, { what: 'both hooks' });
  const actions = (path: string) =>
    at(path).map(({ body }) => (body as { events: { action: string }[] } | undefined)?.events.map(({ action }) => action));
  expect([actions('/asana/boxes'), actions('/asana/sections'), actions('/asana/names')]).toEqual([
    [['changed']],
    [['added'], ['added']],
    [],
  ]);
});

it('tells a Linear webhook for all teams of no other workspace', async () => {
  const world = sandbox.fakes.linear?.world;
  const team = world?.teams.find(({ key }) => key === sandbox.access('linear too').tracker.place.project);
  if (world === undefined || team === undefined) throw new Error('there is no team');
  world.addHook(team.workspace, { url: `${receiver.origin}/linear/all`, secret: 'secret', resourceTypes: ['Issue'] });
  const keys = await Promise.all(
    ['linear', 'linear too'].map(async (name) => (await trackerOf(name).ensureTicket(release(name, 'Release 5.0.0'))).key),
  );

  sandbox.tenant('linear').tickets.move(keys[0] ?? '', 'In Review');
  sandbox.tenant('linear too').tickets.move(keys[1] ?? '', 'In Review');

  await waitFor(() => at('/linear/all').length > 0, { what: 'the move' });
  const { webhook } = providerOf('linear');
  expect(new Set(at('/linear/all').flatMap((request) => webhook?.parse(asWebhook(request)).hints.map(({ key }) => key)))).toEqual(
    new Set([`ticket:${keys[1]}`]),
  );
});

it('names two tickets of one title, whoever made them', async () => {
  const place = { project: sandbox.access('jira').tracker.place.project, title: 'Release 9.0.0' };
  sandbox.fakes.jira.world.addTicket(place);
  sandbox.fakes.jira.world.addTicket(place);

  const { duplicates } = sandbox.effects('jira');

  expect(duplicates).toEqual(['2 × ticket "Release 9.0.0"']);
});
