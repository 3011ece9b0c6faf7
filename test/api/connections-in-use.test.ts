import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/platform/logger.ts';
import { reverifyDueConnections } from '../../src/services/connections/reverify.ts';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

/** What hangs on a connection, and what happens to it when the connection stops working and works again. */

const TOKEN = 'ghp_a-very-secret-token-of-the-use-test';
let api: ApiHarness;
let github: GithubFake;

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
  github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKEN] });
});
beforeEach(() => github.clearFaults());
afterAll(() => Promise.all([api.close(), github.close()]));

const integrations = (world: ReleaseWorld, rest: string) => `/api/v1/tenants/${world.tenantId}/integrations/${rest}`;

/** A connection to the fake, and a task that waits for it. */
async function waitingFor() {
  const world = await releaseWorld(api);
  const body = {
    ...{ provider: 'github', displayName: 'Acme app', baseUrl: github.origin, allowMultiple: true },
    ...{ credentials: { token: TOKEN }, settings: { owner: 'acme', repo: 'app' } },
  };
  const { id } = (await api.request('POST', integrations(world, 'scm'), { token: world.owner, body })).body;
  const release = await world.create({ kickOffDate: minutes(-1) });
  const tasks = (await world.call('GET', `/${release.id}/tasks`)).body.items;
  const task = tasks.find(({ type }: { type: string }) => type === 'FORK_BRANCH').id as string;
  const connection = { category: 'scm', id, displayName: 'Acme app' };
  const failure = JSON.stringify({ kind: 'unauthorized', message: 'Bad credentials.', provider: 'github', connection });
  await api.db.run(
    `UPDATE tasks SET status = 'WAITING', wait_reason = 'CONNECTION', attempt = 1, failure = ?, status_since = UTC_TIMESTAMP(3),
       run_at = UTC_TIMESTAMP(3) + INTERVAL 10 MINUTE WHERE id = ?`,
    [failure, task],
  );
  await api.db.run('INSERT INTO task_signals (integration_id, signal_key, task_id) VALUES (?)', [[id, 'connection-restored', task]]);
  const isDue = async () => {
    const [row] = await api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM tasks WHERE id = ?', [task]);
    return row?.due === 1;
  };
  return { world, id: id as string, release, task, failure, isDue, path: integrations(world, `scm/${id}`) };
}

const open = (world: ReleaseWorld, id: string) => api.deps.connector.open('scm', world.tenantId, id, AbortSignal.timeout(10_000));
const statuses = async (id: string) =>
  (
    await api.db.rows<{ after: string }>(
      `SELECT i.value_after AS \`after\` FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.field = 'verificationStatus' ORDER BY h.id`,
      [id],
    )
  ).map((row) => row.after);

describe('what uses a connection', () => {
  it('is told of each category: configs, active release configs and releases that have not ended', async () => {
    const world = await releaseWorld(api);
    const release = await world.create();
    const one = (name: unknown, id: unknown = expect.any(String)) => ({ count: 1, items: [{ id, name }] });
    const hanging = { releaseConfigs: one('Weekly', world.configId), releases: one(release.displayId, release.id) };

    for (const [category, id, configs] of [
      ['scm', world.ids.scm, { count: 0, items: [] }],
      ['ci-cd', world.ids.ci, one('CI', world.ids.ci)],
      ['project-management', world.ids.tracker, one('Tracker', world.ids.tracker)],
      ['test-management', world.ids.tests, one('Tests', world.ids.tests)],
      ['communication', world.ids.comms, one('Channels', world.ids.comms)],
    ] as const) {
      const integration = await integrationOf(category, world.tenantId, id);
      const { body } = await api.request('GET', integrations(world, `${category}/${integration}`), { token: world.owner });

      expect(body.usedBy).toEqual({ configs, ...hanging, targets: { count: 0, items: [] } });
    }
  });

  it('is nothing for one that nobody uses, and counts no release that has ended', async () => {
    const world = await releaseWorld(api);
    const release = await world.create();
    const free = await world.repository();
    await world.call('POST', `/${release.id}/archive`, { body: { reason: 'not wanted' } });

    const unused = await api.request('GET', integrations(world, `scm/${free}`), { token: world.owner });
    const used = await api.request('GET', integrations(world, `scm/${world.ids.scm}`), { token: world.owner });

    const nothing = { count: 0, items: [] };
    expect(unused.body.usedBy).toEqual({ configs: nothing, releaseConfigs: nothing, releases: nothing, targets: nothing });
    expect(used.body.usedBy).toMatchObject({ releaseConfigs: { count: 1 }, releases: nothing });
  });

  it('keeps it from being deleted, by name, unless it is forced; that stands in the history', async () => {
    const world = await releaseWorld(api);
    const release = await world.create();
    const path = integrations(world, `scm/${world.ids.scm}`);

    const refused = await api.request('DELETE', path, { token: world.owner });
    const wrong = await api.request('DELETE', `${path}?force=perhaps`, { token: world.owner });
    const forced = await api.request('DELETE', `${path}?force=true`, { token: world.owner });

    expect([refused.status, wrong.status, forced.status]).toEqual([409, 422, 204]);
    for (const words of ['"Weekly"', release.displayId, 'force=true']) expect(refused.body.detail).toContain(words);
    const [row] = await api.db.rows<{ why: string }>("SELECT why FROM state_history WHERE scope_id = ? AND action = 'REMOVE'", [
      world.ids.scm,
    ]);
    expect(row?.why).toContain(release.displayId);
  });
});

