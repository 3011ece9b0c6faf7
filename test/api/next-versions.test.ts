import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const web = (version?: string) => ({ platform: 'WEB', target: 'WEB', ...(version === undefined ? {} : { version }) });
const android = (version?: string) => ({ platform: 'ANDROID', target: 'PLAY_STORE', ...(version === undefined ? {} : { version }) });
const suggest = (world: ReleaseWorld, query: string, configId = world.configId, token = world.owner) =>
  api.request('GET', `/api/v1/tenants/${world.tenantId}/release-configs/${configId}/next-versions?${query}`, { token });
const versionsOf = (body: { items: { version: string | null }[] }) => body.items.map(({ version }) => version);
const fieldsOf = (body: { errors?: { field: string }[] }) => (body.errors ?? []).map(({ field }) => field);
const complete = (releaseId: string, tag: string) =>
  api.db.run(
    `UPDATE runs n JOIN releases r ON r.run_id = n.id SET n.status = 'COMPLETED', n.run_at = NULL, r.release_tag = ? WHERE r.id = ?`,
    [tag, releaseId],
  );

describe('the next versions of a config', () => {
  it('are what creating a release without versions takes, target by target', async () => {
    const world = await releaseWorld(api);
    await world.create({ platformTargets: [web('1.4.0'), android('2.0.0')] });

    const suggested = await suggest(world, 'type=MINOR');
    const created = await world.create({ platformTargets: [web(), android()] });

    expect(suggested.status, suggested.text).toBe(200);
    expect(suggested.body.items).toEqual([
      { ...web('1.5.0'), after: '1.4.0', why: 'It is what a MINOR release makes of 1.4.0.' },
      { ...android('2.1.0'), after: '2.0.0', why: 'It is what a MINOR release makes of 2.0.0.' },
    ]);
    // Its targets come in their own order.
    expect(created.platforms.map(({ version }: { version: string }) => version).sort()).toEqual(['1.5.0', '2.1.0']);
    expect(created.branch).toBe('release/1.5.0');
    expect(versionsOf((await suggest(world, 'type=MAJOR')).body)).toEqual(['2.0.0', '3.0.0']);
  });

  it('go by the calendar of the day that is asked for, in the format of the config', async () => {
    const world = await releaseWorld(api);
    const configId = await world.config({ versionScheme: 'CALVER', versionFormat: 'YY.WW.MICRO' });

    const friday = await suggest(world, `type=MINOR&date=${encodeURIComponent('2027-01-01T12:00:00+02:00')}`, configId);

    expect(versionsOf(friday.body)).toEqual(['26.53.0', '26.53.0']);
  });

  it('of a hotfix go on in the line of its base, hotfixes of hotfixes included', async () => {
    const world = await releaseWorld(api);
    const base = await world.create({ platformTargets: [web('1.4.0')] });
    await complete(base.id, 'v1.4.0');
    await world.create({ platformTargets: [web('1.5.0')] });
    const first = await world.create({ type: 'HOTFIX', baseReleaseId: base.id, platformTargets: [web()], regressionSlots: [] });
    await complete(first.id, 'v1.4.1');
    const second = await world.create({ type: 'HOTFIX', baseReleaseId: first.id, platformTargets: [web()], regressionSlots: [] });

    const third = await suggest(world, `type=HOTFIX&baseReleaseId=${base.id}`);

    expect([first, second].map(({ platforms }) => platforms[0].version)).toEqual(['1.4.1', '1.4.2']);
    expect(third.body.items[0]).toMatchObject({ version: '1.4.3', after: '1.4.2' });
    expect(third.body.items[1]).toMatchObject({ version: null, after: null });
  });

  it('are no business of other tenants, and need what they ask about', async () => {
    const world = await releaseWorld(api);
    const other = await releaseWorld(api, 'Other');
    const theirs = await other.create({});

    expect((await suggest(world, 'type=MINOR', other.configId)).status).toBe(404);
    expect((await suggest(world, 'type=MINOR', ulid())).status).toBe(404);
    expect((await suggest(world, 'type=MINOR', world.configId, other.owner)).status).toBe(404);
    expect(fieldsOf((await suggest(world, 'type=HOTFIX')).body)).toEqual(['/baseReleaseId']);
    expect(fieldsOf((await suggest(world, `type=HOTFIX&baseReleaseId=${theirs.id}`)).body)).toEqual(['/baseReleaseId']);
    expect((await suggest(world, 'type=PATCH')).status).toBe(422);
  });
});

describe('branch and tag of a release', () => {
  it('belong to one release of the repository, until it is archived', async () => {
    const world = await releaseWorld(api);
    const first = await world.create({ branch: 'release/summer' });

    const second = await world.call('POST', '', { body: world.body({ branch: 'release/summer', platformTargets: [web('1.5.0')] }) });
    const elsewhere = await world.config({ scmIntegrationId: await world.repository() });
    const third = await world.call('POST', '', { body: world.body({ releaseConfigId: elsewhere, branch: 'release/summer' }) });
    await world.call('POST', `/${first.id}/archive`);
    const fourth = await world.call('POST', '', { body: world.body({ branch: 'release/summer' }) });

    expect([second.status, fieldsOf(second.body)]).toEqual([422, ['/branch']]);
    expect(second.text).toContain(`${first.displayId}, which is PENDING`);
    expect([third.status, fourth.status]).toEqual([201, 201]);
  });

  it('cannot be a tag that another target has brought into the repository', async () => {
    const world = await releaseWorld(api);
    await world.create({ platformTargets: [web('1.4.0')] });

    const answer = await world.call('POST', '', { body: world.body({ branch: 'mobile', platformTargets: [android('1.4.0')] }) });

    expect([answer.status, fieldsOf(answer.body)]).toEqual([422, ['/platformTargets/0/version']]);
    expect(answer.text).toContain('The tag v1.4.0 is that of');
  });
});

