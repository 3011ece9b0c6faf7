import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChangesWorld, newFile, openChanges, subjects } from './changes-world.ts';
import { historyOf, startedRelease } from './repository-world.ts';

/** Pull requests of a release, through the API. */

let changes: ChangesWorld;
beforeAll(async () => {
  changes = await openChanges();
});
afterEach(() => changes.mend());
afterAll(() => changes?.close());

describe('pull requests', () => {
  it('into the release branch are listed by state, newest first', async () => {
    const { world, repository, push, forked } = changes;
    const { id, branch } = await forked();
    const pulls = ['one', 'two', 'three'].map((title) => {
      push(`topic/${branch}/${title}`, title);
      return repository.addPull({ title, head: `topic/${branch}/${title}`, base: branch });
    });
    repository.mergePull(pulls[1]?.number ?? 0);
    repository.addPull({ title: 'elsewhere', head: branch, base: 'main' });

    const [open, closed, all, one] = await Promise.all(
      ['', '?state=closed', '?state=all', '?limit=1'].map((query) => world.call('GET', `/${id}/pull-requests${query}`)),
    );

    const titles = (answer = open) => answer?.body.items.map(({ title }: { title: string }) => title);
    expect(titles(open)).toEqual(['three', 'one']);
    expect(titles(closed)).toEqual(['two']);
    expect(titles(all)).toEqual(['three', 'two', 'one']);
    expect(closed?.body.items[0]).toMatchObject({ state: 'merged', baseBranch: branch });
    expect([titles(one), one?.body.truncated, open?.body.truncated]).toEqual([['three'], true, false]);
    expect((await world.call('GET', `/${id}/pull-requests?state=draft`)).status).toBe(422);
  });

  it('bring the branch back into its base branch, are found again, and are merged, each once in the history', async () => {
    const { world, repository, headOf, push, forked } = changes;
    const { id, branch } = await forked();
    const fix = push(branch, 'fix: bring me back');

    const opened = await world.call('POST', `/${id}/pull-requests`);
    const found = await world.call('POST', `/${id}/pull-requests`, { body: { title: 'Another title' } });
    const merge = () =>
      world.call('POST', `/${id}/pull-requests/${opened.body.number}/merge`, { body: { expectedHead: fix, reason: 'Released' } });
    const merged = await merge();
    const again = await merge();

    expect(opened.body).toMatchObject({ state: 'open', headBranch: branch, baseBranch: 'main', headCommit: fix });
    expect(opened.body.title).toBe(`Merge ${branch} back into main`);
    expect(found.body.number).toBe(opened.body.number);
    expect([merged.status, merged.body.state, again.status, again.body.state]).toEqual([200, 'merged', 200, 'merged']);
    expect(merged.body.mergeCommit).toBe(headOf('main'));
    expect(repository.pulls.filter((pull) => pull.head === branch)).toHaveLength(1);
    expect(await historyOf(world, id, 'pullRequestOpened')).toHaveLength(1);
    expect(await historyOf(world, id, 'pullRequestMerged')).toMatchObject([
      { why: 'Released', items: [{ after: opened.body.url }, { before: 'open', after: 'merged' }, { after: headOf('main') }] },
    ]);
  });

  it('back into the base branch are possible after the end of the release, into its branch they are not', async () => {
    const { world, repository, headOf, push, forked } = changes;
    const { id, branch } = await forked();
    push(branch, 'fix: after the end');
    push(`topic/${branch}`, 'late');
    const late = repository.addPull({ title: 'late', head: `topic/${branch}`, base: branch });
    await world.call('POST', `/${id}/archive`, { body: { reason: 'Done elsewhere' } });

    const back = await world.call('POST', `/${id}/pull-requests`);
    const into = await world.call('POST', `/${id}/pull-requests`, { body: { head: `topic/${branch}` } });
    const merge = await world.call('POST', `/${id}/pull-requests/${late.number}/merge`, { body: { expectedHead: headOf(late.head) } });

    expect([back.status, into.status, merge.status]).toEqual([200, 409, 409]);
    expect(late.state).toBe('open');
  });

  it('are merged only at the head that somebody has seen, and not past a rule; 409 says what to do', async () => {
    const { world, repository, push, forked } = changes;
    const { id, branch } = await forked();
    const seen = push(`topic/${branch}`, 'seen');
    const pull = repository.addPull({ title: 'topic', head: `topic/${branch}`, base: branch });
    const pushed = push(`topic/${branch}`, 'pushed meanwhile');
    repository.protect(branch);
    const merge = (expectedHead: string) => world.call('POST', `/${id}/pull-requests/${pull.number}/merge`, { body: { expectedHead } });

    const [stale, unapproved] = [await merge(seen), await merge(pushed)];

    expect([stale.status, unapproved.status]).toEqual([409, 409]);
    expect(stale.body.detail).toContain(pushed);
    expect(unapproved.body.detail).toContain('approving reviews');
    expect(stale.body.detail).toContain('Nothing was merged');
    expect(pull.state).toBe('open');
    expect(await historyOf(world, id, 'pullRequestMerged')).toEqual([]);
  });

  it('of other branches are none of the release: they are not merged through it, and not opened', async () => {
    const { world, repository, headOf, push, forked } = changes;
    const { id } = await forked();
    push('topic/other', 'other');
    const other = repository.addPull({ title: 'other', head: 'topic/other', base: 'main' });
    const merge = (number: number | string) =>
      world.call('POST', `/${id}/pull-requests/${number}/merge`, { body: { expectedHead: headOf('topic/other') } });

    const merges = [await merge(other.number), await merge(9_999), await merge('0'), await merge('x'), await merge('1e3')];
    const open = await world.call('POST', `/${id}/pull-requests`, { body: { head: 'topic/other', base: 'main' } });

    expect(merges.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(other.state).toBe('open');
    expect(open.status).toBe(422);
    expect(open.body.errors).toEqual([{ field: '/base', message: expect.stringContaining('release/') }]);
  });

  it('with nothing to merge, or of a branch that is not there, are 409 in words', async () => {
    const { world, forked } = changes;
    const { id } = await forked();

    const nothing = await world.call('POST', `/${id}/pull-requests`);
    const nowhere = await world.call('POST', `/${id}/pull-requests`, { body: { head: 'topic/nowhere' } });

    expect([nothing.status, nowhere.status]).toEqual([409, 409]);
    expect([nothing.body.type, nowhere.body.type]).toEqual(Array(2).fill('urn:signalbox:problem:provider-refused'));
  });
});

it('does the same at GitLab', async () => {
  const { world, project, ids } = changes;
  const { id, branch } = await startedRelease(world, ids.gitlab);
  project.git.branches.set(branch, project.git.branches.get('main') ?? '');
  const fix = project.pushCommit({ message: 'fix: at GitLab', files: newFile() });

  const pick = await world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix } });
  const again = await world.call('POST', `/${id}/cherry-picks`, { body: { commit: fix } });
  const commits = await world.call('GET', `/${id}/commits?since=fork`);
  project.pushCommit({ branch, message: 'fix: only here', files: newFile() });
  const opened = await world.call('POST', `/${id}/pull-requests`, { body: { title: 'Back', body: 'Please' } });
  const merged = await world.call('POST', `/${id}/pull-requests/${opened.body.number}/merge`, {
    body: { expectedHead: opened.body.headCommit },
  });

  expect([pick.body.applied, again.body.applied]).toEqual([true, false]);
  expect(subjects(commits.body)).toEqual(['fix: at GitLab']);
  expect(opened.body).toMatchObject({ title: 'Back', headBranch: branch, baseBranch: 'main', state: 'open' });
  expect([merged.status, merged.body.state]).toEqual([200, 'merged']);
});
