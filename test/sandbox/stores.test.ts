import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reviewer } from '../../sandbox/robots/reviewer.ts';
import type { StoreHost, StorePlace } from '../../sandbox/stores/store.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';
import type { AppStore } from '../../src/integrations/capabilities/app-store.ts';
import type { Connection, Provider } from '../../src/integrations/kit/define-provider.ts';
import { appStoreConnect } from '../../src/integrations/providers/app-store-connect/index.ts';
import { googlePlay } from '../../src/integrations/providers/google-play/index.ts';
import { findProvider } from '../../src/integrations/registry.ts';
import { guardedDeps } from '../contracts/adapter-harness.ts';
import { type FakeRequest, type FakeServer, startFakeServer } from '../fakes/fake-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** The stores of the sandbox as Signalbox itself uses them: by what `access` says, through the adapters and the webhook source. */

type Target = StorePlace['target'];
const providers: Record<Target, Provider> = { PLAY_STORE: googlePlay, APP_STORE: appStoreConnect };
const workflows: Record<Target, string> = { PLAY_STORE: 'play-bundle.yml', APP_STORE: 'testflight.yml' };
const targets = ['PLAY_STORE', 'APP_STORE'] as const;
const otherCis = ['gitlab', 'jenkins'] as const;

let sandbox: Sandbox;
let receiver: FakeServer;
let received: FakeRequest[];

beforeAll(async () => {
  received = [];
  receiver = await startFakeServer();
  receiver.route('POST', '/*rest', (request) => {
    received.push(request);
    return { status: 202 };
  });
  const choices = Object.fromEntries(otherCis.map((ci) => [`Team on ${ci}`, { ci }]));
  sandbox = await startSandbox({ speed: 20, stores: true, tenants: ['Acme', 'Globex', ...Object.keys(choices)], choices });
});
afterAll(async () => {
  await sandbox?.close();
  await receiver?.close();
});

function accessOf(name: string, target: Target) {
  const access = sandbox.access(name).stores.find(({ place }) => place.target === target);
  if (access === undefined) throw new Error(`${name} is not in the ${target}`);
  return access;
}

function connectionOf(name: string, target: Target): Connection {
  const { baseUrl, credentials, settings } = accessOf(name, target);
  const provider = providers[target];
  return { id: 'con-1', baseUrl, credentials: provider.credentials.parse(credentials), settings: provider.settings.parse(settings) };
}

function storeOf(name: string, target: Target): AppStore {
  const provider = providers[target];
  const store = provider.appStore?.(connectionOf(name, target), guardedDeps(provider.id, []));
  if (store === undefined) throw new Error(`${provider.id} is no store`);
  return store;
}

const notes = { 'en-US': 'Faster.', 'de-DE': 'Schneller.' };
const effectOf = (name: string, target: Target, version: string) =>
  sandbox
    .effects(name)
    .stores.find((each) => each.version === version && each.store === (target === 'APP_STORE' ? 'App Store' : 'Google Play'));

/** As CI does it: builds, and uploads what it built. @param former number of the build that is there already */
async function uploaded(name: string, target: Target, version: string, former: string | null = null): Promise<string> {
  const { owner, repo } = sandbox.access(name).github;
  const run = sandbox.fakes.github.world.dispatch(owner, repo, workflows[target], 'main', { version });
  const content = await waitFor(() => run.artifacts[0]?.content, { what: 'the artifact' });
  const query = { app: accessOf(name, target).place, version, buildNumber: null, uploadedSince: null };
  const sha256 = createHash('sha256').update(content).digest('hex');
  const look = async () => {
    const found = await storeOf(name, target).findBuild({ ...query, sha256 });
    return found?.buildNumber === former ? null : found;
  };
  const build = await waitFor(look, { what: 'the uploaded build' });
  expect(build.state).toEqual({ kind: 'ready' });
  return build.buildNumber;
}

interface Sent {
  target: Target;
  version: string;
  buildNumber: string;
}

