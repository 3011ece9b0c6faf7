import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ci, Dispatch } from '../../src/integrations/capabilities/ci.ts';
import { jenkinsCi } from '../../src/integrations/providers/jenkins/ci.ts';
import type { FakeBuild, FakeJob } from '../fakes/jenkins/index.ts';
import { correlation, itemOf, type JenkinsSetup, jenkinsSetup, version } from './jenkins-harness.ts';

const branch = { name: 'BRANCH', kind: 'String' } as const;
const order: Dispatch = { workflowId: 'mobile/app', ref: 'release/1.2', inputs: { version: '1.2.3' }, correlationId: 'sbx-1' };
const search = { ...order, since: new Date(0).toISOString() };

let setup: JenkinsSetup;
let job: FakeJob;
let ci: Ci;

beforeEach(async () => {
  setup = await jenkinsSetup();
  job = setup.fake.world.addJob('mobile/app', { parameters: [branch, version, correlation], pipeline: true });
  ci = jenkinsCi(setup.connection, setup.deps());
});

afterEach(() => setup.fake.close());

const starts = () => setup.fake.calls.filter((call) => call.method === 'POST' && /\/build(WithParameters)?$/.test(call.path)).length;
const dispatch = async (changes: Partial<Dispatch> = {}) => (await ci.dispatch({ ...order, ...changes })).handle ?? '';
const start = (handle: string): FakeBuild => setup.fake.world.start(itemOf(setup.fake, handle));
const finish = (handle: string, result: string) => setup.fake.world.finish(start(handle), result);

describe('a start of a Jenkins job whose answer was lost', () => {
  /** The process dies after the request: nothing but the correlation id is left. */
  async function lostDispatch(): Promise<string> {
    setup.fake.failNext({ match: { method: 'POST', path: /buildWithParameters$/ }, mode: 'drop-after' });
    await expect(ci.dispatch(order)).rejects.toMatchObject({ kind: 'unavailable' });
    const [item] = setup.fake.world.queue;
    return `queue:${item?.id}:mobile/app`;
  }

  it('is found in its quiet period', async () => {
    const lost = await lostDispatch();

    const found = await ci.findRun(search);

    expect(found).toMatchObject({ handle: lost, state: { kind: 'queued' } });
    expect(starts()).toBe(1);
  });

  it('is found as a build once it has left the queue', async () => {
    start(await lostDispatch());

    expect(await ci.findRun(search)).toMatchObject({ handle: 'build:mobile/app#1', number: 1, state: { kind: 'running' } });
    expect(starts()).toBe(1);
  });

  it('is found when Jenkins has forgotten the queue item, among later builds of others', async () => {
    const lost = await lostDispatch();
    start(lost);
    itemOf(setup.fake, lost).forgotten = true;
    for (let index = 0; index < 120; index += 1) start(await dispatch({ correlationId: `other-${index}` }));

    expect(await ci.findRun(search)).toMatchObject({ handle: 'build:mobile/app#1' });
  });

  it('is found between the look at the queue and the look at the builds', async () => {
    const lost = await lostDispatch();
    setup.fake.failNext({ match: ({ path }) => path === '/job/mobile/job/app/api/json' && leaves(), mode: 'pass', times: 3 });
    const leaves = () => setup.fake.calls.some((call) => call.path === '/queue/api/json') && start(lost).building;

    expect(await ci.findRun(search)).toMatchObject({ handle: 'build:mobile/app#1' });
  });

  it('is adopted without a correlation parameter only when a person or we asked for it', async () => {
    job.parameters.splice(2);
    const byPush = setup.fake.world.enqueue(
      job,
      [branch, version].map(({ name, kind }) => ({ name, kind, value: order.ref })),
      { cls: 'hudson.triggers.SCMTrigger$SCMTriggerCause', userId: '' },
    );
    setup.fake.world.start(byPush);

    const before = await ci.findRun(search);
    const handle = await dispatch();

    expect(before).toBeNull();
    expect(await ci.findRun(search)).toMatchObject({ handle });
  });

  it('is adopted when the job declares the correlation parameter only since then', async () => {
    job.parameters.splice(2);
    const handle = await dispatch();
    job.parameters.push(correlation);

    expect(await ci.findRun(search)).toMatchObject({ handle });
  });
});