describe('a hotfix through the API', () => {
  it('starts on the branch of its base, leaves out what its config allows, and says so', async () => {
    const world = await releaseWorld(api);
    const releaseConfigId = await world.config({ hotfix: { skipTasks: ['CREATE_TEST_SUITE'], skipRegression: true } });
    const base = await world.create({ releaseConfigId });
    await complete(base.id, 'v1.4.0');
    const asked = { releaseConfigId, type: 'HOTFIX', baseReleaseId: base.id, regressionSlots: [], platformTargets: [web()] };

    const refused = await world.call('POST', '', { body: world.body({ ...asked, skipTasks: ['PRE_KICK_OFF_REMINDER'] }) });
    const hotfix = await world.create({ ...asked, branchFrom: 'branch', skipTasks: ['CREATE_TEST_SUITE'], skipRegression: true });

    expect([refused.status, fieldsOf(refused.body)]).toEqual([422, ['/skipTasks/0']]);
    expect(hotfix).toMatchObject({
      branch: base.branch,
      baseBranch: base.branch,
      skipped: { tasks: ['CREATE_TEST_SUITE'], regression: true },
    });
    expect(base.skipped).toBeNull();
    const tasks = (await world.call('GET', `/${hotfix.id}/tasks`)).body.items.map(({ type }: { type: string }) => type);
    expect(tasks).not.toContain('CREATE_TEST_SUITE');
    expect(tasks).not.toContain('WAIT_FOR_TURN');
    const history = (await world.call('GET', `/${hotfix.id}/history?limit=100`)).body.items;
    const created = history.find(
      ({ action, entityType }: { action: string; entityType: string }) => action === 'CREATE' && entityType === 'release',
    );
    expect(
      created.items.filter(({ field }: { field: string }) => field === 'skipped').map(({ after }: { after: string }) => after),
    ).toEqual(['CREATE_TEST_SUITE', 'REGRESSION']);
    const listed = (await world.call('GET', '?phase=hotfix')).body.items.map(({ id }: { id: string }) => id);
    expect(listed).toEqual([hotfix.id]);
  });

  it('without regression is one candidate, its notes and the gate', async () => {
    const world = await releaseWorld(api);
    const releaseConfigId = await world.config({ hotfix: { skipTasks: [], skipRegression: true } });
    const base = await world.create({ releaseConfigId });
    await complete(base.id, 'v1.4.0');
    const skips = {
      releaseConfigId,
      type: 'HOTFIX',
      baseReleaseId: base.id,
      regressionSlots: [],
      platformTargets: [web()],
      skipRegression: true,
    };

    const { id } = await world.atGate({ ...skips, regressionSlots: [{ date: minutes(120) }] });

    const regression = (await world.call('GET', `/${id}/tasks`)).body.items.filter(
      ({ stage }: { stage: string }) => stage === 'REGRESSION',
    );
    expect(regression.map(({ type }: { type: string }) => type).sort()).toEqual([
      'APPROVE_REGRESSION',
      'CREATE_RC_TAG',
      'CREATE_RELEASE_NOTES',
    ]);
  });
});

describe('a target release date', () => {
  it('keeps every reason for which it moved later', async () => {
    const world = await releaseWorld(api);
    const release = await world.create({});
    const [first, second] = [minutes(700), minutes(800)];

    await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: first, delayReason: 'Store review moved' } });
    await world.call('PATCH', `/${release.id}`, { body: { delayReason: 'Something else' } });
    await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: minutes(600), delayReason: 'Earlier again' } });
    const { body } = await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: second, delayReason: 'A blocker' } });

    expect(body.delays.map(({ from, to, reason }: { from: string; to: string; reason: string }) => [from, to, reason])).toEqual([
      [release.targetReleaseDate, new Date(first).toISOString(), 'Store review moved'],
      [expect.any(String), new Date(second).toISOString(), 'A blocker'],
    ]);
    expect(body.delays[0].by).toEqual(release.createdBy);
    expect(body.delayReason).toBe('A blocker');
  });

  it('moves before planned slots only when they are to be skipped, and names them otherwise', async () => {
    const world = await releaseWorld(api);
    const release = await world.create({});
    const target = minutes(200);
    const [, behind] = release.slots;

    const refused = await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: target } });
    const moved = await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: target, skipSlots: true } });

    expect([refused.status, fieldsOf(refused.body)]).toEqual([422, ['/targetReleaseDate']]);
    expect(refused.text).toContain(behind.date);
    expect(moved.status, moved.text).toBe(200);
    expect(moved.body.slots.map(({ status }: { status: string }) => status)).toEqual(['PLANNED', 'SKIPPED']);
    expect(moved.body.slots[1].reason).toContain(new Date(target).toISOString());
    const history = (await world.call('GET', `/${release.id}/history?limit=10`)).body.items;
    expect(
      history.some(({ entityType, entityId }: { entityType: string; entityId: string }) => entityType === 'slot' && entityId === behind.id),
    ).toBe(true);
  });
});