const submit = (name: string, { target, version, buildNumber }: Sent) =>
  storeOf(name, target).ensureSubmitted({
    ...{ app: accessOf(name, target).place, version, buildNumber, notes, gradually: { fraction: 0.1 }, updatePriority: null },
  });

const untilState = (name: string, { target, version, buildNumber }: Sent, kinds: readonly string[]) =>
  waitFor(
    async () => {
      const release = await storeOf(name, target).findRelease({ app: accessOf(name, target).place, version, buildNumber });
      return release !== null && kinds.includes(release.state.kind) ? release.state.kind : null;
    },
    { what: `${version} to be ${kinds.join(' or ')}` },
  );

describe.each(targets)('the sandbox with the %s', (target) => {
  it('has an app that everybody has, found by what its access says, and another for each team', async () => {
    const provider = providers[target];

    const verification = await provider.verify(connectionOf('Acme', target), guardedDeps(provider.id, []), 'store');

    const listing = await storeOf('Acme', target).listing(accessOf('Acme', target).place);
    expect(verification).toMatchObject({ ok: true });
    expect(listing).toMatchObject({
      name: 'Acme shop',
      locales: ['en-US', 'de-DE'],
      tracks: expect.arrayContaining([accessOf('Acme', target).place.track]),
    });
    expect(effectOf('Acme', target, '1.3.0')).toMatchObject({ builds: ['1300'], submissions: 0 });
    expect(accessOf('Globex', target).place.appId).not.toBe(accessOf('Acme', target).place.appId);
  });

  it('takes what CI has built, lets it pass review, and brings it to everybody', async () => {
    const buildNumber = await uploaded('Acme', target, '1.4.0');
    const ours = { target, version: '1.4.0', buildNumber };
    await submit('Acme', ours);
    const query = { app: accessOf('Acme', target).place, version: '1.4.0', buildNumber };

    const passed = await untilState('Acme', ours, ['approved', 'rolling-out']);
    if (passed === 'approved') await storeOf('Acme', target).ensureReleased(query);
    await untilState('Acme', ours, ['rolling-out', 'live']);
    await storeOf('Acme', target).complete(query);
    await untilState('Acme', ours, ['live']);

    expect(effectOf('Acme', target, '1.4.0')).toMatchObject({ builds: [buildNumber], percent: 100, submissions: 1 });
  });

  it('turns a version down once where somebody asks for it, and reviews the next attempt anew', async () => {
    const answer = await reject('Globex', target);
    const first = { target, version: '1.4.0', buildNumber: await uploaded('Globex', target, '1.4.0') };

    await submit('Globex', first);
    await untilState('Globex', first, ['rejected']);
    const second = { target, version: '1.4.0', buildNumber: await uploaded('Globex', target, '1.4.0', first.buildNumber) };
    await submit('Globex', second);
    const passed = await untilState('Globex', second, ['approved', 'rolling-out']);

    expect(answer.status).toBe(204);
    expect(passed).toBe(target === 'APP_STORE' ? 'approved' : 'rolling-out');
  });
});

it('lets a phased release grow by the days of the store, and tells its own webhooks of each step of a version', async () => {
  const secret = 'secret of the App Store';
  const hook = (name: string) => ({ stores: { APP_STORE: { url: `${receiver.origin}/${name}`, secret } } });
  await sandbox.pointWebhooks('Acme', hook('acme'));
  await sandbox.pointWebhooks('Globex', hook('globex'));
  const ours = { target: 'APP_STORE', version: '1.5.0', buildNumber: await uploaded('Acme', 'APP_STORE', '1.5.0') } as const;
  await submit('Acme', ours);

  await untilState('Acme', ours, ['approved']);
  await storeOf('Acme', 'APP_STORE').ensureReleased({ app: accessOf('Acme', 'APP_STORE').place, version: '1.5.0', buildNumber: null });
  await untilState('Acme', ours, ['live']);

  expect(effectOf('Acme', 'APP_STORE', '1.5.0')).toMatchObject({ state: 'READY_FOR_DISTRIBUTION', percent: 100 });
  await waitFor(() => received.length >= 3, { what: 'the webhooks' });
  const requests = received.map(({ headers, rawBody, path }) => {
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    return { path, request: { headers: named, rawBody } };
  });
  expect(new Set(requests.map(({ path }) => path))).toEqual(new Set(['/acme']));
  for (const { request } of requests) expect(appStoreConnect.webhook?.verify(request, secret)).toBe(true);
  const said = requests.flatMap(({ request }) => appStoreConnect.webhook?.parse(request).hints.map(({ summary }) => summary));
  expect(said).toEqual(
    expect.arrayContaining([expect.stringContaining('→ PENDING_DEVELOPER_RELEASE'), expect.stringContaining('→ READY_FOR_DISTRIBUTION')]),
  );
});

