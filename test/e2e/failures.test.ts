import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { expectEveryHistoryReplays } from '../support/history-replays.ts';
import { waitFor } from '../support/wait-for.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** What fails, pauses; what a person does about it, counts. */

let world: World;
let tenant: TenantWorld;
beforeAll(async () => {
  world = await openWorld({ workers: 2 });
  tenant = world.tenant();
});
afterEach(() => world.fakes.github.clearFaults());
afterAll(() => world?.stopAll());

const config = { automationRuns: false, preRegressionBuilds: false };
const messagesWith = (text: string) => tenant.effects().messages.filter((message) => message.text.includes(text));
/** How the release stands, edited in place: it says at times what another message says once. */
const STATUS = /^REL-\d+: [A-Z_]+(, [A-Z_]+)?\n/;
/** Of one release: an earlier try of the same test has told of its own. */
const toldOf = ({ displayId }: { displayId: string }, text: string) =>
  messagesWith(text).filter((message) => message.text.startsWith(`${displayId}: `) && !STATUS.test(message.text));
const runsOf = (workflow: string, ref: string) => tenant.effects().runs.filter((run) => run.workflow === workflow && run.ref === ref);

it('pauses for a failed build and says what to do; a retry dispatches that one build anew and the release ends', async () => {
  world.fakes.github.world.failRuns({ workflow: 'regression-ios.yml' });
  const release = await tenant.createRelease({ config });
  const toldOfBuilds = () => toldOf(release, 'regression builds of cycle 1 failed\nFailures\n*IOS*\nfailed (failure)\n*Release*');

  const paused = await release.until('PAUSED');
  const failed = await release.task('TRIGGER_REGRESSION_BUILDS');
  const { items } = await release.why();

  expect(paused.pauseReasons).toEqual([`TASK_FAILURE(${failed.id})`]);
  expect(failed).toMatchObject({ status: 'FAILED', failures: 1, possible: ['retry', 'skip', 'complete'] });
  expect(failed.failure).toMatchObject({ kind: 'conflict', message: expect.stringContaining('IOS failed (failure)') });
  expect(failed.failure?.remedy).toContain('then retry the task');
  expect(items.find(({ what }) => what === 'TRIGGER_REGRESSION_BUILDS')).toMatchObject({ on: 'person', remedy: failed.failure?.remedy });
  await waitFor(() => toldOfBuilds().length === 1, { what: 'people to hear of it' });

  const answer = await release.onTask('TRIGGER_REGRESSION_BUILDS', 'retry', { reason: 'the runner had no disk left' });
  await release.until('COMPLETED', { approving: true });

  expect(answer.status).toBe(200);
  const [first, second, ...others] = runsOf('iOS regression', 'v1.4.0-rc.1');
  expect([first?.conclusion, second?.conclusion, others]).toEqual(['failure', 'success', []]);
  expect(first?.correlationId).not.toBe(second?.correlationId);
  expect(runsOf('Android regression', 'v1.4.0-rc.1')).toHaveLength(1);
  const done = await release.task('TRIGGER_REGRESSION_BUILDS');
  expect(done.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
    [1, 'failed'],
    [2, 'completed'],
  ]);
  expect(done.builds.map(({ platform, ordinal, status }) => [platform, ordinal, status])).toEqual([
    ['ANDROID', 1, 'SUCCEEDED'],
    ['IOS', 1, 'FAILED'],
    ['IOS', 2, 'SUCCEEDED'],
  ]);
  expect(toldOfBuilds()).toHaveLength(1);
  expect(tenant.effects().duplicates).toEqual([]);
});

it('starts nothing new while a failed task pauses it', async () => {
  world.fakes.github.world.failRuns({ workflow: 'regression-android.yml' });
  const release = await tenant.createRelease({ config });
  await release.until('PAUSED');
  const failed = await release.task('TRIGGER_REGRESSION_BUILDS');

  const other = await tenant.createRelease({ config });
  await other.until('COMPLETED', { approving: true });

  const tasks = await release.tasks();
  expect(tasks.filter(({ status }) => status !== 'COMPLETED').map(({ type, status }) => [type, status])).toEqual([
    ['TRIGGER_REGRESSION_BUILDS', 'FAILED'],
    ['SEND_REGRESSION_BUILD_MESSAGE', 'PENDING'],
  ]);
  expect((await release.task('TRIGGER_REGRESSION_BUILDS')).attempt).toBe(failed.attempt);
});

