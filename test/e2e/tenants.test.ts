import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CleanUpView } from '../../src/services/clean-ups/list-clean-ups.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Client } from './client.ts';
import type { ReleaseHandle } from './release.ts';
import type { NewRelease, TenantWorld } from './tenant.ts';
import { watch } from './watch.ts';
import { openWorld, type World } from './world.ts';

/** Two teams on one Signalbox: neither mixes with the other, and one goes on while the other stands. */

let world: World;
let acme: TenantWorld;
let globex: TenantWorld;
beforeAll(async () => {
  world = await openWorld({ workers: 2, tenants: ['Acme', 'Globex'] });
  acme = world.tenant('Acme');
  globex = world.tenant('Globex');
});
afterAll(() => world?.stopAll());

const config = { automationRuns: false, preRegressionBuilds: false };

it("runs two tenants' releases at once, each in its own repository, tracker, test project and channels", async () => {
  const [ours, theirs] = await Promise.all([acme.createRelease({ version: '1.4.0' }), globex.createRelease({ version: '7.1.0' })]);

  await Promise.all([ours.until('COMPLETED', { approving: true }), theirs.until('COMPLETED', { approving: true })]);

  for (const [tenant, release] of [
    [acme, ours],
    [globex, theirs],
  ] as const) {
    const { version } = release;
    const effects = tenant.effects();
    const fresh = <T extends { seeded: boolean }>(items: T[]) => items.filter(({ seeded }) => !seeded);
    expect(fresh(effects.branches).map(({ name }) => name)).toEqual([`release/${version}`]);
    expect(fresh(effects.tags).map(({ name }) => name)).toEqual([`v${version}-rc.1`, `v${version}`]);
    expect(tenant.sandbox.repository.runs.map(({ inputs }) => inputs.version)).toEqual(Array.from({ length: 8 }, () => version));
    expect(fresh(effects.tickets).map(({ title }) => title)).toEqual([`Release ${version} (ANDROID)`, `Release ${version} (IOS)`]);
    expect(effects.testRuns.map(({ name }) => name.split(' ')[0])).toEqual([version, version]);
    expect(fresh(effects.messages).filter(({ text }) => text.includes('PLAY_STORE') && !text.includes(version))).toEqual([]);
    expect(effects.counts.messages).toBeGreaterThan(8);
    expect(effects.duplicates).toEqual([]);
  }
});

it("shows a tenant's token nothing of the other, by whatever path", async () => {
  const [ours] = acme.releases;
  const [theirs] = globex.releases;
  if (ours === undefined || theirs === undefined) throw new Error('the releases of the test before');
  const task = await theirs.task('FORK_BRANCH');
  const inOurName = theirs.path.replace(globex.tenantId, acme.tenantId);
  const reads = [
    ...[theirs.path, `${theirs.path}/tasks`, `${theirs.path}/history`, `${theirs.path}/why`, `${theirs.path}/builds`, inOurName],
    ...[`${inOurName}/tasks/${task.id}`, `${ours.path}/tasks/${task.id}`, `${inOurName}/approvals`, `${inOurName}/notes`],
    ...[`${globex.path}/integrations/scm`, `${acme.path}/integrations/scm/${globex.connections.scm.id}`, `${globex.path}/release-configs`],
    ...[`${globex.path}/webhook-events`, `${acme.path}/release-configs/${await globex.config()}`],
  ];
  const writes = [`${inOurName}/pause`, `${inOurName}/archive`, `${theirs.path}/pause`, `${inOurName}/tasks/${task.id}/retry`];

  const answers = [
    ...(await statuses(acme.owner, 'GET', reads)),
    ...(await statuses(acme.owner, 'POST', writes)),
    ...(await statuses(acme.manager, 'GET', reads)),
  ];
  const listed = await acme.owner.all<{ id: string }>(`/release-management${acme.path}/releases`);
  const events = await acme.owner.all<{ integrationId: string }>(`${acme.path}/webhook-events`);

  expect(new Set(answers)).toEqual(new Set([404]));
  expect(listed.map(({ id }) => id)).toEqual([ours.id]);
  expect(events.length).toBeGreaterThan(0);
  const own = [acme.connections.scm.id, acme.connections['ci-cd'].id, acme.connections['project-management'].id];
  expect(events.filter(({ integrationId }) => !own.includes(integrationId))).toEqual([]);
});

