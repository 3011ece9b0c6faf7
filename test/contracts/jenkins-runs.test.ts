import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ci, Dispatch } from '../../src/integrations/capabilities/ci.ts';
import { jenkinsCi } from '../../src/integrations/providers/jenkins/ci.ts';
import type { FakeBuild, FakeJob } from '../fakes/jenkins/index.ts';
import { all } from './adapter-harness.ts';
import { correlation, itemOf, type JenkinsSetup, jenkinsConnection, jenkinsSetup, version } from './jenkins-harness.ts';

const branch = { name: 'BRANCH', kind: 'String' } as const;
const order: Dispatch = { workflowId: 'mobile/app', ref: 'release/1.2', inputs: { version: '1.2.3' }, correlationId: 'sbx-1' };

let setup: JenkinsSetup;
let job: FakeJob;
let ci: Ci;

beforeEach(async () => {
  setup = await jenkinsSetup();
  job = setup.fake.world.addJob('mobile/app', { parameters: [branch, version, correlation], pipeline: true });
  ci = jenkinsCi(setup.connection, setup.deps());
});

afterEach(() => setup.fake.close());

const dispatch = async (changes: Partial<Dispatch> = {}) => (await ci.dispatch({ ...order, ...changes })).handle ?? '';
const start = (handle: string): FakeBuild => setup.fake.world.start(itemOf(setup.fake, handle));
const finish = (handle: string, result: string) => setup.fake.world.finish(start(handle), result);
const state = async (handle: string) => (await ci.run(handle))?.state;

