import { ulid } from 'ulid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { githubWrites } from '../fakes/github/index.ts';
import { type ChangesWorld, openChanges, subjects } from './changes-world.ts';
import { historyOf, nextVersion, startedRelease } from './repository-world.ts';

/** What a person brings onto the release branch, and what is on it, through the API. */

const UNKNOWN_SHA = 'f'.repeat(40);

let changes: ChangesWorld;
beforeAll(async () => {
  changes = await openChanges();
});
afterEach(() => changes.mend());
afterAll(() => changes?.close());

/** A cycle of the release whose candidate is this commit. */
async function tagCandidate({ api, world }: ChangesWorld, releaseId: string, number: number, commit: string) {
  await api.db.run('INSERT INTO regression_cycles (id, tenant_id, release_id, slot_id, number, status, rc_tag, rc_commit) VALUES (?)', [
    [ulid(), world.tenantId, releaseId, ulid(), number, 'DONE', `rc.${number}`, commit],
  ]);
}

describe('picking a commit', () => {
  it('puts its change on the release branch, answers the head before and after, and says who and why', async () => {
    const { world, repository, headOf, push, forked } = changes;
    const { id, branch, fork } = await forked();
    const fix = push('main', 'fix: mend the basket', { 'src/basket.ts': 'mended' });

    const answer = await world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix.toUpperCase(), reason: 'Found in testing' } });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ commit: fix, branch, headBefore: fork, headAfter: headOf(branch), applied: true });
    const picked = repository.git.resolve(branch);
    expect(picked?.files.get('src/basket.ts')).toBe('mended');
    expect(picked?.message).toContain(`(cherry picked from commit ${fix})`);
    expect(await historyOf(world, id, 'cherryPick')).toMatchObject([
      {
        ...{ why: 'Found in testing', by: { accountId: expect.any(String) } },
        items: [
          { field: 'cherryPick', after: fix },
          { field: 'branchHead', before: fork, after: headOf(branch) },
        ],
      },
    ]);
  });

  it('happens once, however often and however many at once ask', async () => {
    const { world, headOf, push, forked } = changes;
    const { id, branch } = await forked();
    const fix = push('main', 'fix: once');
    const ask = () => world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix } });

    const answers = [...(await Promise.all([ask(), ask()])), await ask()];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.filter(({ body }) => body.applied)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.headAfter))).toEqual(new Set([headOf(branch)]));
    expect(await historyOf(world, id, 'cherryPick')).toHaveLength(1);
  });

  it('whose answer was lost is found when asked again, and recorded then', async () => {
    const { world, github, headOf, push, forked } = changes;
    const { id, branch, fork } = await forked();
    const fix = push('main', 'fix: lost');
    github.failNext({ match: githubWrites.moveRef, mode: 'drop-after' });

    const lost = await world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix } });
    const head = headOf(branch);
    const again = await world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix } });

    expect(lost.status).toBe(503);
    expect(lost.body.detail).toContain('not done twice');
    expect(head).not.toBe(fork);
    expect(again.body).toMatchObject({ applied: false, headAfter: head });
    expect(headOf(branch)).toBe(head);
    expect(await historyOf(world, id, 'cherryPick')).toHaveLength(1);
  });

  it('that does not apply, or is a merge, is 409 with what to do, and changes nothing', async () => {
    const { world, repository, headOf, push, forked } = changes;
    const { id, branch } = await forked();
    push(branch, 'chore: theirs', { 'README.md': 'theirs' });
    const clashing = push('main', 'fix: ours', { 'README.md': 'ours' });
    push(`topic/${branch}`, 'feat: whole');
    const merge = repository.mergePull(repository.addPull({ title: 'whole', head: `topic/${branch}` }).number);
    const head = headOf(branch);

    const answers = await Promise.all([clashing, merge].map((commit) => world.call('POST', `/${id}/cherry-picks`, { body: { commit } })));

    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    expect(answers[0]?.body.detail).toContain(`git cherry-pick -x ${clashing} on ${branch}`);
    expect(answers[1]?.body.detail).toContain('merge');
    expect(headOf(branch)).toBe(head);
    expect(await historyOf(world, id, 'cherryPick')).toEqual([]);
  });

  it('is 409 for an unknown commit, before kickoff, without a branch, and after the end', async () => {
    const { world, ids, push, forked } = changes;
    const { id } = await forked();
    const fix = push('main', 'fix: nowhere');
    const releaseConfigId = await world.config({ scmIntegrationId: ids.github });
    const early = await world.create({ ...nextVersion().body, releaseConfigId });
    const branchless = await startedRelease(world, ids.github);
    const ended = await forked();
    await world.call('POST', `/${ended.id}/archive`, { body: { reason: 'Given up' } });
    const pick = (releaseId: string, commit = fix) => world.call('POST', `/${releaseId}/cherry-picks`, { body: { commit } });

    const answers = [await pick(id, UNKNOWN_SHA), await pick(early.id), await pick(branchless.id), await pick(ended.id)];

    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409, 409]);
    expect(answers.map(({ body }) => body.detail)).toEqual([
      expect.stringContaining(`no commit ${UNKNOWN_SHA}`),
      expect.stringContaining('has not begun'),
      expect.stringContaining(`no branch ${branchless.branch}`),
      expect.stringContaining('has ended'),
    ]);
  });

  it('waits for whoever else writes to the repository, and says so when that takes long', async () => {
    const { api, world, ids, push, forked } = changes;
    const { id } = await forked();
    const fix = push('main', 'fix: wait');

    const answer = await api.deps.locks.withLock(`repository:${ids.github}`, { ttlMs: 60_000, waitMs: 0 }, () =>
      world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix } }),
    );

    expect(answer.status).toBe(409);
    expect(answer.headers.get('retry-after')).toBe('1');
  }, 20_000);
});