it('starts nothing while a person has paused it, whatever others do meanwhile, and ends once resumed', async () => {
  const release = await atItsBuilds({ config });
  const answer = await release.command('pause', { reason: 'the office is moving' });
  // What was under way outside goes on, and is seen to end.
  await release.untilTask('TRIGGER_REGRESSION_BUILDS', 'COMPLETED');
  await untilTold(acme, 'the office is moving');
  const before = await stateOf(release);
  const { touched } = watchAcme();

  await completeOne(globex);

  expect(answer.body).toMatchObject({ status: 'PAUSED', pauseReasons: ['USER_REQUESTED'] });
  expect(touched()).toEqual([]);
  expect(await stateOf(release)).toEqual(before);
  expect(await release.task('SEND_REGRESSION_BUILD_MESSAGE')).toMatchObject({ status: 'READY', held: true });
  expect((await release.why()).items[0]).toMatchObject({ what: 'USER_REQUESTED', on: 'person', remedy: 'Resume the release.' });

  const resumed = await release.command('resume');
  await release.until('COMPLETED', { approving: true });

  expect(resumed.body).toMatchObject({ lifted: true, stillHeldBy: [] });
  expect(acme.effects().duplicates).toEqual([]);
});

it('cancels everything open when it is archived, names what stays outside, and does nothing more', async () => {
  const release = await atItsBuilds({ config, slots: [0, 3_600_000] });
  const answer = await release.command('archive', { reason: 'the feature was dropped' });
  await untilTold(acme, 'the feature was dropped');
  // Runs at the CI end with the release, whichever worker sees to it.
  const cleanUps = await waitFor(
    async () => {
      const { items } = await acme.owner.get<{ items: CleanUpView[] }>(`${release.path}/clean-up`);
      return items.length > 0 && items.every(({ state }) => state !== 'PENDING') && items;
    },
    { what: 'the runs at the CI to be cancelled' },
  );
  const { touched } = watchAcme();

  await completeOne(globex);

  const { platforms, slots } = await release.view();
  expect(answer.body.release.status).toBe('ARCHIVED');
  expect(answer.body.leftBehind).toMatchObject({
    ...{ branch: release.branch, tags: [`v${release.version}-rc.1`] },
    tickets: platforms.map(({ ticket }) => ({ key: ticket?.key })),
    builds: [{ platform: 'ANDROID' }, { platform: 'IOS' }],
  });
  expect(cleanUps.map(({ kind, state }) => [kind, state])).toEqual(Array(2).fill(['CI_RUN', 'DONE']));
  const builds = (await release.builds()).filter(({ workflowType }) => workflowType === 'REGRESSION_BUILD');
  expect(builds.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
  expect(touched()).toEqual([]);
  const open = (await release.tasks()).filter(({ status }) => status !== 'COMPLETED');
  expect(open.map(({ type, status }) => [type, status])).toEqual([
    ['TRIGGER_REGRESSION_BUILDS', 'CANCELLED'],
    ['SEND_REGRESSION_BUILD_MESSAGE', 'CANCELLED'],
  ]);
  expect(slots.map(({ status, cycle }) => [status, cycle?.status])).toEqual([
    ['USED', 'ABANDONED'],
    ['SKIPPED', undefined],
  ]);
  const late = await Promise.all([release.command('resume'), release.command('trigger-regression'), release.addSlot(1000)]);
  expect(late.map(({ status }) => status)).toEqual([409, 409, 409]);
});

async function statuses(client: Client, method: string, paths: readonly string[]): Promise<number[]> {
  const answers = await Promise.all(paths.map((path) => client.request(method, path)));
  return answers.map(({ status }) => status);
}

/** A release of Acme whose builds are under way, and take their time; later ones are quick again. */
async function atItsBuilds(release: NewRelease): Promise<ReleaseHandle> {
  world.fakes.github.world.autoComplete({ completeAfterMs: 1_500 });
  const created = await acme.createRelease(release);
  await created.untilTask('TRIGGER_REGRESSION_BUILDS', 'WAITING(CALLBACK)');
  world.fakes.github.world.autoComplete(true);
  return created;
}

async function completeOne(tenant: TenantWorld): Promise<void> {
  const release = await tenant.createRelease({ config });
  await release.until('COMPLETED', { approving: true });
}

async function untilTold(tenant: TenantWorld, words: string): Promise<void> {
  await waitFor(() => tenant.effects().messages.some(({ text }) => text.includes(words)), { what: `people to read "${words}"` });
  await world.untilTold();
}

const stateOf = async (release: ReleaseHandle) =>
  (await release.tasks()).map(({ type, status, attempt, held }) => ({ type, status, attempt, held }));

/** What anybody asks of Acme's part of the providers from now on, reading included. */
function watchAcme(): { touched(): string[] } {
  const { github, jira, checkmate, slack } = world.fakes;
  const watched = [github, jira, checkmate, slack].map((fake) => watch(fake));
  const { tracker, ...access } = acme.sandbox;
  const tokens = [access.github, access.checkmate, access.slack].map(({ token }) => token).concat(tracker.credentials.apiToken ?? []);
  const isOurs = (authorization: string) => {
    const [, value = ''] = authorization.split(' ');
    return tokens.some((token) => value === token || Buffer.from(value, 'base64').toString().endsWith(`:${token}`));
  };
  return {
    touched: () =>
      watched.flatMap(({ requests }) =>
        requests.filter(({ headers }) => isOurs(headers.authorization ?? '')).map(({ method, path }) => `${method} ${path}`),
      ),
  };
}
