import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CheckmateFake, createCheckmateFake } from '../fakes/checkmate/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';
import { historyOf, nextVersion } from './repository-world.ts';

/** The test runs of a release: how they stand, and locking them. */

const TOKEN = 'a-very-secret-token-of-the-release-tests';
let api: ApiHarness;
let checkmate: CheckmateFake;
let world: ReleaseWorld;
let projectId: number;

beforeAll(async () => {
  [api, checkmate] = await Promise.all([startApi(), createCheckmateFake()]);
  checkmate.world.addUser({ token: TOKEN, role: 'admin' });
  projectId = checkmate.world.addProject({ tests: [{}, {}] }).projectId;
  world = await releaseWorld(api);
  const body = { provider: 'checkmate', displayName: 'Tests', baseUrl: checkmate.origin, credentials: { token: TOKEN }, settings: {} };
  const path = `/api/v1/tenants/${world.tenantId}/integrations/test-management`;
  const { body: created } = await api.request('POST', path, { token: world.owner, body: { ...body, allowMultiple: true } });
  await api.db.run('UPDATE test_management_configs SET integration_id = ?, project_id = ? WHERE id = ?', [
    created.id,
    String(projectId),
    world.ids.tests,
  ]);
});
beforeEach(() => checkmate.clearFaults());
afterAll(() => Promise.all([api?.close(), checkmate?.close()]));

/** A release at its gate, whose WEB target has a test run. */
async function atGate() {
  const { id, gateId } = await world.atGate(nextVersion().body);
  const project = checkmate.world.project(projectId);
  const run = checkmate.world.addRun({ projectId, runName: 'Release run', tests: project?.tests ?? [] });
  const runId = String(run.runId);
  const url = `https://tests.example/run/${runId}`;
  await api.db.run('UPDATE platform_releases SET test_run_id = ?, test_run_url = ? WHERE release_id = ?', [runId, url, id]);
  return { id, gateId, runId, url };
}

const counts = { total: 10, passed: 9, failed: 1, blocked: 0, skipped: 0, inProgress: 0, untested: 0 };

/** What the gate's handler writes. */
async function gateFound(gateId: string, runId: string, { cycle = 1, agoMs = 60_000, url = 'https://tests.example' } = {}) {
  const checkedAt = new Date(Date.now() - agoMs).toISOString();
  const tests = { cycle, runId, url, state: 'active', counts, thresholdPercent: 90 };
  const found = { key: 'tests:test-management:WEB', met: true, evidence: '9 of 10 passed', checkedAt, tests };
  await api.db.run('UPDATE tasks SET output = ? WHERE id = ?', [JSON.stringify({ cycle, requirements: [found] }), gateId]);
  return checkedAt;
}

/** The gate was passed, so that regression is over. */
async function pass({ id, gateId }: { id: string; gateId: string }) {
  await world.call('POST', `/${id}/tasks/${gateId}/complete`, { body: { reason: 'approved by hand' } });
  await world.advance(id);
}

describe('the test results of a release', () => {
  it('are what the gate saw last, with run, threshold and freshness, and ask nobody', async () => {
    const { id, gateId, runId, url } = await atGate();
    const checkedAt = await gateFound(gateId, runId);
    const before = checkmate.calls.length;
    api.rung.length = 0;
    const token = await api.token(world.tenantId, 'viewer');

    const { status, body } = await world.call('GET', `/${id}/test-results`, { token });

    expect(status).toBe(200);
    expect(body).toEqual({
      ...{ cycle: 1, refreshing: false },
      items: [
        {
          ...{ platform: 'WEB', testRun: { id: runId, url }, cycle: 1, state: 'active', counts, thresholdPercent: 90 },
          ...{ met: true, evidence: '9 of 10 passed', checkedAt },
        },
      ],
    });
    expect(checkmate.calls.length).toBe(before);
    expect(api.rung).toEqual([]);
  });

  it('are nothing yet before the gate, of a run that took the place of the one that was seen, and where none is configured', async () => {
    const early = await world.create(nextVersion().body);
    const replaced = await atGate();
    await gateFound(replaced.gateId, 'another run');
    const nothing = { platform: 'WEB', cycle: null, state: null, counts: null, thresholdPercent: null, met: null, evidence: null };

    expect((await world.call('GET', `/${early.id}/test-results`)).body).toEqual({
      ...{ cycle: null, refreshing: false },
      items: [{ ...nothing, testRun: null, checkedAt: null }],
    });
    expect((await world.call('GET', `/${replaced.id}/test-results`)).body.items).toEqual([
      { ...nothing, testRun: { id: replaced.runId, url: replaced.url }, checkedAt: null },
    ]);
  });

  it('of the cycle before do not count as met in the next', async () => {
    const { id, gateId, runId } = await atGate();
    await gateFound(gateId, runId);
    await world.call('POST', `/${id}/trigger-regression`);
    await world.advance(id);

    const { body } = await world.call('GET', `/${id}/test-results`);

    expect(body).toMatchObject({ cycle: 2, items: [{ cycle: 1, met: null, counts }] });
  });

  it('of a gate that an abandoned cycle superseded do not count as met: its runs were reset for that', async () => {
    const { id, gateId, runId } = await atGate();
    await gateFound(gateId, runId);
    await world.call('POST', `/${id}/trigger-regression`);
    await world.advance(id);
    await world.call('POST', `/${id}/cycles/2/abandon`, { body: { reason: 'Wrong commit' } });

    const { body } = await world.call('GET', `/${id}/test-results`);

    expect(body).toMatchObject({ cycle: 1, items: [{ cycle: 1, met: null, counts }] });
  });

  it('that could not be read say why', async () => {
    const { id, gateId } = await atGate();
    const found = {
      key: 'tests:test-management:WEB',
      met: 'unknown',
      evidence: 'could not be read',
      checkedAt: '2026-11-21T04:00:00.000Z',
    };
    await api.db.run('UPDATE tasks SET output = ? WHERE id = ?', [JSON.stringify({ cycle: 1, requirements: [found] }), gateId]);

    const { body } = await world.call('GET', `/${id}/test-results`);

    expect(body.items).toMatchObject([{ met: 'unknown', evidence: 'could not be read', counts: null, cycle: 1 }]);
  });

  it('are looked at again on request: the gate is due at once, unless it has just looked', async () => {
    const { id, gateId, runId } = await atGate();
    await gateFound(gateId, runId, { agoMs: 1_000 });
    const justNow = await world.call('GET', `/${id}/test-results?refresh=true`);
    await gateFound(gateId, runId);
    api.rung.length = 0;

    const again = await world.call('GET', `/${id}/test-results?refresh=true`);

    expect([justNow.body.refreshing, again.body.refreshing]).toEqual([false, true]);
    expect(api.rung.map((wake) => wake.id)).toEqual([gateId]);
  });

  it('are not looked at again for viewers, after the gate, or by a misspelt wish', async () => {
    const gate = await atGate();
    await gateFound(gate.gateId, gate.runId);
    const viewer = await api.token(world.tenantId, 'viewer');
    const refused = await world.call('GET', `/${gate.id}/test-results?refresh=true`, { token: viewer });
    const misspelt = await world.call('GET', `/${gate.id}/test-results?refresh=yes`);
    await pass(gate);

    const over = await world.call('GET', `/${gate.id}/test-results?refresh=true`);

    expect([refused.status, misspelt.status, over.status]).toEqual([403, 422, 200]);
    expect(over.body.refreshing).toBe(false);
  });
});