describe('a credential that will expire', () => {
  it.each([
    [3, 1],
    [-1, 1],
    [30, 0],
  ])('in %i days has %i warnings', async (days, count) => {
    const world = await releaseWorld(api);
    await api.db.run('UPDATE tenant_scm_integrations SET credential_expires_at = UTC_TIMESTAMP(3) + INTERVAL ? DAY WHERE id = ?', [
      days,
      world.ids.scm,
    ]);

    const { body } = await api.request('GET', integrations(world, `scm/${world.ids.scm}`), { token: world.owner });

    expect(body.warnings).toHaveLength(count);
    if (count > 0) expect(body.warnings[0]).toContain(body.credentialExpiresAt);
  });
});

describe('a provider that refuses the credentials during work', () => {
  it('marks the connection once, however many meet the refusal, and names it in what they throw', async () => {
    const { world, id, path } = await waitingFor();
    const adapters = await Promise.all([1, 2, 3].map(() => open(world, id)));
    github.failNext({ status: 401, body: { message: 'Bad credentials' }, times: 999 });

    const thrown = await Promise.allSettled(
      adapters.map(({ provider, connection, deps }) => provider.sourceControl?.(connection, deps).findBranch('main')),
    );

    const connection = { category: 'scm', id, displayName: 'Acme app' };
    for (const outcome of thrown) expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'unauthorized', connection } });
    expect(await statuses(id)).toEqual(['VALID', 'INVALID']);
    expect((await api.request('GET', path, { token: world.owner })).body.verificationStatus).toBe('INVALID');
    await expect(open(world, id)).rejects.toMatchObject({ kind: 'unauthorized', connection });
  });

  it('is met while pages are read, too', async () => {
    const { world, id } = await waitingFor();
    const { provider, connection, deps } = await open(world, id);
    github.failNext({ status: 401, body: { message: 'Bad credentials' }, times: 999 });
    const read = async () => {
      for await (const _ of provider.sourceControl?.(connection, deps).pullRequests({ state: 'all' }) ?? []);
    };

    await expect(read()).rejects.toMatchObject({ kind: 'unauthorized', connection: { id } });
    expect(await statuses(id)).toEqual(['VALID', 'INVALID']);
  });

  it('once, of credentials that work, is something they may not: nothing is marked', async () => {
    const { world, id } = await waitingFor();
    const { provider, connection, deps } = await open(world, id);
    github.failNext({ status: 401, body: { message: 'Bad credentials' } });

    const asked = provider.sourceControl?.(connection, deps).findBranch('main');

    await expect(asked).rejects.toMatchObject({ kind: 'forbidden', message: expect.stringContaining('works'), connection: { id } });
    expect(await statuses(id)).toEqual(['VALID']);
  });

  it('and then cannot be asked leaves it open, and the work is tried again', async () => {
    const { world, id } = await waitingFor();
    const { provider, connection, deps } = await open(world, id);
    github.failNext({ status: 401, body: { message: 'Bad credentials' } });
    github.failNext({ status: 503, times: 99 });

    const asked = provider.sourceControl?.(connection, deps).findBranch('main');

    await expect(asked).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await statuses(id)).toEqual(['VALID']);
  });

  it('is no different from credentials that cannot be used any more', async () => {
    const [sealed, settings] = [await waitingFor(), await waitingFor()];
    await api.db.run("UPDATE tenant_scm_integrations SET credentials = 'garbled' WHERE id = ?", [sealed.id]);
    await api.db.run("UPDATE tenant_scm_integrations SET settings = '{}' WHERE id = ?", [settings.id]);

    const branches = (of: typeof sealed) => api.request('GET', `${of.path}/branches`, { token: of.world.owner });

    await expect(open(sealed.world, sealed.id)).rejects.toMatchObject({ kind: 'unauthorized', connection: { id: sealed.id } });
    await expect(open(settings.world, settings.id)).rejects.toMatchObject({ kind: 'unauthorized', connection: { id: settings.id } });
    expect([(await branches(sealed)).status, (await branches(settings)).status]).toEqual([409, 409]);
  });

  it('of a credential that was renewed during the call is tried again with the new one', async () => {
    const { world, id } = await waitingFor();
    const { provider, connection, deps } = await open(world, id);
    await api.db.run("UPDATE tenant_scm_integrations SET credentials = 'sealed anew' WHERE id = ?", [id]);
    github.failNext({ status: 401, body: { message: 'Bad credentials' } });

    const asked = provider.sourceControl?.(connection, deps).findBranch('main');

    await expect(asked).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: expect.any(Number) });
    expect(await statuses(id)).toEqual(['VALID']);
  });
});

