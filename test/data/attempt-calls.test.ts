import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClaimedTask } from '../../src/engine/vocabulary.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createCallKeeper, createCallLog, type ObservedCall } from '../../src/services/execution/attempt-calls.ts';
import { forgetOld } from '../../src/services/retention.ts';
import { testDatabases } from '../support/databases.ts';
import { type EngineWorld, openEngineWorld } from './engine-world.ts';

const newId = monotonicFactory();
const logger = createLogger({ level: 'silent', name: 'calls' });
const secret = new Secret('s3cr3t-of-the-connection');

const observed = (over: Partial<ObservedCall> = {}): ObservedCall => ({
  ...{ provider: 'github', integrationId: newId(), secrets: [secret], at: new Date('2026-11-21T12:00:00Z') },
  ...{ method: 'POST', url: 'https://api.example/repos', requestBody: '{"a":1}', responseBody: '{"b":2}', outcome: 201 },
  ...{ requestId: 'R1', milliseconds: 12.4 },
  ...over,
});

describe.each(testDatabases())('the calls of attempts on $name', (server) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  const taskOf = (over: Partial<ClaimedTask> = {}) => {
    // As much of a claimed task as is looked at.
    return { id: newId(), tenantId: newId(), attempt: 1, waitedFor: null, ...over } as ClaimedTask;
  };
  const keeper = () => createCallKeeper(world.db, logger);
  const rowsOf = ({ tenantId, id }: ClaimedTask) =>
    world.db.rows<Record<string, unknown>>('SELECT * FROM attempt_calls WHERE tenant_id = ? AND task_id = ? ORDER BY attempt, ordinal', [
      tenantId,
      id,
    ]);
  async function keep(task: ClaimedTask, outcome: 'failed' | 'completed' | 'waiting' | 'handed-back', calls: readonly ObservedCall[]) {
    const [log, calm] = [createCallLog(), keeper()];
    for (const call of calls) log.add(call);
    calm.keep(task, outcome, log);
    await calm.idle();
  }

  it('are kept with what was said and how it ended, and without what is secret', async () => {
    const task = taskOf();
    const value = secret.reveal();

    await keep(task, 'failed', [
      observed({ url: `https://api.example/x?q=${value}`, requestBody: `{"x":"${value}"}`, responseBody: `no ${value}`, requestId: value }),
      observed({ outcome: 'timeout', url: null, requestBody: null, responseBody: null, requestId: null }),
    ]);

    const rows = await rowsOf(task);
    expect(JSON.stringify(rows)).not.toContain(value);
    expect(rows).toMatchObject([
      { ordinal: 0, method: 'POST', status: 201, outcome: 'answered', milliseconds: 12, url: 'https://api.example/x?q=[redacted]' },
      { ordinal: 1, status: null, outcome: 'timeout', url: null, request_body: null },
    ]);
  });

  it('of a later look take the place of those of the one before; those of another attempt stay', async () => {
    const task = taskOf();
    await keep(task, 'waiting', [observed(), observed()]);
    await keep({ ...task, waitedFor: 'CALLBACK' }, 'waiting', [observed({ method: 'GET' })]);
    await keep({ ...task, attempt: 2, waitedFor: 'RETRY' }, 'failed', [observed()]);

    expect((await rowsOf(task)).map(({ attempt, method }) => [attempt, method])).toEqual([
      [1, 'GET'],
      [2, 'POST'],
    ]);
  });

  it('are the last thirty of very many, each with its place', async () => {
    const task = taskOf();

    await keep(
      task,
      'failed',
      Array.from({ length: 35 }, () => observed()),
    );

    expect((await rowsOf(task)).map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 30 }, (_, index) => index + 5));
  });

  it('have bodies of a bounded size, a smaller one where all went well, and never half a character', async () => {
    const [failed, completed] = [taskOf(), taskOf()];
    const long = { responseBody: `x${'😀'.repeat(10_000)}`, url: `https://api.example/${'y'.repeat(5_000)}` };

    await keep(failed, 'failed', [observed(long)]);
    await keep(completed, 'completed', [observed(long)]);

    const [[of], [other]] = [await rowsOf(failed), await rowsOf(completed)];
    expect(String(of?.response_body).length).toBeLessThanOrEqual(4_096);
    expect(String(of?.response_body)).toMatch(/😀…$/u);
    expect(String(of?.url).length).toBeLessThanOrEqual(2_048);
    expect(String(other?.response_body).length).toBeLessThanOrEqual(512);
  });

  it('of a look that another worker repeats are not kept', async () => {
    const task = taskOf();

    await keep(task, 'handed-back', [observed()]);

    expect(await rowsOf(task)).toEqual([]);
  });

  it('that cannot be written are lost without a word to the task', async () => {
    const task = taskOf({ id: 'no id at all, and far too long for one' });

    await expect(keep(task, 'failed', [observed()])).resolves.toBeUndefined();
  });

  it('are forgotten when they are old', async () => {
    const [old, young] = [taskOf(), taskOf()];
    await keep(old, 'failed', [observed()]);
    await keep(young, 'failed', [observed()]);
    await world.db.run('UPDATE attempt_calls SET created_at = created_at - INTERVAL 31 DAY WHERE task_id = ?', [old.id]);

    await forgetOld(world.db, 30);

    expect([(await rowsOf(old)).length, (await rowsOf(young)).length]).toEqual([0, 1]);
  });
});
