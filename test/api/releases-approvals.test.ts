import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let major = 0;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const next = () => {
  major += 1;
  return { type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }] };
};
const read = async (id: string) => (await world.call('GET', `/${id}`)).body;

describe('approvals', () => {
  it('takes one word per account for the candidate at the gate, and hurries the gate', async () => {
    const { id, gateId } = await world.atGate(next(), 'abc123');
    const { token, accountId } = await world.person('release-manager');
    api.rung.length = 0;

    const first = await world.call('POST', `/${id}/approvals`, { token, body: { decision: 'REJECTED', comment: 'Crashes' } });
    const second = await world.call('POST', `/${id}/approvals`, { token, body: { decision: 'APPROVED' } });

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toMatchObject({
      taskId: gateId,
      quorum: 2,
      approvals: [{ decision: 'APPROVED', comment: null, commit: 'abc123', by: { accountId } }],
    });
    expect(api.rung.map((wake) => wake.id)).toEqual([gateId, gateId]);
    const { body } = await world.call('GET', `/${id}/approvals`);
    expect(body.items).toHaveLength(1);
    const words = (await world.call('GET', `/${id}/history?limit=100`)).body.items.filter(
      (event: { entityType: string }) => event.entityType === 'approval',
    );
    expect(words.map((event: { action: string }) => event.action)).toEqual(['UPDATE', 'ADD']);
    expect(words[0].items[0]).toMatchObject({ field: 'decision', before: 'REJECTED', after: 'APPROVED' });
  });

  it('takes two approvals at once, also while the gate is being looked at', async () => {
    const { id, gateId } = await world.atGate(next());
    const people = [await world.person('release-manager'), await world.person('admin')];
    await api.db.run(`UPDATE tasks SET status = 'IN_PROGRESS', wait_reason = NULL WHERE id = ?`, [gateId]);

    const answers = await Promise.all(
      people.map(({ token }) => world.call('POST', `/${id}/approvals`, { token, body: { decision: 'APPROVED' } })),
    );

    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect((await read(id)).gate.approvals).toHaveLength(2);
  });

  it('refuses the creator, unless the config lets them', async () => {
    const strict = await world.atGate(next());
    const lenient = await world.atGate({
      ...next(),
      releaseConfigId: await world.config({
        gates: {
          preReleaseApproval: 'manual',
          quorum: 1,
          allowSelfApproval: true,
          distributionApproval: 'manual',
          preRelease: plainRules,
          distribution: plainRules,
        },
      }),
    });

    const answers = [strict, lenient].map(({ id }) => world.call('POST', `/${id}/approvals`, { body: { decision: 'APPROVED' } }));

    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([403, 201]);
    expect((await read(strict.id)).gate.approvals).toEqual([]);
  });

  it.each([
    ['before the gate exists', null, 'has not come to its gate'],
    ['while its requirements do not hold', `status = 'WAITING', wait_reason = 'CALLBACK'`, 'WAITING (CALLBACK)'],
    ['before it was looked at', `status = 'READY', wait_reason = NULL, output = NULL`, 'READY'],
    ['after it was passed', `status = 'COMPLETED', wait_reason = NULL`, 'COMPLETED'],
  ])('refuses %s', async (_name, set, detail) => {
    const { id } = set === null ? await world.kickedOff(next()) : await world.atGate(next());
    const { token } = await world.person('release-manager');
    if (set !== null) {
      await api.db.run(
        `UPDATE tasks t JOIN runs r ON r.id = t.run_id SET t.${set.replaceAll(', ', ', t.')} WHERE r.subject_id = ? AND t.type = 'APPROVE_REGRESSION'`,
        [id],
      );
    }

    const answer = await world.call('POST', `/${id}/approvals`, { token, body: { decision: 'APPROVED' } });

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain(detail);
    expect((await world.call('GET', `/${id}/approvals`)).body.items).toEqual([]);
  });

  it.each([{}, { decision: 'MAYBE' }, { decision: 'APPROVED', commit: 'x' }, { decision: 'APPROVED', comment: 'x'.repeat(1001) }])(
    'refuses %j',
    async (body) => {
      const { id } = await world.atGate(next());

      expect((await world.call('POST', `/${id}/approvals`, { body })).status).toBe(422);
    },
  );
});
