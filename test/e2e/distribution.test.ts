import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeRequest } from '../fakes/fake-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { byHand, type Distribution, distributionOf, killWhoIsAt, storesWith } from './distribution.ts';
import type { ReleaseHandle } from './release.ts';
import { dumpDatabase, dumpRedis } from './stores.ts';
import type { NewRelease, TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** Releases to Google Play and the App Store, by the stores of the sandbox: their reviewer, their consoles, their days, their webhooks. */

const lean = { automationRuns: false, preRegressionBuilds: false, projectManagementConfigId: null, testManagementConfigId: null };
const PLAY = 'PLAY_STORE';
const APPLE = 'APP_STORE';

let world: World;
beforeAll(async () => {
  const reviewer = { decideAfterMs: 150, dayMs: 100 };
  world = await openWorld({
    tenants: ['Acme', 'Globex', 'Initech', 'Hooli'],
    workers: 2,
    sandbox: { stores: true, robots: { reviewer } },
    env: { LOG_LEVEL: 'trace', LEASE_MS: '3000' },
  });
}, 60_000);
afterAll(() => world?.stopAll());

interface Released {
  tenant: TenantWorld;
  release: ReleaseHandle;
  way: Distribution;
}

async function start(name: string, config: NewRelease['config']): Promise<Released> {
  const tenant = world.tenant(name);
  const release = await tenant.createRelease({ config: { ...lean, ...config } });
  return { tenant, release, way: distributionOf(world, tenant, release) };
}

const lastHistory = async ({ release }: Released, entityType: string) =>
  (await release.history()).filter((event) => event.entityType === entityType).at(-1);

describe('a release to both stores', () => {
  let released: Released;

  it('is SUBMITTED from its review on, stands still where a person halts it, and is COMPLETED once everybody has it in both', async () => {
    const stores = await storesWith(world.tenant('Acme'), { PLAY_STORE: byHand(10, 50, 100), APP_STORE: { kind: 'phased' } });
    released = await start('Acme', { stores });
    const { release, way } = released;

    await release.until('SUBMITTED', { approving: true });
    const submitted = (await way.submissions()).map(({ status }) => status);
    await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step', fraction: 0.1 });
    const halted = await way.steer(PLAY, 'halt', 'Loses baskets');
    await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'manual' });
    const advanced = await way.steer(PLAY, 'advance');
    const atStore = way.inStores()[0];
    await way.steer(PLAY, 'resume', 'One broken device');
    await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step' });
    await way.untilRollout(APPLE, { status: 'COMPLETED' });
    const liveOnOne = await release.view();
    await way.steer(PLAY, 'advance');
    await way.untilRollout(PLAY, { status: 'PAUSED', fraction: 0.5 });
    await way.steer(PLAY, 'advance');
    const { submittedAt } = await release.until('COMPLETED');

    expect(submitted).toHaveLength(2);
    expect(submitted).not.toContain('PREPARING');
    expect([halted.status, advanced.status]).toEqual([200, 409]);
    expect(atStore).toEqual(['Google Play', 10, 1]);
    expect(liveOnOne.status).toBe('SUBMITTED');
    expect(submittedAt).not.toBeNull();
    expect(way.inStores()).toEqual([
      ['Google Play', 100, 1],
      ['App Store', 100, 1],
    ]);
    expect(await way.told('ROLLOUT_HALTED')).toMatchObject([{ target: PLAY, fraction: 0.1, outside: false, reason: 'Loses baskets' }]);
    expect(await way.told('ROLLOUT_RESUMED')).toMatchObject([{ target: PLAY, outside: false, reason: 'One broken device' }]);
    expect((await way.told('ROLLOUT_COMPLETED')).map(({ target }) => target).sort()).toEqual([APPLE, PLAY]);
    expect((await release.tasks()).filter(({ stage, status }) => stage === 'DISTRIBUTION' && status !== 'COMPLETED')).toEqual([]);
  });

  it('was followed by what the App Store tells of itself, and left nothing twice', () => {
    const told = world.sandbox.sentWebhooks.filter(({ provider }) => provider === 'app-store-connect');

    expect(told.length).toBeGreaterThan(1);
    expect(told.filter(({ status }) => status !== 202)).toEqual([]);
    expect(released.tenant.effects().duplicates).toEqual([]);
  });

  it('is halted and resumed when everybody has it, where the store can, and stays COMPLETED', async () => {
    const { release, way, tenant } = released;
    const stateOf = () =>
      tenant.effects().stores.find(({ store, version }) => store === 'Google Play' && version === release.version)?.state;

    const halted = await way.steer(PLAY, 'halt', 'Loses orders');
    const whileHalted = [stateOf(), (await release.view()).status, (await way.rollout(PLAY)).status];
    const resumed = await way.steer(PLAY, 'resume', 'Repaired on the server');
    const ofApple = await way.steer(APPLE, 'halt');

    expect([halted.status, resumed.status], halted.text + resumed.text).toEqual([200, 200]);
    expect(whileHalted).toEqual(['halted', 'COMPLETED', 'PAUSED']);
    expect([stateOf(), (await way.rollout(PLAY)).status]).toEqual(['completed', 'COMPLETED']);
    expect([ofApple.status, ofApple.text]).toEqual([409, expect.stringContaining('cannot halt')]);
    expect((await way.told('ROLLOUT_HALTED')).at(-1)).toMatchObject({ fraction: 1, reason: 'Loses orders' });
    expect(await lastHistory(released, 'rollout')).toMatchObject({ why: 'Repaired on the server' });
  });
});

