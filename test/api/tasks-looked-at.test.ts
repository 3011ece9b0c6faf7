import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChangesWorld, openChanges } from './changes-world.ts';
import { type GateWorld, gateWorld } from './gate-world.ts';
import { type Looking, lookAt } from './looking.ts';
import { minutes } from './release-world.ts';
import { historyOf, nextVersion } from './repository-world.ts';

/** A person's word on a task is not put off because a worker looks at it this very moment: the worker loses it, and what it has seen decides nothing. */

let of: ChangesWorld;
let gates: GateWorld;
beforeAll(async () => {
  of = await openChanges();
  gates = await gateWorld(of.api);
});
afterAll(() => of?.close());

const settle = ({ task, settle: engine }: Looking) =>
  engine({ task, outcome: { kind: 'waiting', reason: 'APPROVAL', forMs: 60_000, signals: [] }, handOver: false });

/** A release whose branch is about to be cut. */
async function forking() {
  const releaseConfigId = await of.world.config({ scmIntegrationId: of.ids.github });
  const { body } = nextVersion();
  const release = await of.world.create({ ...body, releaseConfigId, kickOffDate: minutes(-1), regressionSlots: [{ date: minutes(120) }] });
  await of.world.advance(release.id);
  const tasks = (await of.world.call('GET', `/${release.id}/tasks`)).body.items;
  const { id: taskId } = tasks.find(({ type }: { type: string }) => type === 'FORK_BRANCH');
  return { release, taskId, path: `/${release.id}/tasks/${taskId}` };
}

describe('while a worker looks at it', () => {
  it('a gate is overridden', async () => {
    const { id, gateId } = await gates.asking();
    const looking = await lookAt(of.api, gateId);

    const answer = await gates.call('POST', `/${id}/gates/pre-release/override`, { body: { reason: 'Board decision' } });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ state: 'OVERRIDDEN', override: { reason: 'Board decision', unmet: [{ key: 'approvals' }] } });
    expect(await settle(looking)).toEqual({ settled: false });
    expect((await gates.call('GET', `/${id}/tasks/${gateId}`)).body.status).toBe('SKIPPED');
  });

  it('a gate takes the word of people whom it had asked, and of nobody else', async () => {
    const approver = await gates.person('release-manager');
    const [asking, notYet] = [await gates.asking(), await gates.asking()];
    // A requirement has failed since: it asks nobody.
    await of.api.db.run(`UPDATE tasks SET wait_reason = 'CALLBACK' WHERE id = ?`, [notYet.gateId]);
    for (const { gateId } of [asking, notYet]) await lookAt(of.api, gateId);

    const answers = [await gates.approve(asking.id, approver.token), await gates.approve(notYet.id, approver.token)];

    expect(answers.map(({ status }) => status)).toEqual([201, 409]);
    expect(answers[1]?.body.detail).toContain('takes approvals only while it waits for them');
  });

  it('a task says that it can be skipped, and is', async () => {
    const { release, path, taskId } = await forking();
    const looking = await lookAt(of.api, taskId);

    const before = await of.world.call('GET', path);
    const answer = await of.world.call('POST', `${path}/skip`, { body: { reason: 'Not needed' } });

    expect(before.body).toMatchObject({ status: 'IN_PROGRESS', possible: ['skip', 'complete'] });
    expect([answer.status, answer.body.status]).toEqual([200, 'SKIPPED']);
    expect(answer.body.attempts).toMatchObject([{ number: 1, outcome: 'skipped' }]);
    expect(await settle(looking)).toEqual({ settled: false });
    expect(await historyOf(of.world, release.id, 'status')).toContainEqual(
      expect.objectContaining({
        ...{ entityId: taskId, why: 'Not needed' },
        items: expect.arrayContaining([expect.objectContaining({ before: 'IN_PROGRESS', after: 'SKIPPED' })]),
      }),
    );
  });

  it('a task that was done outside is looked up before that is believed', async () => {
    const { release, path, taskId } = await forking();
    const looking = await lookAt(of.api, taskId);

    const refused = await of.world.call('POST', `${path}/complete`, { body: { reason: 'By hand' } });
    of.repository.git.branches.set(release.branch, of.headOf('main'));
    const answer = await of.world.call('POST', `${path}/complete`, { body: { reason: 'By hand' } });

    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(`there is no branch ${release.branch}`)]);
    expect([answer.status, answer.body.status]).toEqual([200, 'COMPLETED']);
    expect(answer.body.output).toMatchObject({ commit: of.headOf('main') });
    expect(await settle(looking)).toEqual({ settled: false });
  });

  it('a task is not retried: it is being tried, and the refusal says what is possible', async () => {
    const { path, taskId } = await forking();
    await lookAt(of.api, taskId);

    const answer = await of.world.call('POST', `${path}/retry`);

    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('is IN_PROGRESS; possible now: skip, complete')]);
  });
});
