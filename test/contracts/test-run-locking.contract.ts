import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import type { TestRunLocking } from '../../src/integrations/capabilities/test-management.ts';
import type { CallMatch, FakeServer } from '../fakes/fake-server.ts';
import { type ContractSkip, contractCases, expectNoSecret, providerError, refusals } from './contract-case.ts';

export interface TestRunLockingHarness {
  connect(options?: { signal?: AbortSignal; timeoutMs?: number; as?: 'stranger' | 'somebody who may not' }): TestRunLocking;
  projectId: string;
  otherProjectId: string;
  world: {
    /** A new active run of the project. */
    addRun(): string;
    isLocked(runId: string): boolean;
    lock(runId: string): void;
    archive(runId: string): void;
    remove(runId: string): void;
  };
  server: Pick<FakeServer, 'failNext' | 'clearFaults' | 'calls'>;
  requests: { read: CallMatch; lock: CallMatch };
  /** How the provider words an error. */
  errorBody(words: string): unknown;
  secrets: string[];
  close(): Promise<void>;
}

export function testRunLockingContract(
  name: string,
  makeHarness: () => Promise<TestRunLockingHarness>,
  options: { skip?: ContractSkip[]; dialect?: Parameters<typeof refusals>[0] } = {},
) {
  describe(`test run locking: ${name}`, () => {
    const cases = contractCases(options.skip ?? []);
    const { guarantee } = cases;
    let h: TestRunLockingHarness;
    let runId: string;
    beforeAll(async () => {
      h = await makeHarness();
    });
    beforeEach(() => {
      h.server.clearFaults();
      runId = h.world.addRun();
    });
    afterAll(() => h?.close());
    const at = (id: string) => ({ projectId: h.projectId, runId: id });

    guarantee('a run is locked and reads back as it is', async () => {
      const run = await h.connect().lockRun(at(runId));

      expect(run).toMatchObject({ id: runId, state: { kind: 'locked' }, url: expect.stringContaining(runId) });
      expect(h.world.isLocked(runId)).toBe(true);
    });

    guarantee('locking twice, or what somebody else locked, is one lock', async () => {
      const first = await h.connect().lockRun(at(runId));
      const second = await h.connect().lockRun(at(runId));
      const theirs = h.world.addRun();
      h.world.lock(theirs);

      expect(second).toEqual(first);
      expect((await h.connect().lockRun(at(theirs))).state).toEqual({ kind: 'locked' });
    });

    guarantee('ten concurrent locks all find it locked', async () => {
      const runs = await Promise.all(Array.from({ length: 10 }, () => h.connect().lockRun(at(runId))));

      expect(runs.map(({ state }) => state.kind)).toEqual(Array(10).fill('locked'));
    });

    guarantee('an archived run is a conflict that says so, and stays as it is', async () => {
      h.world.archive(runId);

      const error = await providerError(h.connect().lockRun(at(runId)));

      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('archived') });
      expect(h.world.isLocked(runId)).toBe(false);
    });

    guarantee('a run that is not there, was removed, or is of another project is not-found', async () => {
      const removed = h.world.addRun();
      h.world.remove(removed);

      const errors = [
        await providerError(h.connect().lockRun(at('987654'))),
        await providerError(h.connect().lockRun(at(removed))),
        await providerError(h.connect().lockRun({ projectId: h.otherProjectId, runId })),
      ];

      expect(errors.map(({ kind }) => kind)).toEqual(['not-found', 'not-found', 'not-found']);
      expect(h.world.isLocked(runId)).toBe(false);
    });

    guarantee('an id that is none is invalid', async () => {
      expect((await providerError(h.connect().lockRun(at('1 or 1')))).kind).toBe('invalid');
    });

    guarantee('wrong credentials are unauthorized, a role that may not is forbidden, and nothing is locked', async () => {
      const stranger = await providerError(h.connect({ as: 'stranger' }).lockRun(at(runId)));
      const member = await providerError(h.connect({ as: 'somebody who may not' }).lockRun(at(runId)));

      expect([stranger.kind, member.kind]).toEqual(['unauthorized', 'forbidden']);
      expect(h.world.isLocked(runId)).toBe(false);
      for (const error of [stranger, member]) expectNoSecret(error, h.secrets);
    });

    for (const { when, kind, fault, retryAfterMs } of refusals(options.dialect)) {
      const timeoutMs = kind === 'timeout' ? 150 : 10_000;

      for (const which of ['read', 'lock'] as const) {
        guarantee(`${when} to the ${which} is ${kind}, nothing is locked, and the next try locks`, async () => {
          const body = h.errorBody(`because of ${h.secrets[0]}`);
          h.server.failNext({ ...fault, match: h.requests[which], ...(fault.status && { body }) });

          const error = await providerError(h.connect({ timeoutMs }).lockRun(at(runId)));

          expect(error).toMatchObject({ kind, retryAfterMs });
          expectNoSecret(error, h.secrets);
          expect(h.world.isLocked(runId)).toBe(false);
          h.server.clearFaults();
          expect((await h.connect().lockRun(at(runId))).state).toEqual({ kind: 'locked' });
        });
      }
    }

    for (const mode of ['drop-after', 'cut-body'] as const) {
      guarantee(`a lock whose answer is lost (${mode}) is found by the next try`, async () => {
        h.server.failNext({ match: h.requests.lock, mode });

        const error = await providerError(h.connect().lockRun(at(runId)));

        expect(error.kind).toBe('unavailable');
        expect(h.world.isLocked(runId)).toBe(true);
        expect((await h.connect().lockRun(at(runId))).state).toEqual({ kind: 'locked' });
      });
    }

    guarantee('an abort stops the call and gives its reason', async () => {
      const reason = new Error('lease lost');
      const controller = new AbortController();
      const before = h.server.calls.length;
      h.server.failNext({ match: h.requests.lock, mode: 'hang' });

      const outcome = expect(h.connect({ signal: controller.signal }).lockRun(at(runId))).rejects.toBe(reason);
      await expect.poll(() => h.server.calls.slice(before).some((call) => call.path === h.requests.lock.path)).toBe(true);
      controller.abort(reason);

      await outcome;
    });

    cases.end();
  });
}
