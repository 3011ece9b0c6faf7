import { describe, expect } from 'vitest';
import type { Ci } from '../../src/integrations/capabilities/ci.ts';
import { all, contractTests } from './adapter-harness.ts';
import { artifactTests } from './ci-artifacts.ts';
import { type CiHarness, type CiTests, type CiWorld, ensureRun, order, search } from './ci-world.ts';
import type { ContractSkip } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';

export type { CiHarness, CiWorld } from './ci-world.ts';

export function ciContract(name: string, makeHarness: () => Promise<CiHarness>, options: { skip?: readonly ContractSkip[] } = {}): void {
  describe(`${name} keeps the ci contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    workflowTests(tests);
    dispatchTests(tests);
    findRunTests(tests);
    runTests(tests);
    artifactTests(tests);
    stopAndRepeatTests(tests);
    faults(tests);
    tests.end();
  });
}

function workflowTests({ test }: CiTests): void {
  test('workflows are listed to the last of three pages', async ({ connect, world }) => {
    world.seedWorkflows(230);

    const workflows = await all(connect().workflows());

    expect(new Set(workflows.map((workflow) => workflow.id)).size).toBe(232);
    expect(workflows.find((workflow) => workflow.id === world.correlated)).toMatchObject({ enabled: true, name: expect.any(String) });
  });

  test('declared inputs are read as of the ref', async ({ connect, world }) => {
    const inputs = await connect().workflowInputs(world.correlated, world.ref);

    expect(inputs?.filter((input) => input.name !== connect().correlationInput)).toEqual(world.declared);
    expect(inputs?.map((input) => input.name)).toContain(connect().correlationInput);
  });

  test('the inputs of an unknown workflow, and those on an unknown ref, are null', async ({ connect, world }) => {
    expect(await connect().workflowInputs('987654321', world.ref)).toBeNull();
    expect(await connect().workflowInputs(world.correlated, 'nowhere')).toBeNull();
  });
}

function dispatchTests({ test }: CiTests): void {
  test('a dispatch starts one run, which reads back queued on its ref', async (harness) => {
    const { connect, world } = harness;

    const handle = await ensureRun(connect(), harness);

    expect(world.runs(world.correlated)).toEqual([handle]);
    expect(await connect().run(handle)).toMatchObject({
      handle,
      state: { kind: 'queued' },
      attempt: 1,
      url: expect.stringMatching(/^http/),
    });
  });

  test('a dispatch on a ref that does not exist is refused and starts nothing', async (harness) => {
    const { connect, world } = harness;

    const dispatching = connect().dispatch(order(harness, { ref: 'nowhere' }));

    await expect(dispatching).rejects.toMatchObject({ kind: expect.stringMatching(/^(invalid|not-found)$/) });
    expect(world.runs(world.correlated)).toEqual([]);
  });

  test('an input the workflow does not declare is refused and starts nothing', async (harness) => {
    const { connect, world } = harness;

    const dispatching = connect().dispatch(order(harness, { inputs: { surprise: 'x' } }));

    await expect(dispatching).rejects.toMatchObject({ kind: 'invalid' });
    expect(world.runs(world.correlated)).toEqual([]);
  });
}

function findRunTests({ test }: CiTests): void {
  test('our run is found by its correlation id among the runs of others', async (harness) => {
    const { connect, world } = harness;
    world.startByHand(world.correlated, world.ref);
    const handle = await ensureRun(connect(), harness);
    world.startByHand(world.correlated, world.ref);

    expect(await connect().findRun(search(harness))).toMatchObject({ handle });
  });

  test('where runs show correlation ids, the only run of somebody else is not ours', async (harness) => {
    const { connect, world } = harness;
    world.startByHand(world.correlated, world.ref);

    expect(await connect().findRun(search(harness))).toBeNull();
  });

  test('where runs show none, exactly one since the dispatch is ours', async (harness) => {
    const { connect, world } = harness;
    // Providers cut creation times to the second: the run seems older than the dispatch.
    const since = new Date().toISOString();
    const handle = world.startByHand(world.plain, world.ref);

    expect(await connect().findRun(search(harness, { workflowId: world.plain, since }))).toMatchObject({ handle });
  });

  test('where runs show none, several since the dispatch are a conflict, never the newest', async (harness) => {
    const { connect, world } = harness;
    world.startByHand(world.plain, world.ref);
    world.startByHand(world.plain, world.ref);

    await expect(connect().findRun(search(harness, { workflowId: world.plain }))).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('where runs show none, a run from before is not ours', async (harness) => {
    const { connect, world } = harness;
    world.startByHand(world.plain, world.ref);
    const since = new Date(Date.now() + 5_000).toISOString();

    expect(await connect().findRun(search(harness, { workflowId: world.plain, since }))).toBeNull();
  });

  test('without any run there is none to find', async (harness) => {
    expect(await harness.connect().findRun(search(harness))).toBeNull();
  });

  test('a dispatched run that no list shows yet is found once they do', async (harness) => {
    const { connect, world } = harness;
    world.hideNewRuns();
    await connect().dispatch(order(harness));

    const before = await connect().findRun(search(harness));
    world.showRuns();
    const after = await connect().findRun(search(harness));

    expect(before).toBeNull();
    expect(world.runs(world.correlated)).toEqual([after?.handle]);
    expect(connect().dispatchVisibleWithinMs).toBeGreaterThan(0);
  });
}

function runTests({ test }: CiTests): void {
  test('an unknown run is null, whatever its handle looks like', async ({ connect }) => {
    for (const handle of ['987654321', '0', '-1', '../../user', 'a b', '%2e%2e', '']) expect(await connect().run(handle)).toBeNull();
  });

  test('a run is known by its handle and by the address of its page, and nothing else is one', async (harness) => {
    const { connect } = harness;
    const started = await ensureRun(connect(), harness);
    harness.world.advance(started, 'running');
    const run = await connect().run(started);
    const handle = run?.handle ?? '';

    expect(connect().handleOf(handle)).toBe(handle);
    expect(connect().handleOf(run?.url ?? '')).toBe(handle);
    for (const other of ['https://ci.example/elsewhere', 'https://ci.example/', 'main', '', '../../user']) {
      expect(connect().handleOf(other)).toBeNull();
    }
  });

  test('a run is followed through its states', async (harness) => {
    const { connect, world } = harness;
    const start = async () => ensureRun(connect(), harness);
    const handle = await start();

    for (const [to, kind] of [
      ['running', 'running'],
      ['failed', 'failed'],
      ['cancelled', 'cancelled'],
      ['succeeded', 'succeeded'],
    ] as const) {
      world.advance(handle, to);
      expect((await connect().run(handle))?.state.kind).toBe(kind);
    }
  });
}

function stopAndRepeatTests({ test }: CiTests): void {
  test('a cancelled run is cancelled, and cancelling an ended run is success', async (harness) => {
    const { connect, world } = harness;
    const handle = await ensureRun(connect(), harness);
    world.advance(handle, 'running');

    await connect().cancel(handle);
    await connect().cancel(handle);

    expect((await connect().run(handle))?.state.kind).toBe('cancelled');
  });

  test('an unknown run cannot be cancelled or repeated', async ({ connect }) => {
    await expect(connect().cancel('987654321')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(connect().rerunFailed('987654321')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('what failed runs again once, however often asked, and the answer is the run to follow', async (harness) => {
    const { connect, world } = harness;
    const handle = await ensureRun(connect(), harness);
    world.advance(handle, 'failed');

    const first = await connect().rerunFailed(handle);
    const second = await connect().rerunFailed(handle);

    expect(second).toEqual(first);
    expect(await connect().run(first.handle)).toMatchObject({ handle: first.handle, state: { kind: 'queued' } });
    expect(world.attempts(handle)).toBe(2);
  });
}

function faults(tests: CiTests): void {
  const ours = ({ world }: CiHarness) => world.runs(world.correlated)[0] ?? '';
  const startThen = (to: 'running' | 'failed') => async (harness: CiHarness) => {
    await harness.connect().dispatch(order(harness));
    harness.world.advance(ours(harness), to);
  };
  const cancelled = async (harness: CiHarness) => (await harness.connect().run(ours(harness)))?.state.kind === 'cancelled';
  faultTests<Ci, CiWorld, CiHarness>(tests, {
    reads: [
      {
        name: 'run',
        prepare: startThen('running'),
        match: ({ world }) => world.endpoints.run,
        call: (subject, harness) => subject.run(ours(harness)),
      },
    ],
    writes: [
      {
        name: 'dispatch after findRun',
        match: ({ world }) => world.endpoints.dispatch,
        call: ensureRun,
        effects: ({ world }) => world.runs(world.correlated).length,
      },
      {
        name: 'cancel',
        prepare: startThen('running'),
        match: ({ world }) => world.endpoints.cancel,
        call: (subject, harness) => subject.cancel(ours(harness)),
        effects: async (harness) => ((await cancelled(harness)) ? 1 : 0),
      },
      {
        name: 'rerunFailed',
        prepare: startThen('failed'),
        match: ({ world }) => world.endpoints.rerun,
        call: (subject, harness) => subject.rerunFailed(ours(harness)),
        effects: (harness) => harness.world.attempts(ours(harness)) - 1,
      },
    ],
  });
}
