import Jenkins from 'jenkins';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jenkinsCi } from '../../src/integrations/providers/jenkins/ci.ts';
import { verifyJenkins } from '../../src/integrations/providers/jenkins/verify.ts';
import { all } from './adapter-harness.ts';
import { correlation, JENKINS_TOKEN, JENKINS_USER, type JenkinsSetup, jenkinsSetup, version } from './jenkins-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** The description knows neither folders nor most of what builds are asked by; what it leaves out is listed here, and nothing else may differ. */
const leftOut = [
  // "Remote Access API": `tree` goes with every `api/json`.
  'GET /api/json query-unknown tree',
  'GET /job/app/api/json query-unknown tree',
  'GET /queue/api/json query-unknown tree',
  'GET /queue/item/7/api/json query-unknown tree',
  // The same page; the description has only `build` with the `json` that a browser's form sends.
  'POST /job/app/buildWithParameters path',
  'GET /job/app/3/api/json path',
  'GET /whoAmI/api/json path',
  'POST /job/app/3/stop path',
  'POST /queue/cancelItem path',
  // Pipeline REST API plugin.
  'GET /job/app/3/wfapi/pendingInputActions path',
  'HEAD /job/app/3/artifact/out/app.aab path',
];

let peer: SpecPeer | null;

beforeAll(async () => {
  peer = await openSpecPeer('jenkins');
}, 300_000);

afterAll(() => peer?.close());

let setup: JenkinsSetup;

beforeEach(async () => {
  setup = await jenkinsSetup();
});

afterEach(() => setup.fake.close());

/** One use of everything the adapter calls, on a job at the top. */
async function useEverything({ fake, connection, deps }: JenkinsSetup): Promise<void> {
  const { world } = fake;
  fake.state.hasBlueOcean = true;
  const job = world.addJob('app', { parameters: [{ name: 'BRANCH', kind: 'String' }, version, correlation], pipeline: true });
  const ci = jenkinsCi(connection, deps());
  const order = { workflowId: 'app', ref: 'main', inputs: { version: '1' }, correlationId: 'sbx-1' };
  expect(await verifyJenkins(connection, deps())).toMatchObject({ ok: true });
  await all(ci.workflows());
  await ci.workflowInputs('app', 'main');
  const cancelled = (await ci.dispatch(order)).handle ?? '';
  await ci.cancel(cancelled);
  const { handle } = await ci.dispatch({ ...order, correlationId: 'sbx-2' });
  await ci.findRun({ ...order, correlationId: 'sbx-2', since: new Date(0).toISOString() });
  await ci.run(handle ?? '');
  for (const item of world.queue) if (item.state === 'waiting') world.start(item);
  const build = job.builds[0];
  if (!build) throw new Error('no build');
  build.artifacts.push({ relativePath: 'out/app.aab', content: Buffer.from('PK') });
  await ci.run(handle ?? '');
  await all(ci.artifacts(handle ?? ''));
  await ci.cancel(handle ?? '');
  await ci.rerunFailed(handle ?? '');
}

describe('jenkins and the description of its API', () => {
  it('every request of the adapter fits the description, but for what it leaves out', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const described = peer;
    await useEverything(setup);

    for (const call of setup.fake.calls) {
      const crumb = call.headers['jenkins-crumb'];
      const headers = {
        authorization: String(call.headers.authorization),
        ...(crumb === undefined ? {} : { 'jenkins-crumb': String(crumb) }),
      };
      const query = call.query.size === 0 ? '' : `?${call.query}`;
      const path = call.path.replace(/\/item\/\d+/, '/item/7').replace(/\/job\/app\/\d+/, '/job/app/3');
      await (await fetch(described.origin + path + query, { method: call.method, headers })).body?.cancel();
    }

    const found = described.violations.flatMap(({ method, path, violations }) =>
      violations.map(({ code, name }) => `${method} ${path.split('?')[0]} ${code}${code === 'path' ? '' : ` ${name}`}`),
    );
    expect([...new Set(found)].sort()).toEqual([...leftOut].sort());
  });

  it('every answer of the fake to what the description knows fits it', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    await useEverything(setup);

    const misfits = setup.fake.calls.flatMap((call) => {
      const wrong = peer?.checkResponse(call.method, call.path, call.status, call.answer ?? null) ?? [];
      return wrong
        .filter((word) => word !== 'no such path in the description')
        .map((word) => `${call.method} ${call.path} ${call.status}: ${word}`);
    });

    expect(misfits).toEqual([]);
    expect(setup.fake.calls.length).toBeGreaterThan(20);
  });
});

describe('the fake and a client of others', () => {
  it('npm jenkins starts, follows, stops and cancels builds in folders', async () => {
    const { fake } = setup;
    fake.security.crumbs = 'all';
    // The client takes ids from Location, but follows nothing.
    const client = new Jenkins({ baseUrl: fake.origin.replace('://', `://${JENKINS_USER}:${JENKINS_TOKEN}@`), crumbIssuer: true });
    fake.world.addJob('mobile/app', { parameters: [version] });

    const first = await client.job.build({ name: 'mobile/app', parameters: { version: '1.2.3' } });
    const second = await client.job.build({ name: 'mobile/app', parameters: { version: '1.2.4' } });
    await client.queue.cancel(second);
    const item = fake.world.item(first);
    if (item) fake.world.start(item);
    const running = await client.build.get('mobile/app', 1);
    await client.build.stop('mobile/app', 1);

    expect(running).toMatchObject({ number: 1, building: true, queueId: first });
    expect(await client.build.get('mobile/app', 1)).toMatchObject({ building: false, result: 'ABORTED' });
    expect(await client.queue.item(first)).toMatchObject({ executable: { number: 1 } });
    expect(await client.queue.list()).toEqual([]);
    expect((await client.info()).jobs.map((job) => job.name)).toEqual(['mobile']);
    expect(await client.job.exists('mobile/absent')).toBe(false);
    expect(await client.job.get('mobile/app')).toMatchObject({ fullName: 'mobile/app' });
  });
});