describe('the commits of the release branch', () => {
  it('are those beyond the last candidate, before the first one those beyond the fork; or as asked', async () => {
    const { world, push, forked } = changes;
    const { id, branch, fork } = await forked();
    const first = push(branch, 'fix: one');
    const before = await world.call('GET', `/${id}/commits`);
    await tagCandidate(changes, id, 1, fork);
    await tagCandidate(changes, id, 2, first);
    const second = push(branch, 'fix: two');

    const after = await world.call('GET', `/${id}/commits`);
    const all = await world.call('GET', `/${id}/commits?since=fork`);
    await changes.api.db.run(`UPDATE regression_cycles SET status = 'ABANDONED' WHERE release_id = ? AND number = 2`, [id]);
    const abandoned = await world.call('GET', `/${id}/commits`);

    expect(before.body).toMatchObject({ branch, head: first, since: { kind: 'fork', tag: null, ref: fork }, truncated: false });
    expect(subjects(before.body)).toEqual(['fix: one']);
    expect(after.body).toMatchObject({ head: second, since: { kind: 'last-candidate', tag: 'rc.2', ref: first } });
    expect(subjects(after.body)).toEqual(['fix: two']);
    expect(subjects(all.body)).toEqual(['fix: one', 'fix: two']);
    expect(abandoned.body.since).toEqual({ kind: 'last-candidate', tag: 'rc.1', ref: fork });
  });

  it('end at the limit, and say that there are more', async () => {
    const { world, push, forked } = changes;
    const { id, branch } = await forked();
    for (const name of ['one', 'two', 'three']) push(branch, name);

    const two = await world.call('GET', `/${id}/commits?limit=2`);
    const three = await world.call('GET', `/${id}/commits?limit=3`);

    expect([subjects(two.body), two.body.truncated]).toEqual([['one', 'two'], true]);
    expect([subjects(three.body), three.body.truncated]).toEqual([['one', 'two', 'three'], false]);
  });

  it('of a branch that people forked by hand are those that the base branch does not have', async () => {
    const { world, repository, ids, headOf, push } = changes;
    const { id, branch } = await startedRelease(world, ids.github);
    repository.git.branches.set(branch, headOf('main'));
    push('main', 'feat: later');
    push(branch, 'fix: here');

    const answer = await world.call('GET', `/${id}/commits`);

    expect(answer.body.since).toEqual({ kind: 'fork', tag: null, ref: 'main' });
    expect(subjects(answer.body)).toEqual(['fix: here']);
  });

  it('are 409 without a candidate to begin at or a branch to read, 422 for a wrong question', async () => {
    const { world, ids, forked } = changes;
    const { id } = await forked();
    const branchless = await startedRelease(world, ids.github);

    const noCandidate = await world.call('GET', `/${id}/commits?since=last-candidate`);
    const noBranch = await world.call('GET', `/${branchless.id}/commits`);
    const wrong = await Promise.all(
      ['since=yesterday', 'limit=0', 'limit=101', 'limit=x'].map((q) => world.call('GET', `/${id}/commits?${q}`)),
    );

    expect([noCandidate.status, noBranch.status]).toEqual([409, 409]);
    expect(noCandidate.body.detail).toContain('since=fork');
    expect(wrong.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
  });
});
