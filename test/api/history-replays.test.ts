import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intervene } from '../../src/engine/intervene.ts';
import { engineActor } from '../../src/engine/vocabulary.ts';
import { expectHistoryReplays } from '../support/history-replays.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';
import { nextVersion } from './repository-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api?.close());

describe('the history of a release', () => {
  /** Says something to a release as a person; the history must replay then. */
  async function say(releaseId: string, method: string, suffix: string, body?: unknown) {
    const answer = await world.call(method, `/${releaseId}${suffix}`, body === undefined ? {} : { body });
    expect([suffix, answer.status < 300 ? 'done' : answer.text]).toEqual([suffix, 'done']);
    await expectHistoryReplays(api.db, releaseId);
    return answer.body;
  }

  it('replays to the state it is in after every command of people before the kickoff', async () => {
    const { accountId } = await world.person('release-manager');
    const { id } = await world.create({ ...nextVersion().body, pilotAccountId: accountId, description: 'Big', kickOffDate: minutes(30) });
    await expectHistoryReplays(api.db, id);

    const slot = await say(id, 'POST', '/regression-slots', { date: minutes(300) });
    await say(id, 'PATCH', '', { description: null, pilotAccountId: null, kickOffDate: minutes(20) });
    await say(id, 'PATCH', '', { targetReleaseDate: minutes(700), delayReason: 'Sick' });
    await say(id, 'POST', '/pause', { reason: 'Holiday' });
    await say(id, 'POST', '/resume', {});
    await say(id, 'DELETE', `/regression-slots/${slot.id}`);
    await say(id, 'DELETE', '', { reason: 'Not this one' });
  });

  it('replays after every step of the planner and the commands between them', async () => {
    const { id } = await world.kickedOff({ ...nextVersion().body });
    await expectHistoryReplays(api.db, id);

    for (const reason of ['Now', 'Once more']) {
      await say(id, 'POST', '/trigger-regression', { reason });
      await world.advance(id);
      await expectHistoryReplays(api.db, id);
      await world.work(id);
      await world.advance(id);
      await expectHistoryReplays(api.db, id);
    }
    await say(id, 'POST', '/regression-slots', { date: minutes(400) });
    await say(id, 'POST', '/trigger-pre-release', { reason: 'Enough' });
    await world.advance(id);
    await expectHistoryReplays(api.db, id);
  });

  it('tells of an archived release which stages and holds ended with it', async () => {
    const release = await world.create({ ...nextVersion().body });
    await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Holiday' } });
    await world.call('DELETE', `/${release.id}`, { body: { reason: 'Not this one' } });

    await expectHistoryReplays(api.db, release.id);
    const { body } = await world.call('GET', `/${release.id}/history?limit=100`);
    const lifted = body.items.filter(({ items }: { items: { field: string }[] }) => items.some(({ field }) => field === 'hold'));
    expect(lifted).toHaveLength(2);
  });

  it('does not replay when a state changes without it', async () => {
    const release = await world.create({ ...nextVersion().body });
    const [task] = await api.db.rows<{ id: string }>(
      'SELECT t.id FROM tasks t JOIN runs r ON r.id = t.run_id WHERE r.subject_id = ? LIMIT 1',
      [release.id],
    );
    await api.db.run(`UPDATE tasks SET status = 'SKIPPED' WHERE id = ?`, [task?.id ?? '']);
    await expect(expectHistoryReplays(api.db, release.id)).rejects.toThrow('tasks');

    await api.db.run(`UPDATE tasks SET status = 'FAILED' WHERE id = ?`, [task?.id ?? '']);
    await api.db.transact((tx) => intervene(tx, task?.id ?? '', { do: 'retry', why: null }, engineActor, () => undefined));

    // It leads to the right status again, but by a step that nobody wrote down.
    await expect(expectHistoryReplays(api.db, release.id)).rejects.toThrow('to deeply equal []');
  });
});
