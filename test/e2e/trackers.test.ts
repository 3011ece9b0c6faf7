import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { productOwner } from '../../sandbox/robots/product-owner.ts';
import { type TrackerChoice, trackerChoices } from '../../sandbox/trackers/tracker.ts';
import { waitFor } from '../support/wait-for.ts';
import type { ReleaseHandle } from './release.ts';
import { dumpDatabase, dumpRedis } from './stores.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/**
 * A release with every tracker, each a team of one world. Nobody polls here within the life of a test: what goes on when a ticket moves,
 * goes on because a webhook came.
 */

const POLL_MS = 3_600_000;
const CHECK = 'CHECK_PROJECT_RELEASE_APPROVAL';
const config = { automationRuns: false, preRegressionBuilds: false, testManagementConfigId: null };
const choices = Object.fromEntries(trackerChoices.map((tracker) => [tracker, { tracker }]));

/** Of these the tracker itself says that it is, and that it is not, done. */
const ownStatuses = [
  { tracker: 'linear', wanted: 'In Review' },
  { tracker: 'clickup', wanted: 'in review' },
] as const;

let world: World;
/** All of them stand at the check of their tickets. */
const releases = new Map<string, ReleaseHandle>();

beforeAll(async () => {
  world = await openWorld({
    tenants: trackerChoices,
    workers: 2,
    sandbox: { choices, robots: { productOwner: false } },
    env: { POLL_INTERVAL_MS: String(POLL_MS) },
  });
  await Promise.all([
    ...trackerChoices.map((tracker) => untilChecked(tracker, tracker, {})),
    ...ownStatuses.map(async ({ tracker, wanted }) => {
      const projectManagementConfigId = await trackerConfig(world.tenant(tracker), wanted);
      await untilChecked(`${tracker} until ${wanted}`, tracker, { projectManagementConfigId });
    }),
    untilChecked('asana, down for a while', 'asana', {}),
  ]);
}, 60_000);
afterAll(() => world?.stopAll());

async function untilChecked(name: string, tracker: TrackerChoice, change: { projectManagementConfigId?: string }): Promise<void> {
  const release = await world.tenant(tracker).createRelease({ config: { ...config, ...change } });
  releases.set(name, release);
  await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  await release.decide('APPROVED');
  await release.untilTask(CHECK, 'WAITING(CALLBACK)');
}

/** The team's tracker config with another status that counts as done. */
async function trackerConfig({ owner, path }: TenantWorld, completedStatus: string): Promise<string> {
  const [base] = await owner.all<{ integrationId: string; platforms: object[] }>(`${path}/project-management-configs`);
  const { id } = await owner.send<{ id: string }>('POST', `${path}/project-management-configs`, {
    ...{ name: `Done is ${completedStatus}`, integrationId: base?.integrationId },
    platforms: base?.platforms.map((platform) => ({ ...platform, completedStatus })),
  });
  return id;
}

function releaseOf(name: string): ReleaseHandle {
  const release = releases.get(name);
  if (release === undefined) throw new Error(`there is no release ${name}`);
  return release;
}

const keysOf = async (release: ReleaseHandle) => (await release.view()).platforms.map(({ ticket }) => ticket?.key ?? 'none');
const standings = async (release: ReleaseHandle) =>
  ((await release.task(CHECK)).output?.tickets ?? []) as { key: string; status: string; done: boolean }[];

