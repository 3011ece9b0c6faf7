import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChangesWorld, openChanges } from './changes-world.ts';
import { minutes } from './release-world.ts';
import { nextVersion } from './repository-world.ts';

/** What people say was done elsewhere, looked up at a fake GitHub. */

let of: ChangesWorld;
beforeAll(async () => {
  of = await openChanges();
});
afterAll(() => of?.close());

async function begun() {
  const releaseConfigId = await of.world.config({ scmIntegrationId: of.ids.github });
  const { body } = nextVersion();
  const release = await of.world.create({ ...body, releaseConfigId, kickOffDate: minutes(-1), regressionSlots: [{ date: minutes(120) }] });
  await of.world.advance(release.id);
  return release;
}

async function taskOf(releaseId: string, type: string): Promise<string> {
  const { body } = await of.world.call('GET', `/${releaseId}/tasks`);
  return body.items.find((task: { type: string }) => task.type === type).id;
}

const complete = (releaseId: string, taskId: string, body: Record<string, unknown> = {}) =>
  of.world.call('POST', `/${releaseId}/tasks/${taskId}/complete`, { body: { reason: 'By hand', ...body } });

describe('a branch that somebody says is cut', () => {
  it('is refused while there is none, and nothing has changed', async () => {
    const release = await begun();
    const task = await taskOf(release.id, 'FORK_BRANCH');

    const refused = await complete(release.id, task, { output: { commit: 'made up' } });

    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain(`there is no branch ${release.branch}`);
    expect((await of.world.call('GET', `/${release.id}/tasks/${task}`)).body.status).toBe('READY');
  });

  it('is found with its commit, which the release and what comes next go by', async () => {
    const release = await begun();
    of.repository.git.branches.set(release.branch, of.headOf('main'));

    const { status, body } = await complete(release.id, await taskOf(release.id, 'FORK_BRANCH'), {
      output: { commit: 'made up', by: 'Ada' },
    });

    expect([status, body.status, body.note]).toEqual([200, 'COMPLETED', 'By hand']);
    expect(body.output).toEqual({ branch: release.branch, baseBranch: 'main', commit: of.headOf('main'), by: 'Ada' });
    expect((await of.world.call('GET', `/${release.id}`)).body.forkCommit).toBe(of.headOf('main'));
  });

  it('can be forced, and what was found is part of the reason', async () => {
    const release = await begun();

    const { body } = await complete(release.id, await taskOf(release.id, 'FORK_BRANCH'), { force: true, output: { commit: 'abc' } });

    expect(body).toMatchObject({ status: 'COMPLETED', output: { commit: 'abc' } });
    expect(body.note).toBe(`By hand (not found done: there is no branch ${release.branch}.)`);
  });

  it('counts as not done when the provider cannot be asked', async () => {
    const release = await begun();
    of.github.failNext({ status: 503, times: 20 });

    const refused = await complete(release.id, await taskOf(release.id, 'FORK_BRANCH'));
    await of.mend();

    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('could not be checked');
  });

  it('is not looked for by somebody who may not complete tasks, nor for a task that has ended', async () => {
    const release = await begun();
    const task = await taskOf(release.id, 'FORK_BRANCH');
    const { token } = await of.world.person('contributor');
    of.repository.git.branches.set(release.branch, of.headOf('main'));
    await complete(release.id, task);
    const before = of.github.calls.length;

    const refused = await of.world.call('POST', `/${release.id}/tasks/${task}/complete`, { token, body: { reason: 'x' } });
    const ended = await complete(release.id, task);

    expect([refused.status, ended.status]).toEqual([403, 409]);
    expect(of.github.calls.length).toBe(before);
  });
});

describe('a tag that somebody says is set', () => {
  async function inCycle() {
    const release = await of.forked();
    await of.api.db.run(`UPDATE regression_slots SET date = UTC_TIMESTAMP(3) WHERE release_id = ? AND status = 'PLANNED'`, [release.id]);
    await of.world.advance(release.id);
    const [version] = (await of.world.call('GET', `/${release.id}`)).body.platforms.map(
      (platform: { version: string }) => platform.version,
    );
    return { ...release, tag: `v${version}-rc.1`, task: await taskOf(release.id, 'CREATE_RC_TAG') };
  }

  it('makes the candidate of its cycle, where it is on the release branch', async () => {
    const release = await inCycle();
    of.repository.git.tags.set(release.tag, of.headOf(release.branch));

    const { status, body } = await complete(release.id, release.task);

    expect([status, body.output]).toEqual([200, { tag: release.tag, commit: of.headOf(release.branch) }]);
    const { slots } = (await of.world.call('GET', `/${release.id}`)).body;
    expect(slots[0].cycle.rcTag).toBe(release.tag);
  });

  it('is refused where it is missing, and where it is on another branch', async () => {
    const release = await inCycle();
    const missing = await complete(release.id, release.task);
    of.repository.git.tags.set(release.tag, of.push('main', 'feat: not for this release'));

    const elsewhere = await complete(release.id, release.task);

    expect([missing.status, elsewhere.status]).toEqual([409, 409]);
    expect(missing.body.detail).toContain(`there is no tag ${release.tag}`);
    expect(elsewhere.body.detail).toContain(`not on ${release.branch}`);
  });
});
