import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigPartsWorld, configPartsWorld, fieldsOf, workflow } from './config-parts-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** Release configs whose configs are named or written out, changed part by part, and what is told of each change. */

let api: ApiHarness;
let world: ConfigPartsWorld;
beforeAll(async () => {
  api = await startApi();
  world = await configPartsWorld(api);
});
afterAll(() => api.close());

const UNKNOWN = '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z';
const all = () => ({ ...world.inline, buildMode: 'CI' });
const fields = {
  ci: ['ciConfigId', 'ci-cd-configs'],
  projectManagement: ['projectManagementConfigId', 'project-management-configs'],
  testManagement: ['testManagementConfigId', 'test-management-configs'],
  communication: ['commsConfigId', 'communication-channels'],
} as const;
type Part = keyof typeof fields;
const parts = Object.keys(fields) as Part[];
const patch = (id: string, change: unknown, query = '') => world.at('PATCH', `release-configs/${id}${query}`, change);
const history = async (id: string, query = '') => (await world.at('GET', `release-configs/${id}/history${query}`)).body;

describe('a release config', () => {
  it('is created with everything written out: configs of its own, called like it, which it names', async () => {
    const made = await world.made(all());

    expect(made.warnings).toEqual([]);
    for (const part of parts) {
      const [field, path] = fields[part];
      const config = await world.at('GET', `${path}/${made[field]}`);
      expect(config.body).toMatchObject({ ...world.inline[part], name: 'App' });
    }
    expect((await world.at('GET', `release-configs/${made.id}`)).body).toEqual({ ...made, warnings: undefined });
  });

  it.each(parts)('keeps %s when a change does not name it, lets go of it at null, and takes another by id', async (part) => {
    const made = await world.made(all());
    const [field, path] = fields[part];
    const other = await world.at('POST', path, { name: 'Other', ...world.inline[part] });

    const kept = await patch(made.id, { baseBranch: 'develop' });
    const taken = await patch(made.id, { [part]: { configId: other.body.id } });
    const gone = await patch(made.id, { [part]: null, buildMode: 'MANUAL' });

    expect([kept.status, taken.status, gone.status], taken.text + gone.text).toEqual([200, 200, 200]);
    expect(kept.body).toMatchObject({ baseBranch: 'develop', [field]: made[field], gates: made.gates });
    expect(taken.body[field]).toBe(other.body.id);
    expect(gone.body[field]).toBeNull();
    // Its own went with it, the other stands by itself.
    expect((await world.at('GET', `${path}/${made[field]}`)).status).toBe(404);
    expect((await world.at('GET', `${path}/${other.body.id}`)).status).toBe(200);
  });

  it('replaces what it has for itself in place, and leaves what stands by itself as it is', async () => {
    const own = await world.made(all());
    const named = await world.made({ ciConfigId: own.ciConfigId, buildMode: 'CI', name: 'Second' });
    const standing = await world.made({ commsConfigId: world.ids.comms, name: 'Third' });
    const channels = { ...world.inline.communication, channels: { builds: ['C9'] } };

    const inPlace = await patch(own.id, { communication: channels });
    const shared = await patch(own.id, { ci: { ...world.inline.ci, workflows: [workflow('other.yml')] } });
    const beside = await patch(standing.id, { communication: channels });

    expect(inPlace.body.commsConfigId).toBe(own.commsConfigId);
    expect((await world.at('GET', `communication-channels/${own.commsConfigId}`)).body.channels).toEqual({ builds: ['C9'] });
    // Another release config uses it: it stays as that knows it.
    expect(shared.body.ciConfigId).not.toBe(own.ciConfigId);
    expect((await world.at('GET', `ci-cd-configs/${named.ciConfigId}`)).body.workflows).toMatchObject([{ workflowId: 'build.yml' }]);
    expect(beside.body.commsConfigId).not.toBe(world.ids.comms);
    expect((await world.at('GET', `communication-channels/${world.ids.comms}`)).body.channels).toEqual({});
  });

  it('changes objects within it field by field, whatever their defaults are', async () => {
    const made = await world.made({ gates: { quorum: 3, allowSelfApproval: true } });

    const changed = await patch(made.id, { gates: { quorum: 2 } });

    expect(changed.body.gates).toEqual({ ...made.gates, quorum: 2 });
    expect(changed.body).toEqual({ ...made, gates: changed.body.gates, updatedAt: changed.body.updatedAt });
  });

  it('tells every problem at once, each at its field, and writes nothing', async () => {
    const made = await world.made(all());
    const before = await api.db.rows('SELECT COUNT(*) AS n FROM state_history WHERE tenant_id = ?', [world.tenantId]);

    const answer = await patch(made.id, {
      baseBranch: 'a..b',
      ci: { ...world.inline.ci, workflows: [workflow('1'), workflow('2')] },
      projectManagement: { ...world.inline.projectManagement, integrationId: UNKNOWN },
      testManagement: { configId: UNKNOWN },
      stores: [{ target: 'PLAY_STORE', storeConfigId: UNKNOWN, rolloutPlan: { preset: 'immediate' } }],
    });

    expect(answer.status).toBe(422);
    expect(fieldsOf(answer).sort()).toEqual([
      '/baseBranch',
      '/ci/workflows/1',
      '/projectManagement/integrationId',
      '/stores/0/storeConfigId',
      '/stores/0/target',
      '/testManagement/configId',
    ]);
    expect((await world.at('GET', `release-configs/${made.id}`)).body.updatedAt).toBe(made.updatedAt);
    expect(await api.db.rows('SELECT COUNT(*) AS n FROM state_history WHERE tenant_id = ?', [world.tenantId])).toEqual(before);
  });

  it.each([
    ['a wrong id', { ci: { configId: 'x' } }, ['/ci/configId']],
    ['a field of what is written out', { ci: { integrationId: UNKNOWN, workflows: [{ platform: 'TV' }] } }, ['/ci/workflows/0/platform']],
    ['both forms at once', { ci: { configId: UNKNOWN, integrationId: UNKNOWN } }, ['/ci/integrationId']],
    ['nothing to change', {}, ['']],
    ['the id where the part is meant', { ciConfigId: UNKNOWN }, ['/ciConfigId']],
    ['a store without config', { stores: [{ target: 'PLAY_STORE', rolloutPlan: { preset: 'immediate' } }] }, ['/stores/0/storeConfigId']],
  ])('is not changed with %s', async (_what, change, expected) => {
    const made = await world.made();

    const answer = await patch(made.id, change);

    expect(answer.status).toBe(422);
    expect(fieldsOf(answer)).toEqual(expect.arrayContaining(expected));
  });

  it('is not created with a part both named and written out', async () => {
    const answer = await world.at('POST', 'release-configs', world.form({ ciConfigId: world.ids.ci, ci: world.inline.ci }));

    expect(fieldsOf(answer)).toEqual(['/ci']);
  });
});

