import { describe, expect, it } from 'vitest';
import type { Commit, PullRequest } from '../../integrations/capabilities/source-control.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { pullRequestsBehind } from './pull-requests-behind.ts';

const commit = (sha: string, changes: Partial<Commit> = {}): Commit => ({
  ...{ sha, message: 'x', authorName: null, authorLogin: null, authoredAt: null, parents: ['p'], url: '' },
  ...changes,
});
const pull = (number: number, changes: Partial<PullRequest> = {}): PullRequest => ({
  ...{ number, title: 't', state: 'merged', labels: [], authorLogin: null, baseBranch: 'main', headBranch: `topic-${number}` },
  ...{ mergeCommit: null, mergedAt: null, url: '' },
  ...changes,
});

/** A repository with these closed pull requests; `of` says what brought a commit in. */
function repository(closed: readonly PullRequest[], of: (sha: string) => PullRequest[] | Error = () => []) {
  const asked: string[] = [];
  const seen = { listed: 0, atOnce: 0, most: 0 };
  return {
    ...{ asked, seen },
    async *pullRequests() {
      for (const each of closed) {
        seen.listed += 1;
        yield each;
      }
    },
    async pullRequestsOf(sha: string) {
      asked.push(sha);
      seen.atOnce += 1;
      seen.most = Math.max(seen.most, seen.atOnce);
      await new Promise(setImmediate);
      seen.atOnce -= 1;
      const answer = of(sha);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

const found = async (...of: Parameters<typeof pullRequestsBehind>) =>
  (await pullRequestsBehind(...of)).pullRequests.map(({ number, commits }) => [number, commits]);
const many = (count: number) => Array.from({ length: count }, (_, index) => commit(`c${index}`));
const trouble = (kind: 'not-found' | 'unavailable') => new ProviderError(kind, 'no', { provider: 'x' });

describe('pullRequestsBehind', () => {
  it('asks nothing for no commits', async () => {
    const scm = repository([pull(1)]);

    expect(await pullRequestsBehind(scm, [], [])).toEqual({ pullRequests: [], known: 'all' });
    expect(scm.seen.listed).toBe(0);
  });

  it('takes from the list what merge commits and subjects tell, and asks for the rest but merges', async () => {
    const scm = repository([pull(1, { mergeCommit: 'a' }), pull(2)], () => [pull(3)]);
    const commits = [commit('a'), commit('b', { message: 'fix: y (#2)' }), commit('c'), commit('d'), commit('m', { parents: ['p', 'q'] })];

    expect(await found(scm, commits, [])).toEqual([
      [1, ['a']],
      [2, ['b']],
      [3, ['c', 'd']],
    ]);
    expect(scm.asked).toEqual(['c', 'd']);
  });

  it('passes over those that were not merged and those that carry whole branches', async () => {
    const unmerged = pull(1, { state: 'closed', mergeCommit: 'a' });
    const back = pull(2, { headBranch: 'release/1', mergeCommit: 'a' });
    const scm = repository([unmerged, back], () => [pull(3, { state: 'open' }), back, pull(4)]);

    expect(await found(scm, [commit('a')], ['release/1', 'main'])).toEqual([[4, ['a']]]);
  });

  it('asks a few at a time, for the newest commits where there are many, and says so', async () => {
    const scm = repository([], () => [pull(1)]);

    const { known, pullRequests } = await pullRequestsBehind(scm, many(301), []);

    expect([known, scm.seen.most, scm.asked.length]).toEqual(['some', 6, 300]);
    expect(scm.asked).not.toContain('c0');
    expect(pullRequests[0]?.commits).toHaveLength(300);
    expect((await pullRequestsBehind(repository([]), many(300), [])).known).toBe('all');
  });

  it('reads no more of the list than its newest pages', async () => {
    const scm = repository(Array.from({ length: 400 }, (_, index) => pull(index + 1)));

    await pullRequestsBehind(scm, many(1), []);

    expect(scm.seen.listed).toBe(300);
  });

  it('goes without where the provider does not tell by commit, with what the list told', async () => {
    const scm = repository([pull(1, { mergeCommit: 'a' })], () => trouble('not-found'));

    const { known, pullRequests } = await pullRequestsBehind(scm, [commit('a'), commit('b')], []);

    expect([known, pullRequests.map(({ number }) => number)]).toEqual(['none', [1]]);
  });

  it('passes trouble on and asks nothing more', async () => {
    const scm = repository([], (sha) => (sha === 'c0' ? trouble('unavailable') : []));

    await expect(pullRequestsBehind(scm, many(50), [])).rejects.toMatchObject({ kind: 'unavailable' });
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);

    expect(scm.asked.length).toBeLessThan(12);
  });
});
