import { describe, expect } from 'vitest';
import type { AppStore } from '../../src/integrations/capabilities/app-store.ts';
import type { SubmissionWithdrawal } from '../../src/integrations/capabilities/submission-withdrawal.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, contractTests } from './adapter-harness.ts';
import { type AppStoreWorld, BUILD, submission, VERSION } from './app-store-world.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';

export interface SubmissionWithdrawalWorld extends AppStoreWorld {
  /** The call that takes it back. */
  withdraws: CallMatch;
  /** What an adapter of the store says about it. */
  store: AppStore;
}

export type SubmissionWithdrawalHarness = AdapterHarness<SubmissionWithdrawal, SubmissionWithdrawalWorld>;

export function submissionWithdrawalContract(
  name: string,
  makeHarness: () => Promise<SubmissionWithdrawalHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the submission-withdrawal contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    withdrawalTests(tests);
    faultTests<SubmissionWithdrawal, SubmissionWithdrawalWorld, SubmissionWithdrawalHarness>(tests, {
      reads: [],
      writes: [
        {
          name: 'withdraw',
          match: ({ world }) => world.withdraws,
          prepare: async ({ world }) => void (await inReview(world)),
          call: (subject, { world }) => subject.withdraw(queryOf(world)),
          effects: ({ world }) => (world.seen(VERSION)?.state.kind === 'withdrawn' ? 1 : 0),
        },
      ],
    });
    tests.end();
  });
}

function withdrawalTests({ test }: ReturnType<typeof contractTests<SubmissionWithdrawalHarness>>): void {
  test('a version under review is taken back; twice is once', async ({ connect, world }) => {
    await inReview(world);

    const first = await connect().withdraw(queryOf(world));
    const second = await connect().withdraw(queryOf(world));

    expect(first).toMatchObject({ version: VERSION, buildNumbers: [BUILD], state: { kind: 'withdrawn' } });
    expect(second).toEqual(first);
    expect(await world.store.findRelease(queryOf(world))).toEqual(first);
    expect(world.seen(VERSION)?.state).toEqual({ kind: 'withdrawn' });
  });

  test('a version that was taken back goes to review again', async ({ connect, world }) => {
    const wanted = await inReview(world);
    await connect().withdraw(queryOf(world));

    const release = await world.store.ensureSubmitted(wanted);

    expect(release.state).toEqual({ kind: 'in-review' });
    expect(world.seen(VERSION)?.submissions).toBe(2);
  });

  test('a version that is out is a conflict', async ({ connect, world }) => {
    await inReview(world);
    const out = world.states.filter(({ kind }) => ['rolling-out', 'halted', 'live', 'superseded'].includes(kind));

    for (const state of out) {
      world.moveTo(VERSION, state);
      expect((await providerError(connect().withdraw(queryOf(world)))).kind, state.kind).toBe('conflict');
      expect(world.seen(VERSION)?.state).toEqual(state);
    }
    expect(out.length).toBeGreaterThan(1);
  });

  test('a version that is not there is not-found', async ({ connect, world }) => {
    expect((await providerError(connect().withdraw(queryOf(world)))).kind).toBe('not-found');
    expect((await providerError(connect().withdraw({ ...queryOf(world), app: world.unknownApp }))).kind).toBe('not-found');
  });
}

const queryOf = ({ app }: AppStoreWorld) => ({ app, version: VERSION, buildNumber: BUILD });

async function inReview(world: SubmissionWithdrawalWorld) {
  world.seedBuild({ version: VERSION, buildNumber: BUILD });
  const wanted = submission({ world });
  await world.store.ensureSubmitted(wanted);
  return wanted;
}
