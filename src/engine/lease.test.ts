import { describe, expect, it } from 'vitest';
import type { Database } from '../db/client.ts';
import { createLeases, LeaseLostError } from './lease.ts';
import type { ClaimedTask } from './vocabulary.ts';

const leaseMs = 1_000;
const task: ClaimedTask = {
  ...{
    id: 'T',
    tenantId: 'N',
    runId: 'R',
    runKind: 'test',
    subjectId: 'S',
    stageId: 'G',
    stageAttempt: 1,
    key: 'A',
    type: 'NOOP',
    queue: 'q',
  },
  ...{ fence: 1, attempt: 1, failures: 0, maxAttempts: 3, input: {}, output: null, externalId: null, waitedFor: null, intents: {} },
};

/** A database that confirms, refuses or never answers heartbeats, and a clock the test moves. */
function world() {
  const state = { now: 0, answer: 'confirm' as 'confirm' | 'refuse' | 'hang' };
  const answer = async <T>(value: T): Promise<T> => {
    if (state.answer === 'hang') return new Promise<T>(() => undefined);
    if (state.answer === 'refuse') throw new Error('the database is away');
    return value;
  };
  const db: Pick<Database, 'rows' | 'run' | 'batch'> = {
    rows: () => answer([{ id: 'T' }] as never[]),
    run: () => answer(1),
    batch: () => answer([1, [{ id: 'T' }]]),
  };
  // Heartbeats use nothing else of a database.
  const leases = createLeases({ db: db as Database, leaseMs, monotonic: () => state.now });
  return { state, leases };
}

describe('the trust window', () => {
  it('ends a quarter of the lease early when no heartbeat is confirmed', async () => {
    const { state, leases } = world();
    const { signal } = leases.hold(task);
    state.answer = 'refuse';

    state.now = 749;
    await leases.beat().catch(() => undefined);
    const before = signal.aborted;
    state.now = 750;
    await leases.beat().catch(() => undefined);

    expect(before).toBe(false);
    expect(signal.reason).toBeInstanceOf(LeaseLostError);
    expect(leases.held()).toBe(0);
  });

  it('begins anew with each confirmed heartbeat, counted from when it was sent', async () => {
    const { state, leases } = world();
    const { signal } = leases.hold(task);

    for (state.now = 500; state.now <= 5_000; state.now += 500) await leases.beat();

    expect(signal.aborted).toBe(false);
  });

  it('ends in time even while an earlier heartbeat is still waiting for the database', async () => {
    const { state, leases } = world();
    const { signal } = leases.hold(task);
    state.answer = 'hang';

    state.now = 250;
    void leases.beat();
    state.now = 760;
    void leases.beat();

    expect(signal.reason).toBeInstanceOf(LeaseLostError);
  });
});

describe('assertOurs', () => {
  it('refuses in a process that stood still, before any heartbeat has noticed', () => {
    const { state, leases } = world();
    const lease = leases.hold(task);
    lease.assertOurs();

    state.now = 750;

    expect(() => lease.assertOurs()).toThrow(LeaseLostError);
    expect(lease.signal.aborted).toBe(true);
  });
});

describe('abortAll', () => {
  it('aborts everything held with its reason and keeps the leases until the work is given back', () => {
    const { leases } = world();
    const { signal, release } = leases.hold(task);
    const reason = new Error('the worker stops');

    leases.abortAll(reason);

    expect(signal.reason).toBe(reason);
    expect(leases.held()).toBe(1);
    release();
    expect(leases.held()).toBe(0);
  });
});
