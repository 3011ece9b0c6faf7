import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { type GateWorld, gateWorld } from './gate-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let world: GateWorld;
let rita: { token: string; accountId: string };
let sam: { token: string; accountId: string };
beforeAll(async () => {
  api = await startApi();
  world = await gateWorld(api);
  [rita, sam] = [await world.person('release-manager'), await world.person('release-manager')];
});
afterAll(() => api.close());

const history = async (id: string) => (await world.call('GET', `/${id}/history?limit=100`)).body.items;
const shown = async (id: string) => {
  const gate = await world.gate(id);
  return { state: gate.state, evidence: gate.approval.evidence };
};

const form = (gates: object) => ({
  ...{ name: 'App', releaseType: 'MINOR', baseBranch: 'main', scmIntegrationId: world.ids.scm, buildMode: 'MANUAL' },
  ...{ platformTargets: [{ platform: 'WEB', target: 'WEB' }], gates },
});

describe('groups and delegations', () => {
  const until = () => new Date(Date.now() + 60 * 60_000).toISOString();
  const leave = (from: { token: string }, to: { accountId: string }, more: object = {}) =>
    world.tenant('POST', 'approval-delegations', { toAccountId: to.accountId, until: until(), reason: 'Away', ...more }, from.token);
  const ofQa = (...people: { accountId: string }[]) => ({
    quorum: 1,
    preRelease: {
      ...plainRules,
      groups: [{ name: 'QA', roles: [], accountIds: people.map(({ accountId }) => accountId), quorum: 1 }],
    },
  });

  it('hold the gate until each group has its quorum, which an approval on behalf of one of its people fills, once', async () => {
    const lead = await world.person('release-manager');
    const deputy = await world.person('release-manager');
    const { id, gateId } = await world.asking(ofQa(lead));
    await world.approve(id, rita.token);
    const without = [await world.look(gateId), (await shown(id)).evidence];
    const why = (await world.call('GET', `/${id}/why`)).body;
    const left = await leave(lead, deputy);

    const asked = (await world.gate(id)).mayApprove.find(({ accountId }: { accountId: string }) => accountId === deputy.accountId);
    await world.approve(id, deputy.token);

    expect(without).toEqual(['APPROVAL', '1 of 1 approval, QA 0 of 1']);
    expect(why.summary).toContain('waits for approval (1 of 1 given; QA 0 of 1)');
    expect(left.status).toBe(201);
    expect(asked.groups).toEqual(['QA']);
    expect(await world.look(gateId)).toBe('COMPLETED');
    const [word] = (await world.gate(id)).approvals;
    expect(word).toMatchObject({ by: { accountId: deputy.accountId }, for: [{ accountId: lead.accountId }], groups: ['QA'] });
    const [said] = (await history(id)).filter(({ entityType }: { entityType: string }) => entityType === 'approval');
    expect(said.items).toContainEqual(expect.objectContaining({ field: 'for', before: null, after: lead.accountId }));
  });

  it('let nobody approve what they created through somebody else', async () => {
    const owner = (await api.request('GET', '/api/v1/me', { token: world.owner })).body.account.id;
    const deputy = await world.person('release-manager');
    const { id, gateId } = await world.asking(ofQa({ accountId: owner }));
    const left = await leave({ token: world.owner }, deputy);

    await world.approve(id, deputy.token);

    expect(left.status).toBe(201);
    expect(await world.look(gateId)).toBe('APPROVAL');
    expect((await shown(id)).evidence).toBe('1 of 1 approval, QA 0 of 1');
  });

  it('are made by those who may approve, for those who may, for a time; and are taken back by whoever made them, or an admin', async () => {
    const lead = await world.person('release-manager');
    const [contributor, admin] = [await world.person('contributor'), await world.person('admin')];
    const made = await leave(lead, sam);
    const at = `approval-delegations/${made.body.id}`;
    const { token: stranger, tenantId } = await api.tenant('Other');

    const refused = await Promise.all([
      leave(contributor, sam),
      leave(lead, contributor),
      leave(lead, lead),
      leave(lead, sam, { until: '2020-01-01T00:00:00Z' }),
      leave(lead, sam, { from: until(), until: new Date(Date.now() + 60_000).toISOString() }),
      leave(lead, sam, { reason: ' ' }),
    ]);
    const taken = [
      await world.tenant('DELETE', at, undefined, sam.token),
      await api.request('DELETE', `/api/v1/tenants/${tenantId}/${at}`, { token: stranger }),
      await world.tenant('DELETE', at, undefined, admin.token),
      await world.tenant('DELETE', at, undefined, lead.token),
    ];

    expect(refused.map(({ status }) => status)).toEqual([403, 422, 422, 422, 422, 422]);
    expect(refused.slice(1).map(({ body }) => body.errors[0].field)).toEqual([
      '/toAccountId',
      '/toAccountId',
      '/until',
      '/until',
      '/reason',
    ]);
    expect(taken.map(({ status }) => status)).toEqual([403, 404, 204, 204]);
    const { items } = (await world.tenant('GET', 'approval-delegations?limit=1')).body;
    expect(items).toMatchObject([{ id: made.body.id, to: { accountId: sam.accountId }, isActive: false, revokedAt: expect.any(String) }]);
    const told = await api.db.rows<{ action: string }>(
      `SELECT h.action FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.field = 'approvalDelegation' ORDER BY h.sequence`,
      [lead.accountId],
    );
    expect(told.map(({ action }) => action)).toEqual(['ADD', 'REMOVE']);
  });

  it('are changed in a config rule by rule; without channels a reminder is a warning', async () => {
    const groups = [{ name: 'QA', roles: [], accountIds: [rita.accountId], quorum: 1 }];
    const made = await world.tenant('POST', 'release-configs', form({ preRelease: { groups } }));

    const changed = await world.tenant('PATCH', `release-configs/${made.body.id}`, {
      gates: { preRelease: { remindAfterMs: 60_000, escalateAfterMs: 120_000, escalateTo: { critical: true } } },
    });

    expect([made.status, changed.status], made.text + changed.text).toEqual([201, 200]);
    expect(changed.body.gates).toMatchObject({
      preRelease: { groups, quorum: null, remindAfterMs: 60_000, escalateTo: { critical: true, accountIds: [] } },
      distribution: { groups: [], remindAfterMs: null },
    });
    expect(changed.body.warnings.map(({ field }: { field: string }) => field)).toContain('/gates/preRelease/remindAfterMs');
  });

  it('warn of a quorum that the tenant has not the people for, at the field that says it', async () => {
    const quorumWarnings = async (gates: object) => {
      const { body } = await world.tenant('POST', 'release-configs', form(gates));
      return body.warnings.filter(({ field }: { field: string }) => field.endsWith('/quorum'));
    };

    const all = await quorumWarnings({ quorum: 20 });
    const one = await quorumWarnings({ quorum: 1, preRelease: { quorum: 20 }, distribution: { quorum: 20 } });
    const none = await quorumWarnings({ quorum: 1 });

    expect(all).toEqual([
      { field: '/gates/quorum', message: expect.stringMatching(/^is more than the \d+ active members who may approve/) },
    ]);
    // Without stores there is no gate before them.
    expect(one).toEqual([{ field: '/gates/preRelease/quorum', message: expect.stringContaining('is more than') }]);
    expect(none).toEqual([]);
  });

  it.each([
    ['nobody of a role', { groups: [{ name: 'QA', roles: ['admin'], quorum: 9 }] }, '/gates/preRelease/groups/0/quorum'],
    ['a stranger', { groups: [{ name: 'QA', accountIds: ['01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z'] }] }, '/gates/preRelease/groups/0/accountIds/0'],
    ['no first reminder', { remindEveryMs: 60_000 }, '/gates/preRelease/remindEveryMs'],
    ['a role that may not approve', { groups: [{ name: 'QA', roles: ['viewer'] }] }, '/gates/preRelease/groups/0/roles/0'],
  ])('are refused in a config that names %s, at its field', async (_what, preRelease, field) => {
    const answer = await world.tenant('POST', 'release-configs', form({ preRelease }));

    expect([answer.status, answer.body.errors?.[0]?.field], answer.text).toEqual([422, field]);
  });
});