it('sends what was turned down again when somebody retries: the same build, or a newer one where there is one', async () => {
  for (const reason of ['crashes at the start', 'and again']) world.sandbox.rejectNext('Globex', APPLE, reason);
  const { tenant, release, way } = await start('Globex', { stores: await storesWith(world.tenant('Globex'), {}) });
  const turnedDown = async (ordinal: number) => {
    await waitFor(async () => (await way.submissions()).some((each) => each.ordinal === ordinal && each.status === 'REJECTED'), {
      ...{ what: `submission ${ordinal} to be rejected`, timeoutMs: 20_000 },
    });
    return release.untilTask('SUBMIT_TO_APP_STORE', 'FAILED');
  };

  for (const gate of ['APPROVE_REGRESSION', 'APPROVE_DISTRIBUTION']) {
    await release.untilTask(gate, 'WAITING(APPROVAL)');
    await release.decide('APPROVED');
  }
  const first = await turnedDown(1);
  const { status } = await release.view();
  const retried = await release.onTask('SUBMIT_TO_APP_STORE', 'retry', { reason: 'answered in the Resolution Center' });
  await turnedDown(2);
  const apple = tenant.sandbox.stores.find(({ access }) => access.place.target === APPLE);
  apple?.upload({ version: release.version, number: '9001', content: Buffer.from('repaired') });
  await release.onTask('SUBMIT_TO_APP_STORE', 'retry', { reason: 'repaired' });
  await release.until('COMPLETED', { patient: true });

  expect([first.failure?.message, status, retried.status]).toEqual([expect.stringMatching(/reject/i), 'PAUSED', 200]);
  const ofApple = (await way.submissions()).filter(({ target }) => target === APPLE);
  expect(ofApple.map(({ ordinal, status: end }) => [ordinal, end])).toEqual([
    [1, 'REJECTED'],
    [2, 'REJECTED'],
    [3, 'APPROVED'],
  ]);
  const [one, two, three] = ofApple.map(({ buildNumber }) => buildNumber);
  expect([two, three]).toEqual([one, '9001']);
  expect(way.inStores()).toEqual([
    ['Google Play', 100, 1],
    ['App Store', 100, 3],
  ]);
}, 60_000);

it('believes what people do in the console: a halt stands until a person resumes it, a raise is the step it is on', async () => {
  const stores = await storesWith(world.tenant('Initech'), { PLAY_STORE: byHand(10, 50, 100) });
  const released = await start('Initech', { stores });
  const { release, way } = released;
  const atGates = release.until('SUBMITTED', { approving: true });
  await atGates;
  await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step' });

  world.sandbox.inConsole('Initech', PLAY, { do: 'halt' });
  const halted = await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'outside' });
  const ofHalt = await lastHistory(released, 'rollout');
  const { items } = await release.why();
  await way.steer(PLAY, 'resume', 'It was a mistake');
  await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step' });
  const resumedAt = way.inStores()[0]?.[1];
  world.sandbox.inConsole('Initech', PLAY, { do: 'raise', percent: 50 });
  const raised = await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step', fraction: 0.5 });
  await way.steer(PLAY, 'advance');
  await release.until('COMPLETED');

  expect(halted).toMatchObject({ wanted: 'HALT', fraction: 0.1 });
  expect(ofHalt).toMatchObject({ why: "seen in the store's console" });
  expect(items.map(({ sentence }) => sentence).join('\n')).toContain("halted at 10 % of the users in the store's console");
  expect(await way.told('ROLLOUT_HALTED')).toMatchObject([{ target: PLAY, outside: true, fraction: 0.1 }]);
  expect(await way.told('ROLLOUT_RESUMED')).toMatchObject([{ outside: false, reason: 'It was a mistake' }]);
  expect([resumedAt, raised.step]).toEqual([10, 2]);
  expect((await way.told('ROLLOUT_STEPPED')).filter(({ outside }) => outside)).toMatchObject([{ fraction: 0.5 }]);
  expect(way.inStores()[0]).toEqual(['Google Play', 100, 1]);
}, 60_000);

