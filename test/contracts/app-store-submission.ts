import { expect } from 'vitest';
import {
  type AppStoreHarness,
  type AppStoreTests,
  BUILD,
  countOf,
  NEXT_BUILD,
  ours,
  stateOf,
  submission,
  submitted,
  VERSION,
} from './app-store-world.ts';
import { lock, providerError } from './contract-case.ts';
import { ten } from './source-control-world.ts';

export function submissionTests(tests: AppStoreTests): void {
  firstSubmissionTests(tests);
  repeatedSubmissionTests(tests);
  refusedSubmissionTests(tests);
  resubmissionTests(tests);
}

const ready = ({ world }: AppStoreHarness, buildNumber = BUILD) => world.seedBuild({ version: VERSION, buildNumber });

function firstSubmissionTests({ test }: AppStoreTests): void {
  test('submission > the version goes to review with this build and these notes, in every locale', async (harness) => {
    const { connect, world } = harness;
    ready(harness);
    ready(harness, NEXT_BUILD);
    const wanted = submission(harness);

    const release = await connect().ensureSubmitted(wanted);

    expect(release).toMatchObject({ version: VERSION, buildNumbers: [BUILD], state: { kind: 'in-review' } });
    expect(world.seen(VERSION)).toMatchObject({ buildNumbers: [BUILD], notes: wanted.notes, submissions: 1, state: { kind: 'in-review' } });
    expect(await connect().findRelease(ours(harness))).toEqual(release);
  });

  test('submission > leaves the release of before as it is', async (harness) => {
    const before = harness.world.before();

    await submitted(harness);

    expect(before?.state).toEqual({ kind: 'live' });
    expect(harness.world.before()).toEqual(before);
  });

  test('submission > the longest notes arrive whole', async (harness) => {
    const { connect, world } = harness;
    ready(harness);
    const text = 'ü'.repeat(connect().abilities.maxNotesChars);
    const notes = Object.fromEntries(world.expected.locales.map((locale) => [locale, text]));

    await connect().ensureSubmitted(submission(harness, { notes }));

    expect(world.seen(VERSION)?.notes).toEqual(notes);
  });

  test('submission > the urgency of the update arrives where the store knows one', async (harness) => {
    await submitted(harness, { updatePriority: 3 });

    expect(harness.world.seen(VERSION)?.updatePriority).toBe(harness.connect().abilities.updatePriority ? 3 : null);
  });
}

function repeatedSubmissionTests({ test }: AppStoreTests): void {
  test('submission > ensured twice is one', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    const calls = countOf(harness, 'submit');

    const again = await connect().ensureSubmitted(submission(harness));

    expect(again.state).toEqual({ kind: 'in-review' });
    expect(world.seen(VERSION)?.submissions).toBe(1);
    expect(countOf(harness, 'submit')).toBe(calls);
  });

  test('submission > ten one after another, as the lock serialises them, are one', async (harness) => {
    ready(harness);
    const serialised = lock();

    await ten(() => serialised(() => harness.connect().ensureSubmitted(submission(harness))));

    expect(harness.world.seen(VERSION)?.submissions).toBe(1);
  });

  test('submission > ten at once are one, and whoever was refused is told so by the next try', async (harness) => {
    ready(harness);

    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => harness.connect().ensureSubmitted(submission(harness))));
    const after = await harness.connect().ensureSubmitted(submission(harness));

    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.kind).toMatch(/^(conflict|unavailable)$/);
    }
    expect(after.state).toEqual({ kind: 'in-review' });
    expect(harness.world.seen(VERSION)?.submissions).toBe(1);
  });

  test('submission > one that passed review, or is out, stays as it is', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    const kinds = ['approved', 'processing', 'rolling-out', 'halted', 'live'];

    for (const state of world.states.filter(({ kind }) => kinds.includes(kind))) {
      world.moveTo(VERSION, state);
      expect((await connect().ensureSubmitted(submission(harness))).state).toEqual(state);
    }
    expect(world.seen(VERSION)?.submissions).toBe(1);
  });
}

function refusedSubmissionTests({ test }: AppStoreTests): void {
  test('submission > with notes in a locale the app does not have is invalid and names it', async (harness) => {
    const { connect, world } = harness;
    ready(harness);
    const wanted = submission(harness);

    const error = await providerError(connect().ensureSubmitted({ ...wanted, notes: { ...wanted.notes, [world.unknownLocale]: 'x' } }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(world.unknownLocale) });
    expect(world.seen(VERSION)?.submissions ?? 0).toBe(0);
  });

  test('submission > with notes longer than the store takes is invalid', async (harness) => {
    const { connect, world } = harness;
    ready(harness);
    const [first = ''] = world.expected.locales;
    const text = 'x'.repeat(connect().abilities.maxNotesChars + 1);

    const error = await providerError(connect().ensureSubmitted(submission(harness, { notes: { [first]: text } })));

    expect(error.kind).toBe('invalid');
    expect(world.seen(VERSION)?.submissions ?? 0).toBe(0);
  });

  test('submission > of a build, or an app, that is not there is not-found', async (harness) => {
    const { connect, world } = harness;

    expect((await providerError(connect().ensureSubmitted(submission(harness)))).kind).toBe('not-found');
    expect((await providerError(connect().ensureSubmitted(submission(harness, { app: world.unknownApp })))).kind).toBe('not-found');
    expect(world.seen(VERSION)?.submissions ?? 0).toBe(0);
  });

  test('submission > while another build of the version is under review is a conflict, and changes nothing', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    ready(harness, NEXT_BUILD);
    const before = world.seen(VERSION);

    const error = await providerError(connect().ensureSubmitted(submission(harness, { buildNumber: NEXT_BUILD, notes: {} })));

    expect(error.kind).toBe('conflict');
    expect(world.seen(VERSION)).toEqual(before);
  });
}

function resubmissionTests({ test }: AppStoreTests): void {
  test('submission > a rejected version goes to review again with another build and other notes', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    world.reject(VERSION, 'Guideline 2.1');
    ready(harness, NEXT_BUILD);
    const notes = Object.fromEntries(world.expected.locales.map((locale) => [locale, `Corrected, in ${locale}.`]));

    const release = await connect().ensureSubmitted(submission(harness, { buildNumber: NEXT_BUILD, notes }));
    const again = await connect().ensureSubmitted(submission(harness, { buildNumber: NEXT_BUILD, notes }));

    expect(release).toMatchObject({ buildNumbers: [NEXT_BUILD], state: { kind: 'in-review' } });
    expect(again).toEqual(release);
    expect(world.seen(VERSION)).toMatchObject({ buildNumbers: [NEXT_BUILD], notes, submissions: 2 });
  });

  test('submission > a rejected version goes to review again with its build', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    world.reject(VERSION, 'Metadata');
    const [first = ''] = world.expected.locales;

    const release = await connect().ensureSubmitted(submission(harness, { notes: { [first]: 'Corrected.' } }));

    expect(release).toMatchObject({ buildNumbers: [BUILD], state: { kind: 'in-review' } });
    expect(world.seen(VERSION)).toMatchObject({ submissions: 2, notes: { [first]: 'Corrected.' } });
  });

  test('submission > a withdrawn version goes to review again', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    world.moveTo(VERSION, { kind: 'withdrawn' });

    const release = await connect().ensureSubmitted(submission(harness));

    expect(release.state).toEqual({ kind: 'in-review' });
    expect(world.seen(VERSION)?.submissions).toBe(2);
    expect(stateOf(harness)).toBe('in-review');
  });
}