describe('a release with', () => {
  it.each(trackerChoices)('%s ends when its tickets are done, as its webhooks say, with one ticket per platform', async (tracker) => {
    const tenant = world.tenant(tracker);
    const { tickets } = tenant.sandbox;
    const release = releaseOf(tracker);
    const keys = await keysOf(release);
    const before = await standings(release);
    // Of this release's tickets alone: the team has others under way.
    const ours = { ...tickets, all: () => tickets.all().filter(({ key }) => keys.includes(key)) };
    const person = productOwner(() => [{ ...tenant.sandbox, tickets: ours }], { startAfterMs: 0, doneAfterMs: 0 });

    person.look(Date.now());
    await waitFor(async () => (await standings(release)).every(({ status }) => status === tickets.states.started), { what: 'a look' });
    person.look(Date.now());
    await release.until('COMPLETED');

    const { open, done } = tickets.states;
    const made = tenant.effects().tickets.filter(({ title }) => title.startsWith(`Release ${release.version} `));
    expect(before.map(({ key, status, done: isDone }) => [key, status, isDone])).toEqual(keys.map((key) => [key, open, false]));
    expect(made.map(({ key, title, status }) => [key, title, status])).toEqual([
      [keys[0], `Release ${release.version} (ANDROID)`, done],
      [keys[1], `Release ${release.version} (IOS)`, done],
    ]);
    for (const { labels } of made) expect(labels).toContain('release');
    expect((await standings(release)).map(({ status, done: isDone }) => [status, isDone])).toEqual([
      [done, true],
      [done, true],
    ]);
    expect((await release.task(CHECK)).attempts.map(({ outcome }) => outcome)).toEqual(['completed']);
    expect((await release.task('CREATE_FINAL_RELEASE_NOTES')).output?.tickets).toEqual(
      keys.map((key) => ({ key, linked: true, why: null })),
    );
    expect(tenant.effects().duplicates).toEqual([]);
    const sent = world.sandbox.sentWebhooks.filter(({ provider }) => provider === tracker);
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(sent.filter(({ status }) => status !== 202)).toEqual([]);
  });

  it.each(ownStatuses)('$tracker waits for "$wanted" where its config says so, whatever else the tracker counts as done', async (own) => {
    const release = releaseOf(`${own.tracker} until ${own.wanted}`);
    const { tickets } = world.tenant(own.tracker).sandbox;
    const keys = await keysOf(release);
    const move = (status: string) => {
      for (const key of keys) tickets.move(key, status);
    };

    move(tickets.states.done);
    const looked = await waitFor(
      async () => {
        const seen = await standings(release);
        return seen.every(({ status }) => status === tickets.states.done) ? seen : null;
      },
      { what: 'a look at the tickets' },
    );
    // Each ticket's events have it looked at once more.
    await release.untilTask(CHECK, 'WAITING(CALLBACK)');
    move(own.wanted);
    await release.until('COMPLETED');

    expect(looked.map(({ done }) => done)).toEqual([false, false]);
    expect((await standings(release)).map(({ status: name, done }) => [name, done])).toEqual([
      [own.wanted, true],
      [own.wanted, true],
    ]);
  });

  it('a tracker that is down when it is asked goes on by itself when the tracker is back', async () => {
    const release = releaseOf('asana, down for a while');
    const { tickets } = world.tenant('asana').sandbox;
    world.fakes.asana?.failNext({ match: { method: 'GET', path: /\/tasks\/\d+$/ }, status: 503, times: 3 });

    for (const key of await keysOf(release)) tickets.move(key, tickets.states.done);
    await release.until('COMPLETED');

    const { attempts } = await release.task(CHECK);
    const unanswered = ['failed', 'unavailable'];
    expect(attempts.map(({ outcome, failure }) => [outcome, failure?.kind])).toEqual([
      unanswered,
      unanswered,
      unanswered,
      ['completed', undefined],
    ]);
  });
});

it('read every webhook of a tracker under the connection it is for, set up through its API where it has one', async () => {
  const { linear, asana, clickup } = world.fakes;
  const made = {
    linear: linear?.world.hooks.map(({ label, url }) => ({ label, url })),
    asana: asana?.world.hooks.map(({ filters, target }) => ({ filtered: filters.length > 0, url: target })),
    clickup: [...(clickup?.world.hooks.values() ?? [])].map(({ endpoint, secret }) => ({
      own: secret.startsWith('MADE0BY0CLICKUP'),
      url: endpoint,
    })),
  };
  const urlOf = (tracker: TrackerChoice) => world.tenant(tracker).connections['project-management'].webhookUrl;

  expect(made).toEqual({
    linear: [{ label: 'Signalbox', url: urlOf('linear') }],
    asana: [{ filtered: true, url: urlOf('asana') }],
    clickup: [{ own: true, url: urlOf('clickup') }],
  });
  for (const tracker of trackerChoices) {
    const { owner, path, connections } = world.tenant(tracker);
    const { id } = connections['project-management'];
    const events = async () =>
      (await owner.all<{ integrationId: string; status: string }>(`${path}/webhook-events`)).filter(
        ({ integrationId }) => integrationId === id,
      );
    await waitFor(async () => (await events()).every(({ status }) => status === 'DONE' || status === 'SKIPPED'), {
      what: 'all to be read',
    });
    expect((await events()).filter(({ status }) => status === 'DONE').length).toBeGreaterThan(0);
  }
});

it('left no credential and no webhook secret in any row, key or line of log', async () => {
  const { asana, clickup } = world.fakes;
  const secrets = [
    ...trackerChoices.flatMap((tracker) => {
      const { sandbox, webhookSecret } = world.tenant(tracker);
      const { email, apiToken = '', apiKey = '', token = '' } = sandbox.tracker.credentials;
      const plain = [apiToken, apiKey, token].filter((secret) => secret !== '');
      return [webhookSecret, ...plain, ...plain.map((secret) => Buffer.from(`${email}:${secret}`).toString('base64'))];
    }),
    ...(asana?.world.hooks ?? []).map(({ secret }) => secret),
    ...[...(clickup?.world.hooks.values() ?? [])].map(({ secret }) => secret),
  ];
  const rows = await dumpDatabase(world.databaseUrl);
  const keys = await dumpRedis(world.redisUrl, world.prefix);
  const kept = [...world.logs(), ...[...rows, ...keys].map(({ text }) => text)];

  const found = kept.filter((text) => secrets.some((secret) => text.includes(secret)));

  expect(secrets).toHaveLength(3 * trackerChoices.length + 2);
  expect(kept.length).toBeGreaterThan(1_000);
  expect(found).toEqual([]);
});
