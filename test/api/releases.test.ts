import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const countOf = async (table: string, tenantId = world.tenantId) => {
  const [row] = await api.db.rows<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table} WHERE tenant_id = ?`, [tenantId]);
  return row?.count;
};

describe('creating a release', () => {
  it('writes release, versions, slots, run, stages, kickoff tasks and history, and rings what is due', async () => {
    const fresh = await releaseWorld(api);
    api.rung.length = 0;

    const answer = await fresh.call('POST', '', { body: fresh.body({ kickOffDate: minutes(-1), description: 'The first' }) });

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      displayId: 'REL-1',
      status: 'PENDING',
      branch: 'release/1.4.0',
      baseBranch: 'main',
      description: 'The first',
      buildMode: 'CI',
      config: { id: fresh.configId, name: 'Weekly' },
      platforms: [{ platform: 'WEB', target: 'WEB', version: '1.4.0', ticket: null, testRun: null }],
      pauseReasons: [],
      gate: null,
    });
    expect(answer.body.stages.map((stage: { key: string; status: string }) => [stage.key, stage.status])).toEqual([
      ['KICKOFF', 'IN_PROGRESS'],
      ['REGRESSION', 'PENDING'],
      ['POST_REGRESSION', 'PENDING'],
    ]);
    expect(answer.body.slots).toHaveLength(2);
    const tasks = await fresh.call('GET', `/${answer.body.id}/tasks`);
    expect(tasks.body.items.map((task: { type: string }) => task.type).sort()).toEqual([
      'CREATE_PROJECT_MANAGEMENT_TICKET',
      'CREATE_TEST_SUITE',
      'FORK_BRANCH',
    ]);
    const history = await fresh.call('GET', `/${answer.body.id}/history?limit=100`);
    const created = history.body.items.find((event: { entityType: string }) => event.entityType === 'release');
    expect(created).toMatchObject({ action: 'CREATE', by: { displayName: expect.any(String) } });
    expect(created.items).toContainEqual({ entityId: null, field: 'displayId', before: null, after: 'REL-1' });
    const fork = tasks.body.items.find((task: { type: string }) => task.type === 'FORK_BRANCH');
    expect(api.rung.map((wake) => [wake.kind, wake.queue])).toEqual(
      expect.arrayContaining([
        ['task', 'kickoff'],
        ['run', 'kickoff'],
      ]),
    );
    expect(api.rung.some((wake) => wake.id === fork.id)).toBe(true);
  });

  it('keeps the config as it was: a later edit of it touches only later releases', async () => {
    const fresh = await releaseWorld(api);
    const release = await fresh.create();
    await api.db.run(`UPDATE release_configs SET name = 'Renamed', body = JSON_SET(body, '$.baseBranch', 'trunk') WHERE id = ?`, [
      fresh.configId,
    ]);

    const [before, after] = [await fresh.call('GET', `/${release.id}`), await fresh.create({ platformTargets: version('1.5.0') })];

    expect(before.body).toMatchObject({ baseBranch: 'main', config: { name: 'Weekly' } });
    expect(after).toMatchObject({ baseBranch: 'trunk', config: { name: 'Renamed' } });
  });

  it('tells every problem at once, each at its field, and writes nothing', async () => {
    const before = [await countOf('releases'), await countOf('runs'), await countOf('state_history')];

    const answer = await world.call('POST', '', {
      body: world.body({
        platformTargets: version('one'),
        kickOffDate: minutes(-600),
        targetReleaseDate: minutes(100),
        regressionSlots: [{ date: minutes(200) }],
        branch: 'a..b',
        baseReleaseId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
        pilotAccountId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
      }),
    });

    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(fieldsOf(answer.body)).toEqual(
      expect.arrayContaining([
        '/baseReleaseId',
        '/branch',
        '/kickOffDate',
        '/pilotAccountId',
        '/platformTargets/0/version',
        '/regressionSlots/0/date',
      ]),
    );
    expect([await countOf('releases'), await countOf('runs'), await countOf('state_history')]).toEqual(before);
  });

  it.each([
    ['no such config', {}, { releaseConfigId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z' }],
    ['a CI config that is gone', { ciConfigId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z' }, {}],
    ['a tracker config that is gone', { projectManagementConfigId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z' }, {}],
    ['a tag pattern without {version}', { tagPattern: 'fixed' }, {}],
  ])('refuses %s at /releaseConfigId', async (_name, over, body) => {
    const answer = await world.call('POST', '', { body: world.body({ releaseConfigId: await world.config(over), ...body }) });

    expect(answer.status).toBe(422);
    expect(fieldsOf(answer.body)).toContain('/releaseConfigId');
  });

  it('refuses a config that is switched off, or whose connection is', async () => {
    const off = await releaseWorld(api);
    await api.db.run('UPDATE release_configs SET is_active = 0 WHERE id = ?', [off.configId]);
    const unplugged = await releaseWorld(api);
    await api.db.run('UPDATE tenant_comm_integrations SET is_active = 0 WHERE tenant_id = ?', [unplugged.tenantId]);

    const answers = [await off.call('POST', '', { body: off.body() }), await unplugged.call('POST', '', { body: unplugged.body() })];

    expect(answers.map(({ status }) => status)).toEqual([422, 422]);
    expect(answers[1]?.body.errors).toEqual([{ field: '/releaseConfigId', message: expect.stringContaining('channel config') }]);
  });

  it("does not take another tenant's config, base release or pilot", async () => {
    const other = await releaseWorld(api, 'Other');
    const theirs = await other.create();

    const config = await world.call('POST', '', { body: world.body({ releaseConfigId: other.configId }) });
    const rest = await world.call('POST', '', {
      body: world.body({ baseReleaseId: theirs.id, pilotAccountId: theirs.createdBy.accountId }),
    });

    expect(fieldsOf(config.body)).toEqual(['/releaseConfigId']);
    expect(fieldsOf(rest.body)).toEqual(expect.arrayContaining(['/baseReleaseId', '/pilotAccountId']));
  });

  it('wants a version greater than the latest of the same repository; archived releases and other repositories do not count', async () => {
    const fresh = await releaseWorld(api);
    await fresh.create({ platformTargets: version('2.0.0'), type: 'MAJOR' });
    const archived = await fresh.create({ platformTargets: version('3.0.0'), type: 'MAJOR' });
    await fresh.call('POST', `/${archived.id}/archive`);

    const elsewhere = await fresh.config({ scmIntegrationId: await fresh.repository() });

    const lower = await fresh.call('POST', '', { body: fresh.body({ platformTargets: version('1.9.0') }) });
    const higher = await fresh.call('POST', '', { body: fresh.body({ platformTargets: version('2.1.0') }) });
    const other = await fresh.call('POST', '', { body: fresh.body({ releaseConfigId: elsewhere, platformTargets: version('0.1.0') }) });

    expect(lower.body.errors).toEqual([{ field: '/platformTargets/0/version', message: 'The version must be greater than 2.0.0.' }]);
    expect([higher.status, other.status]).toEqual([201, 201]);
  });

  it('makes a hotfix on the line of its base, below later versions', async () => {
    const fresh = await releaseWorld(api);
    const base = await fresh.create({ platformTargets: version('1.4.0') });
    await fresh.create({ platformTargets: version('1.5.0') });
    await api.db.run(`UPDATE runs SET status = 'COMPLETED' WHERE subject_id = ?`, [base.id]);
    await api.db.run(`UPDATE releases SET release_tag = 'v1.4.0' WHERE id = ?`, [base.id]);
    const hotfix = { type: 'HOTFIX', baseReleaseId: base.id, regressionSlots: [] };

    const first = await fresh.call('POST', '', { body: fresh.body({ ...hotfix, platformTargets: version('1.4.1') }) });
    const again = await fresh.call('POST', '', { body: fresh.body({ ...hotfix, platformTargets: version('1.4.1') }) });

    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ baseBranch: 'v1.4.0', baseReleaseId: base.id, type: 'HOTFIX' });
    expect(first.body.slots).toHaveLength(1);
    expect(again.body.errors).toEqual([{ field: '/platformTargets/0/version', message: 'The version must be greater than 1.4.1.' }]);
  });

  it('numbers releases created at once without gap or double, and lets one of two equal versions win', async () => {
    const fresh = await releaseWorld(api);
    const bodies = Array.from({ length: 10 }, (_, index) => fresh.body({ platformTargets: version(`${index + 1}.0.0`), type: 'MAJOR' }));

    const answers = await Promise.all(bodies.map((body) => fresh.call('POST', '', { body })));
    const equal = await Promise.all(
      [1, 2].map(() => fresh.call('POST', '', { body: fresh.body({ platformTargets: version('50.0.0'), type: 'MAJOR' }) })),
    );

    const created = answers.filter(({ status }) => status === 201).map(({ body }) => body.displayId);
    const numbers = (
      await api.db.rows<{ number: number }>('SELECT display_number AS number FROM releases WHERE tenant_id = ? ORDER BY id', [
        fresh.tenantId,
      ])
    ).map(({ number }) => number);
    expect(new Set(created).size).toBe(created.length);
    expect(created.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 422)).toBe(true);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(equal.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  it('gives ten releases created at once ten numbers', async () => {
    const fresh = await releaseWorld(api);
    const configs = await Promise.all(Array.from({ length: 10 }, () => fresh.config({ versionScheme: 'CUSTOM' })));
    const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

    const answers = await Promise.all(
      configs.map((releaseConfigId, index) =>
        fresh.call('POST', '', { body: fresh.body({ releaseConfigId, platformTargets: version(words[index] ?? '') }) }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(new Set(answers.map(({ body }) => body.displayId)).size).toBe(10);
  });

  it('creates once when the same Idempotency-Key comes twice', async () => {
    const fresh = await releaseWorld(api);
    const request = { body: fresh.body(), headers: { 'idempotency-key': 'once' } };

    const [first, second] = [await fresh.call('POST', '', request), await fresh.call('POST', '', request)];

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(await countOf('releases', fresh.tenantId)).toBe(1);
  });

  it.each([
    ['not JSON', 'nonsense', 400, { 'content-type': 'application/json' }],
    ['another media type', '<a/>', 415, { 'content-type': 'text/xml' }],
    ['no object', '[]', 422, { 'content-type': 'application/json' }],
    ['wrong types', '{"type":1,"platformTargets":"x","kickOffDate":5,"releaseConfigId":[]}', 422, { 'content-type': 'application/json' }],
    ['too much', `{"description":"${'x'.repeat(1_100_000)}"}`, 413, { 'content-type': 'application/json' }],
  ])('answers a body that is %s with a problem', async (_name, body, status, headers) => {
    const answer = await world.call('POST', '', { body, headers });

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each([
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-14:00',
    '2026-02-30T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    'tomorrow',
    '',
    null,
    7,
  ])('refuses the date %s', async (kickOffDate) => {
    const answer = await world.call('POST', '', { body: world.body({ kickOffDate }) });

    expect(answer.status).toBe(422);
    expect(fieldsOf(answer.body)).toContain('/kickOffDate');
  });
});

function version(text: string) {
  return [{ platform: 'WEB', target: 'WEB', version: text }];
}

function fieldsOf(body: { errors: { field: string }[] }): string[] {
  return body.errors.map(({ field }) => field);
}
