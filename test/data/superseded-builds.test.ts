import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Intent } from '../../src/engine/intent.ts';
import type { Outcome } from '../../src/engine/vocabulary.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import { OutboundRefusedError } from '../../src/platform/outbound.ts';
import { createBuildService } from '../../src/services/execution/builds/build-service.ts';
import { createSupersededBuildService, leftRunningOf } from '../../src/services/execution/builds/superseded-build-service.ts';
import type { TaskContext } from '../../src/workers/task-context.ts';
import { cancelSupersededBuilds } from '../../src/workers/tasks/cancel-superseded-builds.ts';
import { testDatabases } from '../support/databases.ts';
import { Ci } from './ci.ts';
import { type EngineWorld, openEngineWorld } from './engine-world.ts';

const newId = monotonicFactory();
const POLL_MS = 5_000;

const trouble = (kind: ProviderErrorKind) => new ProviderError(kind, `it is ${kind}`, { provider: 'ci' });

interface NewBuild {
  handle?: string | null;
  status?: string;
  /** Milliseconds ago; null = never. */
  dispatchedAgoMs?: number | null;
  reported?: string;
  mode?: string;
  adopted?: boolean;
}

describe.each(testDatabases())('CI runs that superseded cycles left on $name', (server) => {
  let world: EngineWorld;
  let ci: Ci;
  let release: { tenantId: string; id: string };
  let cycles: Map<number, string>;
  let intents: Map<string, number>;
  let output: Record<string, unknown> | null;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    ci = new Ci();
    release = { tenantId: newId(), id: newId() };
    cycles = new Map();
    intents = new Map();
    output = null;
  });

  async function cycleOf(number: number): Promise<string> {
    const known = cycles.get(number);
    if (known !== undefined) return known;
    const id = newId();
    cycles.set(number, id);
    await world.db.run('INSERT INTO regression_cycles (id, tenant_id, release_id, slot_id, number, status) VALUES (?)', [
      [id, release.tenantId, release.id, newId(), number, 'ABANDONED'],
    ]);
    return id;
  }

  async function build(
    number: number,
    { handle = null, status = 'RUNNING', dispatchedAgoMs = 0, ...more }: NewBuild = {},
  ): Promise<string> {
    const id = newId();
    if (handle !== null && !ci.runs.has(handle)) ci.runs.set(handle, { kind: 'running' });
    await world.db.run(
      `INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, integration_id, workflow_id, ref, version,
         correlation_id, status, handle, reported_status, adopted_by_account_id, dispatched_at)
       VALUES (?, IF(? IS NULL, NULL, UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND))`,
      [
        [
          ...[id, release.tenantId, newId(), 'ANDROID', 1, 'REGRESSION_BUILD', more.mode ?? 'CI', 'CI', '7', 'v1-rc.1', '1.0.0', id],
          ...[status, handle, more.reported ?? null, more.adopted === true ? newId() : null],
        ],
        ...[dispatchedAgoMs, (dispatchedAgoMs ?? 0) * 1000],
      ],
    );
    await world.db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id) VALUES (?)', [
      [release.id, id, release.tenantId, 'REGRESSION', await cycleOf(number)],
    ]);
    return id;
  }

  /** One look of the task, with what an earlier one left in its row. @param agoMs how long ago its intents were stored */
  async function look(through: number, agoMs = 0): Promise<Outcome> {
    const intent = async (effect: string): Promise<Intent> => {
      const repeated = intents.has(effect);
      intents.set(effect, (intents.get(effect) ?? 0) + 1);
      return { repeated, since: new Date(0), agoMs, value: null };
    };
    const context = {
      ...{ release, pollMs: POLL_MS, task: { input: { through }, output }, intent, renewIntent: async () => undefined },
      services: { cicd: ci.service(), supersededBuilds: createSupersededBuildService(world.db, ci.service()) },
    };
    const outcome = await cancelSupersededBuilds.run(context as unknown as TaskContext);
    if ('output' in outcome && outcome.output) output = outcome.output;
    return outcome;
  }

  const stateOf = async (id: string) => {
    const [row] = await world.db.rows<{ status: string; words: string | null; ended: number }>(
      'SELECT status, provider_state AS words, ended_at IS NOT NULL AS ended FROM builds WHERE id = ?',
      [id],
    );
    return [row?.status, row?.words, Number(row?.ended) === 1];
  };
  const isLeft = async (number: number) => {
    const rows = await world.db.rows(`SELECT 1 FROM regression_cycles c WHERE c.id = ? AND EXISTS (${leftRunningOf('c')})`, [
      await cycleOf(number),
    ]);
    return rows.length === 1;
  };
  it('are asked to stop, looked at until they have, and then show it', async () => {
    const id = await build(1, { handle: '1' });
    const before = await isLeft(1);

    const first = await look(1);
    const second = await look(1);

    expect(ci.cancelled).toEqual(['1']);
    expect(first).toMatchObject({
      kind: 'waiting',
      reason: 'CALLBACK',
      forMs: POLL_MS,
      signals: [{ integrationId: 'CI', key: 'ci-run:1' }],
    });
    expect(second).toMatchObject({ kind: 'completed', output: { ended: [{ id, cycle: 1, status: 'CANCELLED' }], left: [] } });
    expect([await stateOf(id), before, await isLeft(1)]).toEqual([['CANCELLED', 'cancelled', true], true, false]);
  });

  it('are asked once while they take their time, and again after a minute', async () => {
    ci.obeys = false;
    await build(1, { handle: '1' });

    await look(1);
    await look(1, 30_000);
    const soon = ci.cancelled.length;
    await look(1, 60_000);

    expect([soon, ci.cancelled.length]).toEqual([1, 2]);
  });

  it.each(['succeeded', 'failed'] as const)('are left alone when they have %s by themselves, and show that', async (kind) => {
    const id = await build(1, { handle: '1' });
    ci.runs.set('1', kind === 'succeeded' ? { kind } : { kind, raw: 'failure' });

    const outcome = await look(1);

    expect(outcome).toMatchObject({ kind: 'completed', output: { ended: [{ id, status: kind.toUpperCase() }] } });
    expect(ci.cancelled).toEqual([]);
    expect((await stateOf(id))[0]).toBe(kind.toUpperCase());
  });

  it('are found by what they were started with, where nobody knows their handle yet', async () => {
    ci.runs.set('9', { kind: 'queued' });
    const id = await build(1, { handle: null, status: 'PENDING' });

    await look(1);
    const outcome = await look(1);

    expect(ci.cancelled).toEqual(['9']);
    expect(outcome).toMatchObject({ kind: 'completed', output: { ended: [{ id, status: 'CANCELLED' }] } });
  });

  it('are waited for as long as the CI may not show them, and then never came to be', async () => {
    const early = await build(1, { handle: null, status: 'PENDING', dispatchedAgoMs: 1_000 });
    const first = await look(1);
    await world.db.run('UPDATE builds SET dispatched_at = dispatched_at - INTERVAL 2 MINUTE WHERE id = ?', [early]);

    const second = await look(1);

    expect(first).toMatchObject({ kind: 'waiting', output: { left: [{ id: early }] } });
    expect(second).toMatchObject({ kind: 'completed', output: { ended: [{ id: early, status: 'CANCELLED' }] } });
    expect(await stateOf(early)).toEqual(['CANCELLED', 'never started', true]);
  });

  it('never come to be when they were not dispatched: whoever still tries finds the build closed', async () => {
    const id = await build(1, { handle: null, status: 'PENDING', dispatchedAgoMs: null });
    const [row] = await world.db.rows<{ taskId: string }>('SELECT task_id AS taskId FROM builds WHERE id = ?', [id]);

    const outcome = await look(1);
    await createBuildService(world.db, ci.service(), { keep: () => Promise.reject(new Error('nothing to keep')) }).follow({
      ...{
        tenantId: release.tenantId,
        releaseId: release.id,
        taskId: row?.taskId ?? '',
        stageKey: 'REGRESSION',
        cycleId: null,
        ciConfigId: newId(),
      },
      ...{ platform: 'ANDROID', workflowType: 'REGRESSION_BUILD', ref: 'v1', version: '1.0.0', jobParameters: {}, needsArtifact: true },
    });

    expect(outcome).toMatchObject({ kind: 'completed', output: { ended: [{ id, status: 'CANCELLED' }] } });
    expect([ci.dispatches, await stateOf(id)]).toEqual([0, ['CANCELLED', 'never started', true]]);
  });

  it.each([
    ['by its CI', trouble('forbidden')],
    ['on the way to it', new OutboundRefusedError('it is forbidden')],
  ])('that may not be stopped, refused %s, are told with the words of that, and nobody waits for them', async (_where, error) => {
    const id = await build(1, { handle: '1' });
    await build(1, { handle: '2' });
    ci.cancelTrouble = error;

    const outcome = await look(1);

    expect(outcome).toMatchObject({ kind: 'completed', output: { left: [{ id, why: 'it is forbidden' }, { why: 'it is forbidden' }] } });
  });

  it('of a CI that is away are told and tried again', async () => {
    const id = await build(1, { handle: '1' });
    ci.cancelTrouble = trouble('unavailable');
    const away = await look(1);
    ci.cancelTrouble = null;
    await look(1, 60_000);

    const outcome = await look(1);

    expect(away).toMatchObject({ kind: 'waiting', output: { left: [{ id, why: 'it is unavailable' }] } });
    expect(outcome).toMatchObject({ kind: 'completed', output: { ended: [{ id }], left: [] } });
  });

  it('that the CI shows no more end as it reported, or are told to be lost', async () => {
    const reported = await build(1, { handle: '1', reported: 'FAILED' });
    const lost = await build(1, { handle: '2' });
    ci.gone = true;

    const outcome = await look(1);

    expect(outcome).toMatchObject({ kind: 'completed', output: { ended: [{ id: reported, status: 'FAILED' }], left: [{ id: lost }] } });
  });

  it('are no others: not of later cycles, of builds by hand, of those that ended, or that people started elsewhere', async () => {
    await build(2, { handle: '2' });
    await build(1, { handle: '3', mode: 'MANUAL' });
    await build(1, { handle: '4', adopted: true });
    const ended = await build(1, { handle: '5', status: 'SUCCEEDED' });
    await world.db.run('UPDATE builds SET ended_at = UTC_TIMESTAMP(3) WHERE id = ?', [ended]);

    const outcome = await look(1);

    expect(outcome).toEqual({ kind: 'completed', output: { ended: [], left: [] } });
    expect([ci.cancelled, await isLeft(1), await isLeft(2)]).toEqual([[], false, true]);
  });
});
