import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { showGate } from '../../src/services/gates/read-gates.ts';
import { countingDatabase } from './counting-database.ts';
import { commit, type GateWorld, gateWorld } from './gate-world.ts';
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

describe('the gates of a release', () => {
  it('show what each needs, who can bring it about, what is asked, who said what and who still may', async () => {
    const { id, gateId } = await world.asking();
    await world.approve(id, rita.token, { comment: 'Tried it.' });

    const { body } = await world.call('GET', `/${id}/gates`);

    expect(body.items).toHaveLength(1);
    const [gate] = body.items;
    expect(gate).toMatchObject({
      ...{ gate: 'pre-release', state: 'ASKING', task: { id: gateId, status: 'WAITING', waitReason: 'APPROVAL' }, override: null },
      approval: { mode: 'manual', met: false, quorum: 2, given: 1, evidence: '1 of 2 approvals' },
      subject: { commit, builds: [{ name: 'WEB', identity: 'sha256:beef' }], notesDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      approvals: [
        { decision: 'APPROVED', comment: 'Tried it.', by: { accountId: rita.accountId }, counts: true, whyNot: null, changed: [] },
      ],
    });
    expect(gate.requirements).toContainEqual(
      expect.objectContaining({ key: 'no-late-commits', met: true, stale: false, owner: { kind: 'role', roles: expect.any(Array) } }),
    );
    const may = gate.mayApprove.map(({ accountId }: { accountId: string }) => accountId);
    expect(may).toContain(sam.accountId);
    expect(may).not.toContain(rita.accountId);
  });

  it('are not reached before there is one, and opened for good once they are: what lapses later changes nothing', async () => {
    const early = await world.create();
    const { id, gateId } = await world.asking({ preRelease: { ...plainRules, expiresAfterMs: 60 * 60_000 } });
    await world.approve(id, rita.token);
    await world.approve(id, sam.token);
    await world.look(gateId);
    await api.db.run('UPDATE approvals SET created_at = created_at - INTERVAL 2 HOUR WHERE release_id = ?', [id]);
    await api.db.run('UPDATE tasks SET finished_at = finished_at - INTERVAL 90 MINUTE WHERE id = ?', [gateId]);

    expect(await world.gate(early.id)).toMatchObject({ state: 'NOT_REACHED', task: null, requirements: [], subject: null, approvals: [] });
    expect(await shown(id)).toEqual({ state: 'OPENED', evidence: '2 of 2 approvals' });
  });

  it('show what the automated tests of the candidate came to, and that a person went on without them', async () => {
    const { id, gateId } = await world.asking();
    const automation = async () =>
      (await world.gate(id)).requirements.find(({ key }: { key: string }) => key === 'tests:automation') ?? null;
    const none = await automation();
    await api.db.run(
      `UPDATE tasks SET type = 'AUTOMATION_RUNS', status = 'COMPLETED', settled_by = NULL, output = '{"results":[{"status":"SUCCEEDED"},{"status":"FAILED"}],"threshold":50}'
       WHERE type = 'CREATE_RC_TAG' AND run_id = (SELECT run_id FROM releases WHERE id = ?)`,
      [id],
    );
    await world.look(gateId);
    const half = await automation();
    await api.db.run(
      `UPDATE tasks SET status = 'SKIPPED', settled_by = ? WHERE type = 'AUTOMATION_RUNS' AND run_id = (SELECT run_id FROM releases WHERE id = ?)`,
      [rita.accountId, id],
    );
    await world.look(gateId);
    const without = await automation();

    expect(none).toBeNull();
    expect(half).toMatchObject({ met: true, evidence: '1 of 2 runs of the automated tests passed, 50 % needed' });
    expect(without).toMatchObject({ met: true, evidence: 'the automated tests were skipped' });
  });

  it('call what was checked too long ago unknown', async () => {
    const { id, gateId } = await world.asking();
    const path = '$.requirements[4].checkedAt';
    await api.db.run(`UPDATE tasks SET output = JSON_SET(output, ?, '2020-01-01T00:00:00.000Z') WHERE id = ?`, [path, gateId]);

    const gate = await world.gate(id);

    expect(gate.requirements[4]).toMatchObject({ key: 'no-late-commits', met: 'unknown', stale: true });
  });

  it('cost the same number of queries, however many people said something', async () => {
    const { id } = await world.asking();
    const caller = { tenantId: world.tenantId, accountId: rita.accountId, permissions: new Set(['release:read'] as const) };
    const ask = async () => {
      const { db, statements } = countingDatabase(api.db);
      await showGate({ db }, caller, id, 'pre-release');
      return statements();
    };
    await world.approve(id, rita.token);
    const one = await ask();

    for (const role of ['admin', 'release-manager', 'owner'] as const) await world.approve(id, (await world.person(role)).token);

    expect(await ask()).toBe(one);
  });

  it('are nobody’s of another tenant, and there are no others', async () => {
    const { id } = await world.asking();
    const { token, tenantId } = await api.tenant('Other');
    const foreign = `/api/v1/release-management/tenants/${tenantId}/releases/${id}/gates`;

    const answers = await Promise.all([
      api.request('GET', foreign, { token }),
      api.request('GET', `${foreign}/pre-release`, { token }),
      api.request('POST', `${foreign}/pre-release/override`, { token, body: { reason: 'x' } }),
      world.call('GET', `/${id}/gates/distribution`),
      world.call('GET', `/${id}/gates/lunch`),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  });
});

describe('an approval', () => {
  it('opens the gate once, when the last two of a quorum come at the same time and two workers look', async () => {
    const { id, gateId } = await world.asking();

    const answers = await Promise.all([world.approve(id, rita.token), world.approve(id, sam.token)]);
    await Promise.all([world.look(gateId), world.look(gateId)]);
    await world.advance(id);

    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(await shown(id)).toEqual({ state: 'OPENED', evidence: '2 of 2 approvals' });
    const opened = (await history(id)).filter(({ items }: { items: { field: string; after: string; entityId: string | null }[] }) =>
      items.some(({ field, after }) => field === 'status' && after === 'COMPLETED'),
    );
    expect(opened.filter(({ entityId }: { entityId: string }) => entityId === gateId)).toHaveLength(1);
    expect((await world.call('GET', `/${id}`)).body.stages[2]).toMatchObject({ key: 'POST_REGRESSION', attempt: 1 });
  });

  it('of something that has changed meanwhile is refused with what changed, and one given before says why it does not count', async () => {
    const { id, gateId } = await world.asking();
    const before = (await world.gate(id)).subject.digest;
    await world.approve(id, rita.token, { subject: before });
    await world.editNotes(id, 'Other words');

    const late = await world.approve(id, sam.token, { subject: before });
    const looks = [await world.look(gateId), await world.look(gateId)];
    const gate = await world.gate(id);
    const anew = await world.approve(id, sam.token, { subject: gate.subject.digest });

    expect(late.status).toBe(409);
    expect(late.body.detail).toContain('waits for approval of other notes by now');
    // It stops asking for a moment, and asks about what it is now.
    expect(looks).toEqual(['CALLBACK', 'APPROVAL']);
    expect(gate.approvals).toMatchObject([{ counts: false, whyNot: 'given for other notes', changed: ['notes'] }]);
    expect(anew.status).toBe(201);
    expect(await shown(id)).toEqual({ state: 'ASKING', evidence: '1 of 2 approvals, 1 given for other notes' });
  });

  it('that names nothing is about what is asked now, whatever the gate saw last', async () => {
    const { id, gateId } = await world.asking();
    await world.editNotes(id, 'Other words');

    await world.approve(id, rita.token);
    const looks = [await world.look(gateId), await world.look(gateId)];

    expect(looks).toEqual(['CALLBACK', 'APPROVAL']);
    expect(await shown(id)).toEqual({ state: 'ASKING', evidence: '1 of 2 approvals' });
  });

  it('is asked for anew by a candidate with other builds', async () => {
    const { id, gateId } = await world.asking();
    await world.approve(id, rita.token);
    await api.db.run(
      `UPDATE builds b JOIN release_builds r ON r.build_id = b.id SET b.artifact_digest = 'sha256:new' WHERE r.release_id = ?`,
      [id],
    );

    await world.look(gateId);

    expect((await world.gate(id)).approvals).toMatchObject([{ counts: false, whyNot: 'given for other builds' }]);
  });

  it('counts no more once it has expired, and again when it is repeated', async () => {
    const { id, gateId } = await world.asking({ preRelease: { ...plainRules, expiresAfterMs: 60 * 60_000 } });
    await world.approve(id, rita.token);
    await api.db.run('UPDATE approvals SET created_at = created_at - INTERVAL 2 HOUR WHERE release_id = ?', [id]);
    await world.approve(id, sam.token);

    const closed = await world.look(gateId);
    const lapsed = await world.gate(id);
    await world.approve(id, rita.token);

    expect(closed).toBe('APPROVAL');
    expect(lapsed.approvals).toMatchObject([{ counts: true }, { counts: false, whyNot: expect.stringMatching(/^expired at/) }]);
    expect(await world.look(gateId)).toBe('COMPLETED');
  });

  it('counts no more once its author has left the tenant', async () => {
    const { id, gateId } = await world.asking();
    const guest = await world.person('release-manager');
    await world.approve(id, guest.token);
    await world.approve(id, rita.token);
    await world.tenant('DELETE', `members/${guest.accountId}`);

    expect(await world.look(gateId)).toBe('APPROVAL');
    expect(await shown(id)).toEqual({ state: 'ASKING', evidence: '1 of 2 approvals, 1 of people who may not approve any more' });
  });
});

describe('reminders', () => {
  const HOUR_MS = 60 * 60_000;
  const rules = {
    ...plainRules,
    ...{ remindAfterMs: HOUR_MS, remindEveryMs: HOUR_MS, escalateAfterMs: 3 * HOUR_MS },
    escalateTo: { critical: true, roles: ['admin' as const], accountIds: [] },
  };
  const ago = (gateId: string, minutes: number) =>
    api.db.run('UPDATE tasks SET output = JSON_SET(output, ?, ?) WHERE id = ?', [
      ...['$.askedAt', new Date(Date.now() - minutes * 60_000).toISOString()],
      gateId,
    ]);

  it('come once for each time that is due, however often and from how many workers the gate is looked at, and so does the escalation', async () => {
    const { id, gateId } = await world.asking({ preRelease: rules });
    const told = async () => [await world.deliveries(id, 'APPROVAL_REMINDER'), await world.deliveries(id, 'APPROVAL_ESCALATION')];
    const first = await world.gate(id);
    const early = await told();

    await ago(gateId, 61);
    await Promise.all([world.look(gateId), world.look(gateId)]);
    await world.look(gateId);
    const once = await told();
    await ago(gateId, 190);
    await world.look(gateId);
    await world.look(gateId);

    expect(first.nextNotice).toEqual({ kind: 'reminder', at: new Date(Date.parse(first.askedAt) + HOUR_MS).toISOString() });
    expect([early, once, await told()]).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
    ]);
    expect((await world.gate(id)).nextNotice.kind).toBe('reminder');
  });

  it('wake the gate when they are due, before its next look otherwise', async () => {
    const { gateId } = await world.asking({ preRelease: { ...rules, remindAfterMs: HOUR_MS } });
    await ago(gateId, 59.9);

    await world.look(gateId);

    const [row] = await api.db.rows<{ ms: number }>(
      'SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), run_at) / 1000 AS ms FROM tasks WHERE id = ?',
      [gateId],
    );
    // The gate of this world looks every minute by itself.
    expect(Number(row?.ms)).toBeLessThan(10_000);
  });
});

describe('an override', () => {
  it('takes an owner or an admin and a reason, and is told, kept and shown with what stood unmet', async () => {
    const { id, gateId } = await world.asking({}, { commsConfigId: world.ids.comms });
    const at = `/${id}/gates/pre-release/override`;
    const refused = await world.call('POST', at, { token: rita.token, body: { reason: 'Now' } });
    const wordless = await world.call('POST', at, { body: {} });
    const admin = await world.person('admin');

    const passed = await world.call('POST', at, { token: admin.token, body: { reason: 'Board decision' } });
    const again = await world.call('POST', at, { body: { reason: 'Once more' } });

    expect([refused.status, wordless.status, passed.status, again.status]).toEqual([403, 422, 200, 409]);
    expect(passed.body).toMatchObject({
      ...{ state: 'OVERRIDDEN', task: { status: 'SKIPPED' }, mayApprove: [] },
      override: {
        ...{ by: { accountId: admin.accountId }, reason: 'Board decision', how: 'skipped' },
        unmet: [{ key: 'approvals', met: false, evidence: '0 of 2 approvals' }],
      },
    });
    const [event] = (await history(id)).filter(
      ({ entityId, entityType }: Record<string, string>) => entityType === 'approval' && entityId === gateId,
    );
    expect(event).toMatchObject({ why: 'Board decision', by: { accountId: admin.accountId } });
    expect(event.items).toContainEqual(expect.objectContaining({ field: 'unmet:approvals', after: '0 of 2 approvals' }));
    expect(await world.deliveries(id, 'GATE_OVERRIDDEN')).toBe(1);
    const { overrides } = (await world.call('GET', `/${id}/why`)).body;
    expect(overrides).toMatchObject([{ gate: 'pre-release', reason: 'Board decision' }]);
  });

  it('says the same when the task of the gate is skipped', async () => {
    const { id, gateId } = await world.asking();

    await world.call('POST', `/${id}/tasks/${gateId}/skip`, { body: { reason: 'Board decision' } });

    expect(await world.gate(id)).toMatchObject({
      state: 'OVERRIDDEN',
      override: { reason: 'Board decision', how: 'skipped', unmet: [{ key: 'approvals' }] },
    });
  });

  it('is refused before the release has come to its gate', async () => {
    const { id } = await world.create({ type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: '900.0.0' }] });

    const answer = await world.call('POST', `/${id}/gates/pre-release/override`, { body: { reason: 'Now' } });

    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('has not come to its gate pre-release')]);
  });
});