describe('locking the test runs of a platform', () => {
  const lock = (id: string, options: { token?: string; body?: unknown } = {}) => world.call('POST', `/${id}/test-runs/WEB/lock`, options);

  it('locks them, once regression is over, says so in the history, and twice is once', async () => {
    const gate = await atGate();
    await pass(gate);

    const first = await lock(gate.id, { body: { reason: 'Audit' } });
    const second = await lock(gate.id);

    expect(first.status).toBe(200);
    expect(first.body).toEqual({
      items: [{ id: gate.runId, name: 'Release run', url: expect.stringContaining(gate.runId), state: { kind: 'locked' } }],
    });
    expect(second.body).toEqual(first.body);
    expect(checkmate.world.run(gate.runId).status).toBe('Locked');
    expect(await historyOf(world, gate.id, 'testRunLocked')).toMatchObject([{ why: 'Audit', items: [{ after: first.body.items[0].url }] }]);
  });

  it('is 409 while regression goes on, and nothing is locked', async () => {
    const gate = await atGate();

    const answer = await lock(gate.id);

    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('not over')]);
    expect(checkmate.world.run(gate.runId).status).toBe('Active');
  });

  it('is possible for a release that was archived', async () => {
    const gate = await atGate();
    await world.call('POST', `/${gate.id}/archive`);

    expect((await lock(gate.id)).status).toBe(200);
  });

  it('is 404 for a platform without a run and for one that is none, 403 for contributors', async () => {
    const gate = await atGate();
    await pass(gate);
    const contributor = await api.token(world.tenantId, 'contributor');

    const answers = [
      await world.call('POST', `/${gate.id}/test-runs/IOS/lock`),
      await world.call('POST', `/${gate.id}/test-runs/AMIGA/lock`),
      await lock(gate.id, { token: contributor }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 403]);
    expect(checkmate.world.run(gate.runId).status).toBe('Active');
  });

  it.each([
    ['a role that may not', { status: 401, body: { error: 'You are not authorized' } }, 409, 'more rights'],
    ['a lost answer', { mode: 'drop-after' as const }, 503, 'ask again'],
  ])("tells the provider's trouble and what to do: %s", async (_what, fault, status, words) => {
    const gate = await atGate();
    await pass(gate);
    checkmate.failNext({ ...fault, match: { path: '/api/v1/run/lock' } });

    const answer = await lock(gate.id);

    expect([answer.status, answer.body.detail]).toEqual([status, expect.stringContaining(words)]);
    expect(answer.text + api.logged()).not.toContain(TOKEN);
    expect(await historyOf(world, gate.id, 'testRunLocked')).toEqual([]);
    expect((await lock(gate.id)).status).toBe(200);
  });

  it("does nothing about another tenant's release", async () => {
    const gate = await atGate();
    await pass(gate);
    const other = await releaseWorld(api, 'Other');

    const answers = [
      await other.call('POST', `/${gate.id}/test-runs/WEB/lock`),
      await other.call('GET', `/${gate.id}/test-results`),
      await other.call('GET', '/nonsense/test-results'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(checkmate.world.run(gate.runId).status).toBe('Active');
  });
});
