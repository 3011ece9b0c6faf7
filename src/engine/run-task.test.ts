import { describe, expect, it } from 'vitest';
import { DatabaseTimeoutError } from '../db/client.ts';
import { createRunTask, type Execute, type RunTaskOptions } from './run-task.ts';
import type { Settle } from './settle.ts';
import type { SettleRequest } from './settle-request.ts';
import type { ClaimedTask, Outcome } from './vocabulary.ts';

const taskOf = (id: string): ClaimedTask => ({
  ...{ id, tenantId: 'N', runId: 'R', runKind: 'test', subjectId: 'S', stageId: 'G', stageAttempt: 1, key: id, type: 'NOOP', queue: 'q' },
  ...{ fence: 1, attempt: 1, failures: 0, maxAttempts: 3, input: {}, output: null, externalId: null, waitedFor: null, intents: {} },
});
const completed: Outcome = { kind: 'completed' };

interface Options {
  execute?: Execute;
  settle?: (request: SettleRequest, call: number) => ReturnType<Settle>;
  stopping?: () => boolean;
  maxHandOvers?: number;
}

/** A slot over a line of tasks T1, T2, …: each settlement hands over the next while it is asked to. */
function slot(options: Options = {}) {
  const requests: SettleRequest[] = [];
  const leases = new Map<string, AbortController>();
  const planned: string[] = [];
  const settle: Settle = async (request) => {
    requests.push(request);
    if (options.settle !== undefined) return options.settle(request, requests.length);
    const next = request.handOver && request.task.id !== 'T9' ? taskOf(`T${Number(request.task.id.slice(1)) + 1}`) : null;
    return { settled: true, status: 'COMPLETED', next, drainedRun: next === null && request.handOver ? request.task.runId : null };
  };
  const runOptions: RunTaskOptions = {
    claim: async ({ id }) => (id === 'GONE' ? null : taskOf(id)),
    settle,
    advance: async (runId) => {
      planned.push(runId);
      return 'advanced';
    },
    leases: {
      hold: (task) => {
        const controller = new AbortController();
        leases.set(task.id, controller);
        return {
          signal: controller.signal,
          assertOurs: () => controller.signal.throwIfAborted(),
          release: () => void leases.delete(task.id),
        };
      },
      beat: async () => undefined,
      abortAll: () => undefined,
      held: () => leases.size,
    },
    execute: options.execute ?? (async () => completed),
    maxHandOvers: options.maxHandOvers ?? 4,
    stopping: options.stopping ?? (() => false),
    observe: () => undefined,
    pause: async () => undefined,
  };
  return { run: createRunTask(runOptions), requests, leases, planned };
}

const outcomes = (requests: SettleRequest[]) => requests.map(({ outcome }) => outcome.kind);

describe('a slot', () => {
  it('does nothing for a wake-up that is out of date', async () => {
    const { run, requests } = slot();

    expect(await run({ id: 'GONE', fence: 0 })).toEqual({ ran: 0 });
    expect(requests).toEqual([]);
  });

  it('goes on with what was handed over, up to its bound, and keeps no lease', async () => {
    const { run, requests, leases } = slot({ maxHandOvers: 3 });

    expect(await run({ id: 'T1', fence: 0 })).toEqual({ ran: 3 });
    expect(requests.map(({ task, handOver }) => [task.id, handOver])).toEqual([
      ['T1', true],
      ['T2', true],
      ['T3', false],
    ]);
    expect(leases.size).toBe(0);
  });

  it('has the run planned whose stage it ended, and leaves that to the bell once it is at its bound', async () => {
    const atEnd = slot({ maxHandOvers: 9 });
    const atBound = slot({ maxHandOvers: 1 });

    await atEnd.run({ id: 'T9', fence: 0 });
    await atBound.run({ id: 'T9', fence: 0 });

    expect(atEnd.planned).toEqual(['R']);
    expect(atBound.planned).toEqual([]);
  });

  it('holds the lease until the settlement is known', async () => {
    const { run, leases } = slot({
      settle: async ({ task }) => {
        expect(leases.has(task.id)).toBe(true);
        return { settled: true, status: 'COMPLETED', next: null, drainedRun: null };
      },
    });

    await run({ id: 'T1', fence: 0 });

    expect(leases.size).toBe(0);
  });

  it('makes a failure of a handler that throws', async () => {
    const { run, requests } = slot({
      execute: async () => {
        throw new Error('a bug');
      },
    });

    await run({ id: 'T1', fence: 0 });

    expect(requests[0]?.outcome).toEqual({ kind: 'failed', failure: { kind: 'internal', message: 'a bug' } });
  });

  it('gives back what a lost lease or a stop interrupted', async () => {
    const { run, requests, leases } = slot({
      execute: async (task) => {
        leases.get(task.id)?.abort();
        throw new Error('aborted');
      },
    });

    await run({ id: 'T1', fence: 0 });

    expect(outcomes(requests)).toEqual(['handed-back']);
  });

  it('gives back at once what it claims while the process stops, and takes nothing over', async () => {
    const { run, requests } = slot({ stopping: () => true });

    expect(await run({ id: 'T1', fence: 0 })).toEqual({ ran: 1 });
    expect(requests).toMatchObject([{ outcome: { kind: 'handed-back' }, handOver: false }]);
  });

  it('goes on with nothing when somebody else moved the task', async () => {
    const { run } = slot({ settle: async () => ({ settled: false }) });

    expect(await run({ id: 'T1', fence: 0 })).toEqual({ ran: 1 });
  });

  it('settles again and again the same outcome while the database is away', async () => {
    const { run, requests } = slot({
      settle: async (_request, call) => {
        if (call <= 10) throw new DatabaseTimeoutError('no answer');
        return { settled: true, status: 'COMPLETED', next: null, drainedRun: null };
      },
    });

    await run({ id: 'T1', fence: 0 });

    expect(outcomes(requests)).toEqual(Array.from({ length: 11 }, () => 'completed'));
  });

  it('makes a failure that people see of an outcome that the database refuses for ever', async () => {
    const { run, requests } = slot({
      settle: async ({ outcome }) => {
        if (outcome.kind === 'completed') throw Object.assign(new Error("Data too long for column 'external_id'"), { errno: 1406 });
        return { settled: true, status: 'WAITING', next: null, drainedRun: null };
      },
    });

    await run({ id: 'T1', fence: 0 });

    expect(outcomes(requests)).toEqual(['completed', 'completed', 'completed', 'failed']);
    expect(requests.at(-1)).toMatchObject({
      handOver: false,
      outcome: { failure: { kind: 'internal', message: expect.stringContaining('1406') } },
    });
  });

  it('stops settling when the lease is lost: whoever has it now finds what was done', async () => {
    const { run, leases } = slot({
      settle: async ({ task }) => {
        leases.get(task.id)?.abort();
        throw new DatabaseTimeoutError('no answer');
      },
    });

    await expect(run({ id: 'T1', fence: 0 })).rejects.toThrow('no answer');
    expect(leases.size).toBe(0);
  });
});
