import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cleaner, statesOf } from './clean-up-world.ts';
import { openStores, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** Archiving a release that stores have in their hands. */

let world: StoresWorld;
let tenant: StoresTenant;
let clean: ReturnType<typeof cleaner>;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
  clean = cleaner(world.api, tenant);
});
beforeEach(() => world.apple.clearFaults());
afterAll(() => world.close());

const CLEAR = { stores: 'withdraw-and-halt', reason: 'Called off' };
const archive = (path: string, body: object) => tenant.call('POST', `${path}/archive`, { body });
const statusOf = async (path: string) => (await tenant.call('GET', path)).body.status;

/** In review at Apple, on its way to users at Google. */
async function inBothStores() {
  const release = await tenant.toStores();
  const version = (await tenant.call('GET', release.path)).body.platforms[0].version as string;
  for (const open of world.apple.world.versionsOf(world.appleApp)) open.state = 'READY_FOR_DISTRIBUTION';
  const ofApple = world.apple.world.addVersion(world.appleApp, version, { state: 'WAITING_FOR_REVIEW' });
  ofApple.build = world.apple.world.addBuild(world.appleApp, { version, number: '140' });
  world.apple.world.addItem(world.apple.world.addSubmission(world.appleApp, 'WAITING_FOR_REVIEW'), ofApple);
  const submission = await release.submission({ target: 'APP_STORE' });
  const rollout = await release.rollout({ target: 'PLAY_STORE' });
  await world.api.db.run(`UPDATE runs SET status = 'IN_PROGRESS' WHERE subject_id = ?`, [release.id]);
  return { release, version, ofApple, submission, rollout };
}

/** As the tasks write what they see in the stores. */
const seen = (table: string, id: string, set: string) => world.api.db.run(`UPDATE ${table} SET ${set} WHERE id = ?`, [id]);

describe('a release in the hands of stores', () => {
  it('is not archived silently: each store is named with what to do, and nothing changes', async () => {
    const { release, version } = await inBothStores();

    const answer = await archive(release.path, { reason: 'x' });
    const deleted = await tenant.call('DELETE', release.path);

    expect([answer.status, deleted.status]).toEqual([409, 409]);
    expect(answer.body.detail).toContain(`${version} is in review at APP_STORE: withdraw it`);
    expect(answer.body.detail).toContain(`${version} is on its way to the users of PLAY_STORE (1 %): halt it`);
    expect((await tenant.call('GET', release.path)).body).toMatchObject({ archivedAt: null, isArchiving: false, pauseReasons: [] });
  });

  it('is paused, withdrawn and halted first, and archived by whoever clears the last store', async () => {
    const { release, ofApple, submission, rollout } = await inBothStores();

    const answer = await archive(release.path, { ...CLEAR, cleanUp: { artifacts: true } });
    const asked = await clean.round(release.id);
    const wanted = await world.api.db.rows<{ wanted: string }>('SELECT wanted FROM rollouts WHERE id = ?', [rollout.id]);
    const between = await statusOf(release.path);
    await seen('store_submissions', submission.id, `status = 'WITHDRAWN'`);
    const one = await clean.round(release.id);
    const still = await statusOf(release.path);
    await seen('rollouts', rollout.id, `status = 'PAUSED', pause_reason = 'manual'`);
    await clean.round(release.id);

    expect([answer.status, answer.body.release.isArchiving, answer.body.release.status]).toEqual([200, true, 'PAUSED']);
    expect(asked.map(({ state }) => state)).toEqual(['PENDING', 'PENDING']);
    expect([ofApple.state, wanted[0]?.wanted, between]).toEqual(['DEVELOPER_REJECTED', 'HALT', 'PAUSED']);
    expect([statesOf(one)[`SUBMISSION ${submission.id}`], still]).toEqual(['DONE', 'PAUSED']);
    const { body } = await tenant.call('GET', release.path);
    expect(body).toMatchObject({ status: 'ARCHIVED', isArchiving: false });
    expect(body.leftBehind.stores).toMatchObject([{ target: 'APP_STORE', status: 'WITHDRAWN' }]);
  });

  it('stays as it is while a store refuses, says why, and is tried again when it is asked for again', async () => {
    const { release, submission, rollout } = await inBothStores();
    await seen('rollouts', rollout.id, `status = 'PAUSED', pause_reason = 'manual'`);
    await archive(release.path, CLEAR);
    world.apple.failNext({ match: { method: 'PATCH', path: /.*/ }, status: 403 });
    world.apple.failNext({ match: { method: 'DELETE', path: /.*/ }, status: 403 });

    const [refused] = await clean.round(release.id);
    const stands = await statusOf(release.path);
    world.apple.clearFaults();
    await archive(release.path, CLEAR);
    await clean.round(release.id);
    await seen('store_submissions', submission.id, `status = 'WITHDRAWN'`);
    await clean.round(release.id);

    expect(refused).toMatchObject({
      state: 'FAILED',
      failure: { kind: 'forbidden', remedy: expect.stringContaining('archive the release again') },
    });
    expect([stands, await statusOf(release.path)]).toEqual(['PAUSED', 'ARCHIVED']);
  });

  it('is not archived any more once somebody resumes it, and what was not cleared stays', async () => {
    const { release, submission, rollout } = await inBothStores();
    await archive(release.path, CLEAR);

    await tenant.call('POST', `${release.path}/resume`, { body: { reason: 'Changed our minds' } });
    const after = await clean.round(release.id);
    await seen('store_submissions', submission.id, `status = 'WITHDRAWN'`);
    await seen('rollouts', rollout.id, `status = 'PAUSED', pause_reason = 'manual'`);
    await clean.round(release.id);

    expect(after.map(({ state, outcome }) => [state, outcome])).toEqual(Array(2).fill(['KEPT', 'The release was resumed.']));
    expect((await tenant.call('GET', release.path)).body).toMatchObject({ status: 'IN_PROGRESS', isArchiving: false, archivedAt: null });
  });
});
