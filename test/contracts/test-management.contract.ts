import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { TestCounts } from '../../src/domain/release/test-results.ts';
import type { NewTestRun, TestManagement } from '../../src/integrations/capabilities/test-management.ts';
import type { CallMatch, FakeServer } from '../fakes/fake-server.ts';
import { type ContractSkip, contractCases, expectNoSecret, lock, providerError, refusals } from './contract-case.ts';

export interface TestManagementHarness {
  /** A subject bound to the harness's account, for one attempt. */
  connect(options?: { signal?: AbortSignal; timeoutMs?: number; wrongCredentials?: boolean }): TestManagement;
  /** A project with `tests` tests, of which `filtered` match `filters`; `nothing` is a filter that matches none. */
  projectId: string;
  otherProjectId: string;
  tests: number;
  filters: NewTestRun['filters'];
  filtered: number;
  nothing: NewTestRun['filters'];
  world: {
    /** Ids of all runs of that name in the project. */
    runsNamed(name: string): string[];
    /** So many newer runs of other names. */
    addRuns(count: number): void;
    setResults(runId: string, counts: Partial<Omit<TestCounts, 'total' | 'untested'>> & { retest?: number }): void;
    lock(runId: string): void;
    archive(runId: string): void;
    rename(runId: string, name: string): void;
    remove(runId: string): void;
    /** Entries in the history of each test of the run. */
    historyLengths(runId: string): number[];
  };
  server: Pick<FakeServer, 'failNext' | 'calls'>;
  /** The requests by which the provider reads a run, lists runs, creates one and resets one. */
  requests: { read: CallMatch; list: CallMatch; create: CallMatch; reset: CallMatch };
  /** How the provider words an error. */
  errorBody(words: string): unknown;
  secrets: string[];
  close(): Promise<void>;
}

const everything: NewTestRun['filters'] = { sectionIds: [], labelIds: [], squadIds: [], platformIds: [] };