describe('connections that a release config uses', () => {
  it.each(['INVALID', 'EXPIRED'])('keep it from being written when they are %s, by name and with how to mend them', async (status) => {
    const own = await configPartsWorld(api);
    const made = await own.made();
    await api.db.run('UPDATE tenant_ci_cd_integrations SET verification_status = ? WHERE id = ?', [status, own.connections.ci]);
    await api.db.run('UPDATE tenant_scm_integrations SET verification_status = ? WHERE id = ?', [status, own.ids.scm]);

    const answers = [
      await own.at('POST', 'release-configs', own.form({ ci: own.inline.ci })),
      await own.at('PUT', `release-configs/${made.id}`, own.form({ ciConfigId: own.ids.ci })),
      await own.at('PATCH', `release-configs/${made.id}`, { ci: { configId: own.ids.ci } }),
    ];

    expect(answers.map(({ status: answered }) => answered)).toEqual([422, 422, 422]);
    expect(answers.map(fieldsOf)).toEqual([
      ['/scmIntegrationId', '/ci/integrationId'],
      ['/scmIntegrationId', '/ciConfigId'],
      ['/scmIntegrationId', '/ci/configId'],
    ]);
    for (const { body } of answers) {
      expect(body.errors[1].message).toContain(`"github", which is ${status}`);
      expect(body.errors[1].message).toContain(`PATCH /api/v1/tenants/${own.tenantId}/integrations/ci-cd/${own.connections.ci}`);
    }
  });

  it('that nobody verified yet are a warning', async () => {
    const own = await configPartsWorld(api);
    await api.db.run("UPDATE tenant_comm_integrations SET verification_status = 'PENDING' WHERE id = ?", [own.connections.comms]);

    const made = await own.made({ communication: own.inline.communication });

    expect(made.warnings).toEqual([
      {
        field: '/communication/integrationId',
        message: expect.stringContaining(`integrations/communication/${own.connections.comms}/verify`),
      },
    ]);
  });
});

