import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceRolloutView } from '../../src/services/service-rollouts/service-rollout-view.ts';
import { type AscSetup, ascSetup, worldOf as ascWorldOf, CREDENTIALS } from '../contracts/app-store-connect-harness.ts';
import { APP, COMMIT, type PlaySetup, playSetup, worldOf as playWorldOf } from '../contracts/google-play-harness.ts';
import type { RecordedCall } from '../fakes/fake-server.ts';
import { bundleFile } from '../fakes/google-play/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { openWorld, type World } from './world.ts';

/** An app's two services on their way to the users of two stores, over real processes, of which the worker is killed between the steps. */

describe('deployments to store tracks over real processes', () => {
  let world: World;
  let play: PlaySetup;
  let apple: AscSetup;
  let environmentId: string;
  let appId: string;
  const services: Record<'android' | 'ios', string> = { android: '', ios: '' };

  const tenant = () => world.tenant();
  const path = (rest: string) => `${tenant().path}${rest}`;
  const send = <T = { id: string }>(method: 'POST' | 'PUT', rest: string, body: unknown) =>
    tenant().owner.send<T>(method, path(rest), body);
  async function until(what: string, is: () => Promise<boolean> | boolean): Promise<void> {
    await waitFor(async () => ((await is()) ? true : null), { what, timeoutMs: 60_000, everyMs: 50 });
  }

  beforeAll(async () => {
    [play, apple, world] = await Promise.all([playSetup(), ascSetup(), openWorld({ webhooks: false, sandbox: { robots: false } })]);
    const google = { provider: 'google-play', displayName: 'Play', baseUrl: play.fake.origin };
    const connections = {
      android: await send('POST', '/integrations/store', { ...google, credentials: { serviceAccount: play.account.keyFile } }),
      ios: await send('POST', '/integrations/store', {
        ...{ provider: 'app-store-connect', displayName: 'Apple', baseUrl: apple.fake.origin, credentials: CREDENTIALS },
      }),
    };
    appId = (await send('POST', '/apps', { name: 'shop' })).id;
    const environment = { name: 'stores', tier: 'staging', kind: 'store-track', maxParallel: 2 };
    environmentId = (await send('POST', '/environments', environment)).id;
    const steps = [10, 50, 100].map((percent) => ({ percent, waitMinutes: null }));
    const rollouts = { android: { kind: 'staged', steps }, ios: { kind: 'phased' } };
    for (const kind of ['android', 'ios'] as const) {
      services[kind] = (await send('POST', '/services', { appId, name: kind, kind })).id;
      const store = { integrationId: connections[kind].id, appId: APP, track: 'production', rollout: rollouts[kind] };
      await send('PUT', `/environments/${environmentId}/targets/${services[kind]}`, { store });
    }
  });
  afterAll(async () => {
    await world?.stopAll();
    await Promise.all([play?.fake.close(), apple?.fake.close()]);
  });

  async function artifact(kind: 'android' | 'ios', version: string, code: number): Promise<string> {
    const content = Buffer.from(bundleFile(code, version));
    const query = `version=${version}&buildNumber=${code}`;
    const answer = await fetch(`${world.apiUrl}/api/v1${path(`/services/${services[kind]}/artifacts/files`)}?${query}`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${tenant().ownerToken}`, 'content-type': 'application/octet-stream' },
        'x-checksum-sha256': createHash('sha256').update(content).digest('hex'),
      },
      body: content,
    });
    expect(answer.status, await answer.clone().text()).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  }

  /** Both services, under review in their stores. */
  async function deploy(version: string, code: number): Promise<Deployment> {
    ascWorldOf(apple).seedBuild({ version, buildNumber: String(code) });
    const artifacts = [];
    for (const kind of ['android', 'ios'] as const) {
      artifacts.push({ serviceId: services[kind], artifactId: await artifact(kind, version, code) });
    }
    const { id } = await send('POST', '/deployments', { appId, environmentId, artifacts, notes: 'Faster.' });
    await until(`${version} to be under review`, () =>
      [playWorldOf(play), ascWorldOf(apple)].every((store) => store.seen(version)?.state.kind === 'in-review'),
    );
    return deploymentOf(id);
  }

  interface Deployment {
    rollout(kind: 'android' | 'ios'): Promise<ServiceRolloutView>;
    untilRollout(kind: 'android' | 'ios', wanted: Partial<ServiceRolloutView>): Promise<void>;
    steer(kind: 'android' | 'ios', command: string): Promise<void>;
    cancel(): Promise<void>;
    untilStatus(status: string): Promise<void>;
  }

  function deploymentOf(id: string): Deployment {
    const { owner } = tenant();
    const rollout: Deployment['rollout'] = async (kind) => {
      const { items } = await owner.get<{ items: ServiceRolloutView[] }>(path(`/deployments/${id}/rollouts`));
      const found = items.find(({ service }) => service.name === kind);
      if (found === undefined) throw new Error(`${kind} has not begun`);
      return found;
    };
    return {
      rollout,
      async untilRollout(kind, wanted) {
        await until(`${kind} to be ${JSON.stringify(wanted)}`, async () => {
          const shown = await rollout(kind);
          return Object.entries(wanted).every(([field, value]) => shown[field as keyof ServiceRolloutView] === value);
        });
      },
      steer: (kind, command) => send('POST', `/deployments/${id}/rollouts/${services[kind]}/${command}`, { reason: 'said so' }),
      cancel: () => send('POST', `/deployments/${id}/cancel`, { reason: 'enough' }),
      untilStatus: (status) =>
        until(
          `the deployment to be ${status}`,
          async () => (await owner.get<{ status: string }>(path(`/deployments/${id}`))).status === status,
        ),
    };
  }

  /** SIGKILL to the worker, and another life. */
  async function killWorker(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
    const worker = world.process('worker');
    await worker.kill();
    await meanwhile();
    await worker.start();
  }

  const wrote = (calls: readonly RecordedCall[], method: string, of: RegExp) =>
    calls.filter((call) => call.method === method && of.test(call.path) && call.status < 300).length;
  const commits = () => wrote(play.fake.calls, COMMIT.method, COMMIT.path);
  const appleWrites = () => ({
    submitted: wrote(apple.fake.calls, 'PATCH', /\/reviewSubmissions\//),
    released: wrote(apple.fake.calls, 'POST', /\/appStoreVersionReleaseRequests$/),
  });

  it('come to everybody share by share through a halt in the console and kills between the steps, each store write once', async () => {
    const version = '4.2.0';
    const deployment = await deploy(version, 4200);
    const android = playWorldOf(play);
    const ios = ascWorldOf(apple);
    const before = commits();
    android.approve(version);
    ios.approve(version);
    await deployment.untilRollout('android', { status: 'PAUSED', pauseReason: 'step', weight: 10 });
    await until('the App Store to let it out', () => ios.seen(version)?.state.kind === 'processing');
    ios.settle();
    await deployment.untilRollout('ios', { status: 'PROGRESSING', weight: 1 });

    android.moveTo(version, { kind: 'halted', fraction: 0.1 });
    await deployment.untilRollout('android', { status: 'PAUSED', pauseReason: 'outside' });
    await killWorker(() => deployment.steer('android', 'resume'));
    await deployment.untilRollout('android', { status: 'PAUSED', pauseReason: 'step', weight: 10, wanted: 'RUN' });
    await killWorker(() => deployment.steer('android', 'advance'));
    await deployment.untilRollout('android', { status: 'PAUSED', pauseReason: 'step', weight: 50 });
    await deployment.steer('android', 'advance');
    await killWorker();
    ios.moveTo(version, { kind: 'live' });
    await deployment.untilStatus('SUCCEEDED');

    expect([android, ios].map((store) => store.seen(version))).toMatchObject([
      { state: { kind: 'live' }, buildNumbers: ['4200'] },
      { state: { kind: 'live' }, submissions: 1 },
    ]);
    expect(play.app.submissions.get(4200)).toBe(1);
    // Resumed, 50 %, everybody.
    expect(commits() - before).toBe(3);
    expect(play.app.displaced).toBe(0);
    expect(appleWrites()).toEqual({ submitted: 1, released: 1 });
    expect((await deployment.rollout('android')).status).toBe('COMPLETED');
    expect(await world.db.rows('SELECT service_id FROM deployment_locks')).toEqual([]);
  });

  it('are taken back, halted where they go out and withdrawn where they are reviewed, through a kill, each store write once', async () => {
    const version = '4.3.0';
    const deployment = await deploy(version, 4300);
    const android = playWorldOf(play);
    android.approve(version);
    await deployment.untilRollout('android', { status: 'PAUSED', pauseReason: 'step', weight: 10 });
    const [before, withdrawals] = [commits(), appleWrites().submitted];

    await killWorker(() => deployment.cancel());
    await until('the App Store to be asked', () => appleWrites().submitted > withdrawals);
    ascWorldOf(apple).settle();
    await deployment.untilStatus('ROLLED_BACK');

    expect(android.seen(version)?.state).toEqual({ kind: 'halted', fraction: 0.1 });
    expect(ascWorldOf(apple).seen(version)?.state).toEqual({ kind: 'withdrawn' });
    expect([commits() - before, appleWrites().submitted - withdrawals]).toEqual([1, 1]);
    expect(await world.db.rows('SELECT service_id FROM deployment_locks')).toEqual([]);
  });
});