export function testManagementContract(
  name: string,
  makeHarness: () => Promise<TestManagementHarness>,
  options: { skip?: ContractSkip[]; dialect?: Parameters<typeof refusals>[0] } = {},
) {
  describe(`test management: ${name}`, () => {
    const cases = contractCases(options.skip ?? []);
    const { guarantee } = cases;
    let h: TestManagementHarness;
    beforeEach(async () => {
      h = await makeHarness();
    });
    afterEach(() => h.close());

    const runName = 'App 4.2.0 iOS c1 k7f3';
    const wanted = (changes: Partial<NewTestRun> = {}): NewTestRun => ({
      projectId: h.projectId,
      name: runName,
      description: 'Regression of 4.2.0, cycle 1',
      filters: everything,
      ...changes,
    });
    const at = (runId: string) => ({ projectId: h.projectId, runId });

    guarantee('a created run reads back by id and by name, all its tests untested', async () => {
      const subject = h.connect();

      const run = await subject.ensureRun(wanted());

      expect(run).toMatchObject({ name: runName, state: { kind: 'active' } });
      expect(new URL(run.url).href).toContain(run.id);
      expect(await subject.run(at(run.id))).toEqual(run);
      expect(await subject.findRun({ projectId: h.projectId, name: runName })).toEqual(run);
      expect((await subject.results(at(run.id)))?.counts).toEqual(counts(h.tests, { untested: h.tests }));
    });

    guarantee('ensuring twice creates one run', async () => {
      const first = await h.connect().ensureRun(wanted());
      const second = await h.connect().ensureRun(wanted({ description: 'Other words' }));

      expect(second).toEqual(first);
      expect(h.world.runsNamed(runName)).toEqual([first.id]);
    });

    guarantee('ten concurrent ensures create one run', async () => {
      await Promise.all(Array.from({ length: 10 }, () => h.connect().ensureRun(wanted())));

      expect(h.world.runsNamed(runName)).toHaveLength(1);
    });

    guarantee('ten overlapping ensures under the lock create one run', async () => {
      const serialised = lock();

      const runs = await Promise.all(Array.from({ length: 10 }, () => serialised(() => h.connect().ensureRun(wanted()))));

      expect(new Set(runs.map((run) => run.id)).size).toBe(1);
      expect(h.world.runsNamed(runName)).toHaveLength(1);
    });

    guarantee('a run of the same name in another project is another run', async () => {
      const theirs = await h.connect().ensureRun(wanted({ projectId: h.otherProjectId }));
      const ours = await h.connect().ensureRun(wanted());

      expect(ours.id).not.toBe(theirs.id);
      expect(await h.connect().run(at(theirs.id))).toBeNull();
      expect(await h.connect().results(at(theirs.id))).toBeNull();
    });

    guarantee('only the exact name is found', async () => {
      await h.connect().ensureRun(wanted({ name: `${runName} again` }));
      await h.connect().ensureRun(wanted({ name: runName.toUpperCase() }));

      expect(await h.connect().findRun({ projectId: h.projectId, name: runName })).toBeNull();
    });

    guarantee('a run on the third page of the list is found', async () => {
      const first = await h.connect().ensureRun(wanted());
      h.world.addRuns(250);

      expect(await h.connect().ensureRun(wanted())).toEqual(first);
      expect(h.world.runsNamed(runName)).toHaveLength(1);
    });

    guarantee('absent is null, and so is a run somebody removed', async () => {
      const removed = await h.connect().ensureRun(wanted());
      h.world.remove(removed.id);

      for (const id of ['987654', removed.id]) {
        expect(await h.connect().run(at(id))).toBeNull();
        expect(await h.connect().results(at(id))).toBeNull();
      }
      expect(await h.connect().findRun({ projectId: h.projectId, name: runName })).toBeNull();
      expect((await h.connect().ensureRun(wanted())).id).not.toBe(removed.id);
    });

    guarantee('filters choose the tests', async () => {
      const run = await h.connect().ensureRun(wanted({ filters: h.filters }));

      expect((await h.connect().results(at(run.id)))?.counts.total).toBe(h.filtered);
    });

    guarantee('filters that match no test are invalid and say so, and nothing is created', async () => {
      const error = await providerError(h.connect().ensureRun(wanted({ filters: h.nothing })));

      expect(error.kind).toBe('invalid');
      expect(error.message).toMatch(/no .*test.*match/i);
      expect(h.world.runsNamed(runName)).toEqual([]);
    });

    guarantee('names of the wrong length and ids that are none are invalid', async () => {
      for (const change of [
        { name: 'abcd' },
        { name: 'x'.repeat(51) },
        { projectId: 'seven' },
        { filters: { ...everything, labelIds: ['x'] } },
      ]) {
        expect((await providerError(h.connect().ensureRun(wanted(change)))).kind).toBe('invalid');
      }
      expect((await providerError(h.connect().run(at('1 or 1')))).kind).toBe('invalid');
    });

    guarantee('names of the shortest and longest length and a long description are taken', async () => {
      for (const long of ['abcde', 'x'.repeat(50)]) {
        expect((await h.connect().ensureRun(wanted({ name: long, description: 'd'.repeat(2_000) }))).name).toBe(long);
      }
    });

    guarantee('results name the run as it is now, also one that somebody renamed or archived', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.rename(run.id, 'Renamed by hand');
      h.world.archive(run.id);

      const report = await h.connect().results(at(run.id));

      expect(report?.run).toEqual({ ...run, name: 'Renamed by hand', state: { kind: 'archived' } });
      expect(report?.counts.total).toBe(h.tests);
    });

    guarantee('results add up, and what must be tested again counts as untested', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.setResults(run.id, { passed: 2, failed: 1, blocked: 1, skipped: 1, inProgress: 1, retest: 1 });

      const rest = { passed: 2, failed: 1, blocked: 1, skipped: 1, inProgress: 1, untested: h.tests - 6 };
      expect((await h.connect().results(at(run.id)))?.counts).toEqual(counts(h.tests, rest));
    });

    guarantee('a reset sets every test to untested and keeps the history', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.setResults(run.id, { passed: 2, failed: 1, blocked: 1, retest: 1 });

      await h.connect().reset(at(run.id));

      expect((await h.connect().results(at(run.id)))?.counts).toEqual(counts(h.tests, { untested: h.tests }));
      expect(h.world.historyLengths(run.id).filter((length) => length === 2)).toHaveLength(5);
    });

    guarantee('a second reset changes nothing more', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.setResults(run.id, { passed: 2 });
      await h.connect().reset(at(run.id));
      const before = h.world.historyLengths(run.id);

      await h.connect().reset(at(run.id));

      expect(h.world.historyLengths(run.id)).toEqual(before);
    });

    guarantee('a locked run says so and cannot be reset', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.setResults(run.id, { passed: 1 });
      h.world.lock(run.id);

      const error = await providerError(h.connect().reset(at(run.id)));

      expect((await h.connect().run(at(run.id)))?.state).toEqual({ kind: 'locked' });
      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('locked') });
      expect((await h.connect().results(at(run.id)))?.counts.passed).toBe(1);
    });

    guarantee('an archived run says so and cannot be reset', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.setResults(run.id, { passed: 1 });
      h.world.archive(run.id);

      const error = await providerError(h.connect().reset(at(run.id)));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('archived') });
      expect((await h.connect().results(at(run.id)))?.counts.passed).toBe(1);
    });

    guarantee('resetting an unknown run is not-found', async () => {
      expect((await providerError(h.connect().reset(at('987654')))).kind).toBe('not-found');
    });

    guarantee('wrong credentials are unauthorized and never read as absent', async () => {
      const run = await h.connect().ensureRun(wanted());
      const stranger = h.connect({ wrongCredentials: true });

      const errors = [
        await providerError(stranger.run(at(run.id))),
        await providerError(stranger.results(at(run.id))),
        await providerError(stranger.findRun({ projectId: h.projectId, name: runName })),
        await providerError(stranger.ensureRun(wanted())),
        await providerError(stranger.reset(at(run.id))),
      ];

      expect(errors.map((error) => error.kind)).toEqual(Array(5).fill('unauthorized'));
      for (const error of errors) expectNoSecret(error, h.secrets);
    });

    for (const { when, kind, fault, retryAfterMs } of refusals(options.dialect)) {
      const timeoutMs = kind === 'timeout' ? 150 : 10_000;

      guarantee(`${when} when creating is ${kind}, and nothing is created`, async () => {
        const body = h.errorBody(`because of ${h.secrets[0]}`);
        h.server.failNext({ ...fault, match: h.requests.create, ...(fault.status && { body }) });

        const error = await providerError(h.connect({ timeoutMs }).ensureRun(wanted()));

        expect(error).toMatchObject({ kind, retryAfterMs });
        if (fault.status) expect(error.message).toContain('because of');
        expectNoSecret(error, h.secrets);
        expect(h.world.runsNamed(runName)).toEqual([]);
      });

      guarantee(`${when} when reading is ${kind}`, async () => {
        const run = await h.connect().ensureRun(wanted());
        const reads: [CallMatch, (subject: TestManagement) => Promise<unknown>][] = [
          [h.requests.read, (subject) => subject.run(at(run.id))],
          [h.requests.read, (subject) => subject.results(at(run.id))],
          [h.requests.list, (subject) => subject.findRun({ projectId: h.projectId, name: runName })],
        ];
        for (const [request, read] of reads) {
          h.server.failNext({ ...fault, match: request });

          const error = await providerError(read(h.connect({ timeoutMs })));

          expect(error).toMatchObject({ kind, retryAfterMs });
          expectNoSecret(error, h.secrets);
        }
      });
    }

    for (const mode of ['drop-after', 'cut-body'] as const) {
      guarantee(`a creation whose answer is lost (${mode}) has one effect after a retry`, async () => {
        h.server.failNext({ match: h.requests.create, mode });

        const error = await providerError(h.connect().ensureRun(wanted()));
        const run = await h.connect().ensureRun(wanted());

        expect(error.kind).toBe('unavailable');
        expect(h.world.runsNamed(runName)).toEqual([run.id]);
        expect(h.connect().searchVisibleWithinMs).toBeGreaterThan(0);
      });
    }

    guarantee('a reset whose answer is lost has one effect after a retry', async () => {
      const run = await h.connect().ensureRun(wanted());
      h.world.setResults(run.id, { passed: 2, failed: 1 });
      h.server.failNext({ match: h.requests.reset, mode: 'drop-after' });

      const error = await providerError(h.connect().reset(at(run.id)));
      await h.connect().reset(at(run.id));

      expect(error.kind).toBe('unavailable');
      expect(h.world.historyLengths(run.id).filter((length) => length === 2)).toHaveLength(3);
      expect((await h.connect().results(at(run.id)))?.counts.untested).toBe(h.tests);
    });

    guarantee('an abort stops the call and gives its reason', async () => {
      const reason = new Error('lease lost');
      const controller = new AbortController();
      h.server.failNext({ match: h.requests.create, mode: 'hang' });

      const outcome = expect(h.connect({ signal: controller.signal }).ensureRun(wanted())).rejects.toBe(reason);
      await expect.poll(() => h.server.calls.some((call) => call.path === h.requests.create.path)).toBe(true);
      controller.abort(reason);

      await outcome;
    });

    cases.end();
  });
}

function counts(total: number, some: Partial<TestCounts>): TestCounts {
  return { total, passed: 0, failed: 0, blocked: 0, skipped: 0, inProgress: 0, untested: 0, ...some };
}