describe('the history of a release config', () => {
  it('tells of each change who, when and which fields, those of its configs included, newest first and page by page', async () => {
    const made = await world.made(all());
    await patch(made.id, { baseBranch: 'develop', gates: { quorum: 2 }, communication: { ...world.inline.communication, channels: {} } });
    await world.at('PUT', `ci-cd-configs/${made.ciConfigId}`, { name: 'Renamed', ...world.inline.ci });
    await patch(made.id, { testManagement: null });
    await patch(made.id, { testManagement: null });
    await world.at('DELETE', `release-configs/${made.id}`);

    const { items } = await history(made.id);
    const first = await history(made.id, '?limit=2');
    const second = await history(made.id, `?limit=3&cursor=${first.nextCursor}`);

    const told = items.map(
      ({ action, items: changes }: { action: string; items: { field: string; before: unknown; after: unknown }[] }) => [
        action,
        ...changes.map(({ field, before, after }) => [field, before, after]),
      ],
    );
    expect(told.slice(0, 4)).toEqual([
      ['REMOVE', ['isActive', 'true', 'false']],
      ['UPDATE', ['testManagementConfigId', made.testManagementConfigId, null]],
      ['UPDATE', ['ci.name', 'App', 'Renamed']],
      ['UPDATE', ['baseBranch', 'main', 'develop'], ['gates.quorum', '1', '2'], ['communication.channels.releases', '["C1"]', null]],
    ]);
    expect(told[4]).toEqual(expect.arrayContaining(['CREATE', ['name', null, 'App'], ['testManagement.projectId', null, '7']]));
    expect(items).toHaveLength(5);
    for (const event of items) expect(event).toMatchObject({ by: { accountId: expect.any(String) }, at: expect.any(String) });
    expect([...first.items, ...second.items]).toEqual(items);
    expect(second.nextCursor).toBeNull();
  });
});

it('the changes of a release config are for those who may write configs, its history for those who may read them, none across tenants', async () => {
  const made = await world.made();
  const [viewer, stranger] = [await world.person('viewer'), await configPartsWorld(api)];
  const one = `release-configs/${made.id}`;

  for (const [method, path, body] of [
    ['PATCH', one, { baseBranch: 'x' }],
    ['POST', `${one}/default`, undefined],
  ] as const) {
    expect((await world.at(method, path, body, viewer.token)).status).toBe(403);
    expect((await stranger.at(method, path, body)).status).toBe(404);
  }
  expect((await world.at('GET', `${one}/history`, undefined, viewer.token)).status).toBe(200);
  for (const path of [`${one}/history`, `${one}/suggested-schedule`]) expect((await stranger.at('GET', path)).status).toBe(404);
  expect(fieldsOf(await stranger.at('POST', 'release-configs', stranger.form({ ci: world.inline.ci })))).toEqual(['/ci/integrationId']);
});
