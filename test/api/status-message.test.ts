import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sweepDue } from '../../src/engine/sweep.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld } from './messages-world.ts';
import { minutes } from './release-world.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  slack.clearFaults();
  world = await messagesWorld(api, slack);
});

const STATUS = 'RELEASE_STATUS';
const status = (releaseId: string) => world.row(releaseId, STATUS);
const sendStatus = async (releaseId: string) => world.send(await status(releaseId));
const writes = (from: number) =>
  slack.calls.slice(from).flatMap(({ path }) => (/chat\.(postMessage|update)$/.test(path) ? [path.split('.').at(-1)] : []));
const command = async (releaseId: string, name: string, body: object = {}) => {
  const answer = await world.call('POST', `/${releaseId}/${name}`, { body });
  expect(answer.status, answer.text).toBe(200);
};

describe('the status message', () => {
  it('is posted once and edited in place from then on, with the state, what it waits for, dates, versions and progress', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    const first = world.status();
    await command(release.id, 'pause', { reason: 'Lunch' });

    await sendStatus(release.id);

    expect(first).toContain('PENDING');
    expect(first).toMatch(/"Fork the release branch" starts at \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(first).toMatch(/Kickoff\*?\n.* UTC/);
    expect(first).toContain('1.4.0');
    expect(first).toContain('KICKOFF');
    expect(world.status()).toContain('The release is paused by');
    expect(world.status()).toContain('Lunch');
    expect(world.shown()[0]?.isEdited).toBe(true);
  });

  it.each([
    ['a pause', (id: string) => command(id, 'pause')],
    ['a moved date', (id: string) => world.call('PATCH', `/${id}`, { body: { targetReleaseDate: minutes(700), delayReason: 'A bug' } })],
    ['a slot', (id: string) => world.call('POST', `/${id}/regression-slots`, { body: { date: minutes(300) } })],
    ['a plan', (id: string) => world.advance(id)],
    ['an archive', (id: string) => world.call('DELETE', `/${id}`)],
  ])('is due again after %s, in the same transaction and not at once', async (_what, change) => {
    const release = await world.create({ kickOffDate: minutes(-1) });
    await sendStatus(release.id);
    const before = await status(release.id);

    await change(release.id);

    const after = await status(release.id);
    expect(before.status).toBe('DONE');
    expect(after).toMatchObject({ status: 'PENDING', revision: before.revision + 1, fence: before.fence + 1 });
    const [row] = await api.db.rows<{ waitMs: number }>(
      'SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), run_at) / 1000 AS waitMs FROM deliveries WHERE id = ?',
      [after.id],
    );
    expect(Number(row?.waitMs)).toBeGreaterThan(0);
    expect(Number(row?.waitMs)).toBeLessThanOrEqual(1_000);
  });

  it('is not touched by a command that is refused', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    const before = await status(release.id);

    const refused = await world.call('POST', `/${release.id}/trigger-pre-release`, { body: {} });

    expect(refused.status).toBe(409);
    expect(await status(release.id)).toMatchObject({ status: 'DONE', revision: before.revision });
  });

  it('tells many changes in one edit, and nothing where it would say the same', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    const from = slack.calls.length;
    for (const name of ['pause', 'resume', 'pause', 'resume']) await command(release.id, name);

    await sendStatus(release.id);

    expect(writes(from)).toEqual([]);
    await command(release.id, 'pause', { reason: 'one' });
    await command(release.id, 'resume');
    await command(release.id, 'pause', { reason: 'two' });
    await sendStatus(release.id);
    expect(writes(from)).toEqual(['update']);
    expect(world.status()).toContain('two');
  });

  it('is rung for by the sweep once its moment has come, which is all it takes', async () => {
    const release = await world.create();
    const { id } = await status(release.id);
    const rung: Wake[] = [];

    await sweepDue(api.db, ['deliveries'], (wakes) => void rung.push(...wakes));

    expect(rung).toContainEqual(expect.objectContaining({ kind: 'delivery', id }));
  });

  it('is not written for a release without channels', async () => {
    const releaseConfigId = await world.config({ commsConfigId: null });

    const release = await world.create({ releaseConfigId });
    await command(release.id, 'pause');

    expect(await world.rows(release.id)).toEqual([]);
  });

  it('begins with the next message of a release from before there was one', async () => {
    const release = await world.create();
    await api.db.run('DELETE FROM deliveries WHERE subject_id = ?', [release.id]);
    await command(release.id, 'pause');

    await world.send(await world.row(release.id, 'RELEASE_PAUSED'));
    await sendStatus(release.id);

    expect(world.status()).toContain('is paused');
  });

  it('is posted anew in a channel where somebody deleted it, once', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    const [old] = world.shown();
    if (old !== undefined) world.remove(old);
    await command(release.id, 'pause');

    await sendStatus(release.id);
    await command(release.id, 'resume');
    await sendStatus(release.id);

    expect(world.shown().filter(({ threadTs }) => threadTs === undefined)).toHaveLength(1);
    expect(world.status()).toContain('PENDING');
    expect(await status(release.id)).toMatchObject({ status: 'DONE', outcomes: { [world.channelId]: { copy: 1 } } });
  });

  it('stays away from one channel without staying away from the others', async () => {
    const second = world.workspace.addChannel({ name: 'second' });
    await world.setChannels({ releases: [second.id, world.channelId] });
    second.isMember = false;
    const release = await world.create();
    await sendStatus(release.id);
    const failed = await status(release.id);
    second.isMember = true;
    await command(release.id, 'pause');

    await sendStatus(release.id);

    expect(failed).toMatchObject({ status: 'FAILED', failure: { kind: 'forbidden', message: expect.stringContaining(second.id) } });
    expect((await status(release.id)).status).toBe('DONE');
    expect(world.status(second.id)).toBe(world.status());
  });

  it('gets its last edit when the release ends, and no more', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    await world.call('DELETE', `/${release.id}`, { body: { reason: 'Cancelled' } });
    await sendStatus(release.id);
    const last = world.status();
    await api.db.run(`UPDATE deliveries SET status = 'PENDING', run_at = UTC_TIMESTAMP(3) WHERE subject_id = ? AND type = ?`, [
      release.id,
      STATUS,
    ]);
    await api.db.run(`UPDATE releases SET target_release_date = '2099-01-01' WHERE id = ?`, [release.id]);
    const from = slack.calls.length;

    await sendStatus(release.id);

    expect(last).toContain('ARCHIVED');
    expect(last).toContain('Ended');
    expect(last).not.toContain('Waits for');
    expect(writes(from)).toEqual([]);
    expect(world.status()).toBe(last);
    expect((await status(release.id)).status).toBe('DONE');
  });

  it('goes nowhere when the tenant switched it off, and says so', async () => {
    await world.tenant('PUT', `notification-templates/${STATUS}`, { isEnabled: false });
    const release = await world.create();

    await sendStatus(release.id);

    expect(await status(release.id)).toMatchObject({ status: 'SKIPPED', failure: { message: expect.stringContaining('switched') } });
    expect(world.shown()).toEqual([]);
  });

  it('shows each store as it stands: the latest submission, then the rollout', async () => {
    const release = await world.create({ platformTargets: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' }] });
    const id = (n: number) => `${release.id.slice(0, 25)}${n}`;
    await api.db.run(
      `UPDATE releases SET config = JSON_SET(config, '$.stores', JSON_ARRAY(JSON_OBJECT('target', 'PLAY_STORE'))) WHERE id = ?`,
      [release.id],
    );
    for (const [index, state] of ['REJECTED', 'IN_REVIEW'].entries()) {
      await api.db.run(
        `INSERT INTO store_submissions (id, tenant_id, release_id, platform_release_id, target, task_id, ordinal, build_number, status, notes) VALUES (?)`,
        [[id(index), world.tenantId, release.id, id(8), 'PLAY_STORE', id(9), index + 1, '1', state, '{}']],
      );
    }
    await sendStatus(release.id);
    const submitted = world.status();
    await api.db.run(
      'INSERT INTO rollouts (id, tenant_id, release_id, platform_release_id, target, task_id, plan, status, fraction) VALUES (?)',
      [[id(5), world.tenantId, release.id, id(8), 'PLAY_STORE', id(9), '{"kind":"immediate"}', 'PROGRESSING', 0.05]],
    );
    await command(release.id, 'pause');

    await sendStatus(release.id);

    expect(submitted).toMatch(/PLAY_STORE\*?\nIN_REVIEW/);
    expect(world.status()).toMatch(/PLAY_STORE\*?\nPROGRESSING, 5 %/);
  });
});