it('brings two releases of one Play app to their tracks at once, and never edits the app twice at a time', async () => {
  const tenant = world.tenant('Hooli');
  const play = tenant.connections.stores.PLAY_STORE;
  const app = world.sandbox.tenant('Hooli').stores.find(({ access }) => access.place.target === PLAY)?.access.place;
  const { id: storeConfigId } = await tenant.owner.send<{ id: string }>('POST', `${tenant.path}/store-configs`, {
    ...{ name: 'Beta', integrationId: play?.id, ...app, track: 'beta' },
  });
  const [production] = (await storesWith(tenant, { PLAY_STORE: { kind: 'staged', steps: fast } })).filter(({ target }) => target === PLAY);
  if (production === undefined) throw new Error('the sandbox has no Google Play');
  const platformTargets = [{ platform: 'ANDROID', target: PLAY }] as const;
  const displaced = world.fakes.googlePlay?.displaced() ?? 0;

  const both = await Promise.all(
    [production, { ...production, storeConfigId }].map((store) =>
      start('Hooli', { platformTargets: [...platformTargets], stores: [store] }),
    ),
  );
  await Promise.all(both.map(({ release }) => release.until('COMPLETED', { approving: true })));

  expect(both.map(({ way }) => way.inStores())).toEqual([[['Google Play', 100, 1]], [['Google Play', 100, 1]]]);
  expect(world.fakes.googlePlay?.displaced()).toBe(displaced);
}, 60_000);

const fast = [10, 50, 100].map((percent) => ({ percent, waitMinutes: 0 }));

describe('a worker that is killed in the middle', () => {
  it('of a submission leaves one submission, and of a step one step', async () => {
    const stores = await storesWith(world.tenant('Acme'), { PLAY_STORE: byHand(10, 50, 100) });
    const { release, way } = await start('Acme', { stores });
    // The store does it when the worker is gone.
    const late = { mode: 'pass', delayMs: 600 } as const;
    let met = 0;
    const meets = (is: (request: FakeRequest) => boolean) => (request: FakeRequest) => {
      if (!is(request)) return false;
      met += 1;
      return true;
    };
    const isSent = ({ method, path }: FakeRequest) => method === 'PATCH' && path.startsWith('/v1/reviewSubmissions/');
    const isCommit = ({ method, path }: FakeRequest) => method === 'POST' && path.endsWith(':commit');
    world.fakes.appStoreConnect?.failNext({ ...late, match: meets(isSent) });

    const submitted = release.until('SUBMITTED', { approving: true });
    await killWhoIsAt(world, release, 'SUBMIT_TO_APP_STORE', () => met === 1);
    await submitted;
    await way.untilRollout(APPLE, { status: 'COMPLETED' });
    await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step' });
    world.fakes.googlePlay?.failNext({ ...late, match: meets(isCommit) });
    await way.steer(PLAY, 'advance');
    await killWhoIsAt(world, release, 'ROLL_OUT', () => met === 2);
    const stepped = await way.untilRollout(PLAY, { status: 'PAUSED', pauseReason: 'step', fraction: 0.5 });
    await way.steer(PLAY, 'complete');
    await release.until('COMPLETED');

    expect(stepped.step).toBe(2);
    expect((await way.told('ROLLOUT_STEPPED')).map(({ fraction, outside }) => [fraction, outside])).toEqual([[0.5, false]]);
    expect(way.inStores()).toEqual([
      ['Google Play', 100, 1],
      ['App Store', 100, 1],
    ]);
    expect((await way.submissions()).map(({ ordinal }) => ordinal)).toEqual([1, 1]);
    expect((await release.task('SUBMIT_TO_APP_STORE')).attempts.map(({ outcome }) => outcome)).toContain('lost');
  }, 60_000);
});

it('left no key and no token of a store in any row, key or line of log', async () => {
  const keysOf = ({ sandbox }: TenantWorld) => sandbox.stores.map(({ access }) => access.credentials);
  const pems = world.tenants
    .flatMap(keysOf)
    .flatMap(({ serviceAccount, privateKey }) => [
      ...(serviceAccount === undefined ? [] : [String(JSON.parse(serviceAccount).private_key)]),
      ...(privateKey === undefined ? [] : [privateKey]),
    ]);
  // A line of the middle: PEM files all begin and end alike.
  const lines = pems.map((text) => text.split('\n')[1] ?? '');
  const bearers = [world.fakes.googlePlay, world.fakes.appStoreConnect].flatMap(
    (fake) => fake?.calls.map(({ headers }) => headers.authorization?.split(' ')[1] ?? '').filter((token) => token !== '') ?? [],
  );
  const secrets = [...new Set([...lines, ...bearers, ...world.tenants.map(({ webhookSecret }) => webhookSecret)])];
  const rows = await dumpDatabase(world.databaseUrl);
  const keys = await dumpRedis(world.redisUrl, world.prefix);
  const kept = [...world.logs(), ...[...rows, ...keys].map(({ text }) => text)];

  const found = kept.filter((text) => secrets.some((secret) => text.includes(secret)));

  expect(secrets.every((secret) => secret.length > 20)).toBe(true);
  expect([pems.length, secrets.length > pems.length]).toEqual([2 * world.tenants.length, true]);
  expect(kept.length).toBeGreaterThan(500);
  expect(found).toEqual([]);
});