describe('a run of Jenkins', () => {
  it('is followed by its queue handle when Jenkins has forgotten the queue item', async () => {
    const handle = await dispatch();
    start(handle);
    itemOf(setup.fake, handle).forgotten = true;

    expect(await ci.run(handle)).toMatchObject({ handle: 'build:mobile/app#1', state: { kind: 'running' } });
  });

  it('is unknown when Jenkins has forgotten a queue item that never became a build', async () => {
    const handle = await dispatch();
    start(await dispatch({ correlationId: 'later' }));
    itemOf(setup.fake, handle).forgotten = true;

    expect(await ci.run(handle)).toBeNull();
  });

  it('is never the queue item of another job under the same id', async () => {
    const handle = await dispatch();
    const other = setup.fake.world.addJob('other', { parameters: [branch] });
    itemOf(setup.fake, handle).job = other;

    expect(await ci.run(handle)).toBeNull();
  });

  it('is told from another that asks for the same', async () => {
    const first = await dispatch();
    const second = await dispatch({ correlationId: 'sbx-2' });
    job.parameters.splice(2);
    const third = await dispatch();

    expect(second).not.toBe(first);
    expect(await dispatch()).toBe(third);
  });

  it.each([
    ['UNSTABLE', { kind: 'failed', raw: 'UNSTABLE' }],
    ['NOT_BUILT', { kind: 'failed', raw: 'NOT_BUILT' }],
    ['ABORTED', { kind: 'cancelled', raw: 'ABORTED' }],
    ['PARTIAL', { kind: 'unknown', raw: 'PARTIAL' }],
  ])('that ends %s has not passed', async (result, expected) => {
    const handle = await dispatch();
    finish(handle, result);

    expect(await state(handle)).toEqual(expected);
  });

  it('has not passed before it has ended, whatever its result says', async () => {
    const handle = await dispatch();
    start(handle).result = 'SUCCESS';

    expect(await state(handle)).toEqual({ kind: 'running' });
  });

  it('is blocked while its pipeline waits for input, and running where no plugin tells', async () => {
    const handle = await dispatch();
    start(handle).waitsForInput = true;

    expect(await state(handle)).toEqual({ kind: 'blocked', raw: 'waiting for input' });
    setup.fake.state.hasPipelineApi = false;
    expect(await state(handle)).toEqual({ kind: 'running' });
  });

  it('is blocked in the queue behind another build, with the reason cut to what is stored', async () => {
    const handle = await dispatch();
    Object.assign(itemOf(setup.fake, handle), { state: 'blocked', why: `Build #1 is already in progress ${'x'.repeat(200)}` });

    expect(await state(handle)).toEqual({ kind: 'blocked', raw: `blocked: Build #1 is already in progress ${'x'.repeat(19)}` });
  });

  it('links its page by the address of the connection, not by the one Jenkins believes to have', async () => {
    const handle = await dispatch();
    start(handle);

    expect((await ci.run(handle))?.url).toBe(`${setup.fake.origin}/job/mobile/job/app/1/console`);
  });

  it('names the commit of the ref, or of the configured repository, and none when several could be meant', async () => {
    const handle = await dispatch();
    const library = { commit: 'b'.repeat(40), branch: 'refs/remotes/origin/main', remote: 'https://git.example/libs/pipeline.git' };
    const app = { commit: 'a'.repeat(40), branch: 'refs/remotes/origin/release/1.2', remote: 'git@git.example:mobile/app.git' };
    start(handle).checkouts.push(library, app);
    const ofLibrary = jenkinsConnection(setup.fake.origin, { settings: { repositoryUrl: 'ssh://git@git.example/libs/pipeline' } });

    expect((await ci.run(handle))?.commit).toBe(app.commit);
    expect((await jenkinsCi(ofLibrary, setup.deps()).run(handle))?.commit).toBe(library.commit);
    app.branch = 'detached';
    expect((await ci.run(handle))?.commit).toBeNull();
  });

  it('outside the folder of the connection is unknown and cannot be started', async () => {
    const inside = jenkinsCi(jenkinsConnection(setup.fake.origin, { settings: { folder: 'web' } }), setup.deps());
    const handle = await dispatch();

    expect(await inside.run(handle)).toBeNull();
    await expect(inside.dispatch(order)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(inside.cancel(handle)).rejects.toMatchObject({ kind: 'not-found' });
    expect(itemOf(setup.fake, handle).state).toBe('waiting');
  });
});

describe('cancelling a run of Jenkins', () => {
  it('takes it out of the queue', async () => {
    const handle = await dispatch();

    await ci.cancel(handle);
    await ci.cancel(handle);

    expect(await state(handle)).toEqual({ kind: 'cancelled', raw: 'cancelled in the queue' });
  });

  it('stops the build that it became meanwhile', async () => {
    const handle = await dispatch();
    setup.fake.failNext({ match: ({ path }) => path === '/queue/cancelItem' && start(handle).building, mode: 'pass' });

    await ci.cancel(handle);

    expect(await state(handle)).toEqual({ kind: 'cancelled', raw: 'ABORTED' });
  });

  it.each(['https://sso.example/login?to=/job/mobile', 'https://jenkins.example/job/mobile/job/app/1/stop'])(
    'is no success when the call is redirected to %s',
    async (location) => {
      const handle = await dispatch();
      start(handle);
      setup.fake.failNext({ match: { path: /\/stop$/ }, status: 302, headers: { location } });

      await expect(ci.cancel(handle)).rejects.toMatchObject({ kind: 'malformed' });
    },
  );
});

describe('artifacts of Jenkins', () => {
  it('have sizes where Jenkins tells, for the first twenty', async () => {
    const handle = await dispatch();
    const { artifacts } = start(handle);
    for (let index = 0; index < 21; index += 1) artifacts.push({ relativePath: `out/a ${index}#.txt`, content: Buffer.alloc(index) });

    const listed = await all(ci.artifacts(handle));

    expect(listed.map((artifact) => artifact.sizeBytes)).toEqual([...artifacts.slice(0, 20).map(({ content }) => content.length), null]);
    expect(listed[1]).toMatchObject({
      id: 'out/a 1#.txt',
      name: 'a 1#.txt',
      url: expect.stringMatching(/\/1\/artifact\/out\/a%201%23\.txt$/),
    });
  });

  it('are files: a folder of them, which Jenkins shows as a page, is not-found', async () => {
    const handle = await dispatch();
    start(handle).artifacts.push({ relativePath: 'out/app.aab', content: Buffer.from('PK') });

    await expect(ci.openArtifact(handle, 'out')).rejects.toMatchObject({ kind: 'not-found' });
  });
});