it.each(otherCis)('takes what %s has built', async (ci) => {
  const name = `Team on ${ci}`;
  const { provider: id, baseUrl, credentials, settings, workflows: known } = sandbox.access(name).ci;
  const provider = findProvider(id);
  const connection = {
    id: 'con-1',
    baseUrl,
    credentials: provider?.credentials.parse(credentials),
    settings: provider?.settings.parse(settings),
  };
  const builds = provider?.ci?.(connection, guardedDeps(id, []));

  for (const type of ['TEST_FLIGHT_BUILD', 'AAB_BUILD']) {
    const { workflowId = '', inputs = {} } = known.find(({ workflowType }) => workflowType === type) ?? {};
    await builds?.dispatch({ workflowId, ref: 'main', inputs: { ...inputs, version: '1.4.0' }, correlationId: `sbx-${type}` });
  }

  const { builds: host } = sandbox.tenant(name);
  const bundle = await waitFor(
    () =>
      host
        .runs()
        .flatMap(({ id: run, artifacts }) => (artifacts.includes('shop-1.4.0.aab') ? host.artifact(run, 'shop-1.4.0.aab') : []))[0],
    { what: 'the bundle' },
  );
  const sha256 = createHash('sha256').update(bundle).digest('hex');
  for (const target of targets) {
    const query = { app: accessOf(name, target).place, version: '1.4.0', buildNumber: null, sha256, uploadedSince: null };
    await waitFor(() => storeOf(name, target).findBuild(query), { what: `the build in the ${target}` });
  }
  expect(host.artifact('no such run', 'shop-1.4.0.aab')).toBeNull();
});

it('has a reviewer who takes as long for the second attempt as for the first', () => {
  const acme = sandbox.tenant('Acme');
  const [play] = acme.stores;
  if (play === undefined) throw new Error('Acme is in no store');
  const decided: string[] = [];
  let submissions = 1;
  const store: StoreHost = {
    ...play,
    rejections: ['crashes at the start'],
    underReview: () => ['9.0.0'],
    all: () => [{ store: 'Google Play', version: '9.0.0', builds: [], state: 'IN_REVIEW', percent: null, submissions }],
    approve: () => void decided.push('approved'),
    reject: (_version, reason) => void decided.push(reason),
  };
  const robot = reviewer(() => [{ ...acme, stores: [store] }], { decideAfterMs: 100, dayMs: 1_000 });
  const decidedAt = (now: number) => {
    robot.look(now);
    return [...decided];
  };

  const first = [decidedAt(0), decidedAt(99), decidedAt(100)];
  submissions = 2;
  const second = [decidedAt(101), decidedAt(200), decidedAt(201)];

  expect(first).toEqual([[], [], ['crashes at the start']]);
  expect(second.map((words) => words.slice(1))).toEqual([[], [], ['approved']]);
});

it('refuses to have a version turned down for a team that there is not', async () => {
  const answer = await reject('Nobody', 'APP_STORE');

  expect(answer.status).toBe(404);
});

const reject = (name: string, target: Target) =>
  fetch(`${sandbox.controlOrigin}/rejections?tenant=${name}`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ target, reason: 'crashes at the start' }),
  });