describe('a connection that does not work', () => {
  it('is why a release waits: which, since when, who can mend it and how; the release is not paused', async () => {
    const { world, id, release, path } = await waitingFor();
    github.failNext({ status: 401, body: { message: 'Bad credentials' }, times: 99 });
    for (let times = 0; times < 2; times += 1) await api.request('POST', `${path}/verify`, { token: world.owner });
    const [broke] = await api.db.rows<{ at: Date }>(
      `SELECT h.occurred_at AS at FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.value_after = 'INVALID'`,
      [id],
    );

    const { body } = await world.call('GET', `/${release.id}/why`);

    const [item] = body.items;
    expect(item).toMatchObject({ what: 'FORK_BRANCH', on: 'person', nextAction: null });
    expect(item.connection).toMatchObject({
      ...{ category: 'scm', id, displayName: 'Acme app', verificationStatus: 'INVALID', since: broke?.at.toISOString() },
      ...{ roles: ['owner', 'admin'], people: ['owner of a test'], request: `PATCH ${path}` },
    });
    for (const words of ['"Acme app"', id, 'owner of a test', `PATCH ${path}`]) expect(item.sentence).toContain(words);
    expect(item.remedy).toContain('owner or admin');
    expect((await world.call('GET', `/${release.id}`)).body).toMatchObject({ pauseReasons: [] });
    expect(JSON.stringify(body)).not.toContain(TOKEN);
  });

  it('makes its tasks due once a person changed it, and rings for them', async () => {
    const { world, task, isDue, path } = await waitingFor();
    const before = await isDue();
    api.rung.length = 0;

    await api.request('PATCH', path, { token: world.owner, body: { displayName: 'Renamed' } });
    const renamed = await isDue();
    const changed = await api.request('PATCH', path, { token: world.owner, body: { credentials: { token: TOKEN } } });

    expect(changed.body.verificationStatus).toBe('VALID');
    expect([before, renamed, await isDue()]).toEqual([false, false, true]);
    expect(api.rung.map((wake) => wake.id)).toContain(task);
  });

  it('makes its tasks due once it is found to work again, asked by a person or by the scheduler', async () => {
    for (const verify of [
      ({ path, world }: Awaited<ReturnType<typeof waitingFor>>) => api.request('POST', `${path}/verify`, { token: world.owner }),
      ({ id }: Awaited<ReturnType<typeof waitingFor>>) => reverify(id),
    ]) {
      const broken = await waitingFor();
      github.failNext({ status: 401, body: { message: 'Bad credentials' } });
      await api.request('POST', `${broken.path}/verify`, { token: broken.world.owner });
      const before = await broken.isDue();

      await verify(broken);

      expect([before, await broken.isDue()]).toEqual([false, true]);
      expect(await statuses(broken.id)).toEqual(['VALID', 'INVALID', 'VALID']);
    }
  });

  it('has the messages it could not send sent once it works, but not those of days ago', async () => {
    const { world, release, failure, path } = await waitingFor();
    const insert = (key: string, age: number, status: string, why: string | null) =>
      api.db.run(
        `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, failure, created_at, settled_at)
         VALUES (?, ?, ?, 'TASK_FAILED', '{}', ?, ?, ?, UTC_TIMESTAMP(3) - INTERVAL ? HOUR, UTC_TIMESTAMP(3))`,
        [`01JD8Z2M6Y6Q6S7T8V9W0X${key}`, world.tenantId, release.id, key, status, why, age],
      );
    await insert('AAAA', 1, 'FAILED', failure);
    await insert('BBBB', 30, 'FAILED', failure);
    await insert('CCCC', 1, 'FAILED', '{"kind":"invalid","message":"no such channel"}');
    await insert('DDDD', 1, 'DONE', null);

    await api.request('PATCH', path, { token: world.owner, body: { credentials: { token: TOKEN } } });

    const rows = await api.db.rows<{ key: string; status: string }>(
      'SELECT dedupe_key AS `key`, status FROM deliveries WHERE tenant_id = ? AND dedupe_key IN (?) ORDER BY dedupe_key',
      [world.tenantId, ['AAAA', 'BBBB', 'CCCC', 'DDDD']],
    );
    expect(rows.map(({ status }) => status)).toEqual(['PENDING', 'FAILED', 'FAILED', 'DONE']);
  });
});

async function integrationOf(category: string, tenantId: string, id: string): Promise<string> {
  const configs: Record<string, string> = {
    'ci-cd': 'ci_cd_configs',
    'project-management': 'project_management_configs',
    'test-management': 'test_management_configs',
    communication: 'tenant_comm_channels',
  };
  const table = configs[category];
  if (table === undefined) return id;
  const [row] = await api.db.rows<{ id: string }>(`SELECT integration_id AS id FROM ${table} WHERE tenant_id = ? AND id = ?`, [
    tenantId,
    id,
  ]);
  return row?.id ?? '';
}

async function reverify(id: string): Promise<void> {
  await api.db.run('UPDATE tenant_scm_integrations SET verify_at = IF(id = ?, UTC_TIMESTAMP(3) - INTERVAL 1 SECOND, NULL)', [id]);
  await reverifyDueConnections({ ...api.deps, logger: createLogger({ level: 'silent', name: 'test' }) }, 10);
}