it('goes on without a failed task that somebody skips, and keeps the reason', async () => {
  world.fakes.github.world.failRuns({ workflow: 'play-bundle.yml', conclusion: 'timed_out' });
  const release = await tenant.createRelease({ config });
  await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  await release.decide('APPROVED');
  const failed = await release.untilTask('CREATE_AAB_BUILD', 'FAILED');
  await waitFor(() => toldOf(release, 'ANDROID failed (timed_out)').length === 1, { what: 'people to hear of it' });

  const silent = await release.onTask('CREATE_AAB_BUILD', 'skip', {});
  const skipped = await release.onTask('CREATE_AAB_BUILD', 'skip', { reason: 'built by hand and uploaded' });
  await release.until('COMPLETED');

  expect([failed.status, silent.status, skipped.status]).toEqual(['FAILED', 422, 200]);
  expect(await release.task('CREATE_AAB_BUILD')).toMatchObject({ status: 'SKIPPED', settledBy: { displayName: 'owner of Acme' } });
  expect(runsOf('Play bundle', `v${release.version}`)).toHaveLength(1);
  const told = (await release.history()).filter(({ why }) => why === 'built by hand and uploaded');
  expect(told.map(({ entityId, by }) => [entityId, by?.displayName])).toEqual(expect.arrayContaining([[failed.id, 'owner of Acme']]));
});

it('waits with what needs a revoked token and nothing else, names who must act, and goes on by itself once it is renewed', async () => {
  const release = await tenant.createRelease({ config, slots: [0, 3_600_000] });
  await release.untilTask('SEND_REGRESSION_BUILD_MESSAGE', 'COMPLETED');
  const renewed = 'ghp-renewed-token-of-acme';
  replaceTokens(renewed);

  await release.command('trigger-regression', { reason: 'now, please' });
  const waiting = await release.untilTask('CREATE_RC_TAG', 'WAITING(CONNECTION)');
  const { items } = await release.why();
  const marked = await tenant.owner.request('GET', integration('scm'));
  await waitFor(() => toldOf(release, 'must renew the credentials').length === 1, { what: 'people to hear of it' });

  const { id } = tenant.connections.scm;
  expect(waiting.failure).toMatchObject({
    ...{ kind: 'unauthorized', provider: 'github', connection: { category: 'scm', id } },
    remedy: expect.stringContaining(`integrations/scm/${id}`),
  });
  expect(waiting.failures).toBe(0);
  expect(marked.body).toMatchObject({ verificationStatus: 'INVALID', hasValidToken: false });
  expect(items.find(({ what }) => what === 'CREATE_RC_TAG')).toMatchObject({
    on: 'person',
    connection: { id, verificationStatus: 'INVALID', people: ['owner of Acme'] },
  });
  expect((await release.view()).pauseReasons).toEqual([]);

  for (const category of ['scm', 'ci-cd'] as const) {
    const changed = await tenant.owner.request('PATCH', integration(category), { credentials: { token: renewed } });
    expect(changed.body).toMatchObject({ verificationStatus: 'VALID', verificationError: null });
    expect(changed.text).not.toContain(renewed);
  }
  await release.until('COMPLETED', { approving: true });

  const tags = tenant.effects().tags.filter(({ name }) => name.startsWith(`v${release.version}`));
  expect(tags.map(({ name }) => name)).toEqual([`v${release.version}-rc.1`, `v${release.version}-rc.2`, `v${release.version}`]);
  expect(toldOf(release, 'must renew the credentials')).toHaveLength(1);
  expect(world.logs().filter((line) => line.includes(renewed))).toEqual([]);
});

const integration = (category: 'scm' | 'ci-cd') => `${tenant.path}/integrations/${category}/${tenant.connections[category].id}`;

/** Somebody revokes the token of the repository at GitHub, and makes another. */
function replaceTokens(token: string): void {
  // The fake shows its tokens to be read; what happens at GitHub happens to the set behind them.
  const tokens = tenant.sandbox.repository.tokens as Set<string>;
  tokens.clear();
  tokens.add(token);
}

it('has a history of each release that replays to the state it is in', async () => {
  await expectEveryHistoryReplays(world.db);
});