describe('starting a Jenkins job', () => {
  it.each([
    ['a choice that is none', { parameters: [branch, { name: 'version', kind: 'Choice', choices: ['1', '2'] }] }, /one of 1, 2/],
    ['no parameter for the ref', { parameters: [version] }, /no parameter BRANCH/],
    ['a disabled job', { parameters: [branch, version], disabled: true }, /disabled/],
  ] as const)('is refused before it is asked for: %s', async (_when, { parameters, ...rest }, words) => {
    setup.fake.world.addJob('mobile/app', {
      ...rest,
      parameters: parameters.map((parameter) => ({ ...parameter })) as FakeJob['parameters'],
    });

    await expect(ci.dispatch(order)).rejects.toMatchObject({ kind: 'invalid', message: expect.stringMatching(words) });
    expect(starts()).toBe(0);
  });

  it('that is kept out of the queue may work later, and has to be looked for first', async () => {
    setup.fake.state.refusesToQueue = true;

    await expect(ci.dispatch(order)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('that is redirected to another address has an open outcome, and is no refusal', async () => {
    const location = 'https://jenkins.example/job/mobile/job/app/buildWithParameters';
    setup.fake.failNext({ match: { method: 'POST' }, status: 302, headers: { location } });

    await expect(ci.dispatch(order)).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('passes every value as it is, whatever characters it has', async () => {
    const value = 'ä & = + % "\n日本';

    const handle = await dispatch({ inputs: { version: value }, ref: 'feature/a+b&c' });

    expect(Object.fromEntries(itemOf(setup.fake, handle).values.map((each) => [each.name, each.value]))).toEqual({
      BRANCH: 'feature/a+b&c',
      version: value,
      SIGNALBOX_CORRELATION_ID: 'sbx-1',
    });
  });

  it('works for a branch whose job has declared no parameters yet', async () => {
    setup.fake.world.addMultibranch('mobile/multi', ['odd/50%#1']);

    const handle = await dispatch({ workflowId: 'mobile/multi', ref: 'odd/50%#1', inputs: {} });

    expect(handle).toMatch(/^queue:\d+:mobile\/multi\/odd%2F50%25%231$/);
    expect(await ci.run(handle)).toMatchObject({ handle, state: { kind: 'queued' } });
  });
});

describe('repeating a run of Jenkins', () => {
  it('starts the job again with the same values, and every repeat is another attempt', async () => {
    const first = await dispatch();
    finish(first, 'FAILURE');

    const second = await ci.rerunFailed(first);
    finish(second.handle, 'UNSTABLE');
    const third = await ci.rerunFailed(second.handle);

    expect(await ci.run(third.handle)).toMatchObject({ attempt: 3, state: { kind: 'queued' } });
    expect(itemOf(setup.fake, third.handle).values.map(({ value }) => value)).toEqual(['release/1.2', '1.2.3', 'sbx-1.3']);
    expect(await ci.rerunFailed(first)).toEqual({ handle: 'build:mobile/app#2' });
    expect(starts()).toBe(3);
  });

  it('changes nothing while the run has not ended, or when it passed', async () => {
    const handle = await dispatch();

    expect(await ci.rerunFailed(handle)).toEqual({ handle });
    finish(handle, 'SUCCESS');
    expect(await ci.rerunFailed(handle)).toEqual({ handle: 'build:mobile/app#1' });
    expect(starts()).toBe(1);
  });

  it('happens once without a correlation parameter, too', async () => {
    job.parameters.splice(2);
    const handle = await dispatch();
    finish(handle, 'FAILURE');

    const repeat = await ci.rerunFailed(handle);

    expect(await ci.rerunFailed(handle)).toEqual(repeat);
    expect(starts()).toBe(2);
  });

  it('is refused when Jenkins hides a value: the default would take its place', async () => {
    job.parameters.push({ name: 'PASSPHRASE', kind: 'Password', default: 'hunter2' });
    const handle = await dispatch();
    finish(handle, 'FAILURE');

    await expect(ci.rerunFailed(handle)).rejects.toMatchObject({ kind: 'invalid', message: expect.stringMatching(/PASSPHRASE/) });
    expect(starts()).toBe(1);
  });
});
