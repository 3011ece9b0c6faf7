import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sweepDue } from '../../src/engine/sweep.ts';
import type { Wake } from '../../src/platform/ring.ts';
import { githubWrites } from '../fakes/github/index.ts';
import type { FakeRepository } from '../fakes/github/repository.ts';
import { type BuildsWorld, openBuilds } from './builds-world.ts';
import { cleaner, statesOf } from './clean-up-world.ts';
import { historyOf, startedRelease } from './repository-world.ts';

/** What becomes of what a release made outside, once it is called off. */

let builds: BuildsWorld;
let repository: FakeRepository;
let clean: ReturnType<typeof cleaner>;
beforeAll(async () => {
  builds = await openBuilds();
  repository = builds.github.world.repository('acme', 'app');
  clean = cleaner(builds.api, builds.world);
});
afterAll(() => builds?.close());

const archive = (releaseId: string, body: object = {}) => builds.world.call('POST', `/${releaseId}/archive`, { body });
const main = () => repository.git.branches.get('main') ?? '';

describe('runs at the CI', () => {
  it('are cancelled after the archive, and looked at until the CI shows it', async () => {
    const run = builds.runAtGithub();
    const { releaseId, buildId } = await builds.withBuild({ status: 'RUNNING', handle: String(run.id) });
    await builds.api.db.run('UPDATE builds SET dispatched_at = UTC_TIMESTAMP(3) WHERE id = ?', [buildId]);

    const answer = await archive(releaseId);
    const due: Wake[] = [];
    await sweepDue(builds.api.db, ['clean-ups'], (wakes) => void due.push(...wakes));
    const first = await clean.round(releaseId);
    const second = await clean.round(releaseId);

    expect(answer.body.leftBehind.builds).toMatchObject([{ id: buildId }]);
    expect(due).toContainEqual(expect.objectContaining({ kind: 'clean-up', queue: 'clean-ups', id: first[0]?.id }));
    expect(first).toMatchObject([
      { kind: 'CI_RUN', subject: buildId, state: 'PENDING', outcome: expect.stringContaining('asked to cancel') },
    ]);
    expect(second).toMatchObject([{ state: 'DONE', nextTryAt: null }]);
    expect(builds.github.world.run(run.id)).toMatchObject({ conclusion: 'cancelled' });
    const { body } = await builds.world.call('GET', `/${releaseId}`);
    expect(body.leftBehind.builds).toEqual([]);
    expect(await historyOf(builds.world, releaseId, 'cleanUp')).toHaveLength(1);
  });

  it('are never begun after the archive: a build that was only planned is cancelled', async () => {
    const { releaseId, buildId } = await builds.withBuild({ status: 'PENDING' });

    await archive(releaseId);

    const { body } = await builds.world.call('GET', `/${releaseId}/builds`);
    expect(body.items).toMatchObject([{ id: buildId, status: 'CANCELLED' }]);
    expect(await clean.list(releaseId)).toEqual([]);
  });

  it('are cancelled by the next try when the first one died or its answer was lost', async () => {
    const run = builds.runAtGithub();
    const { releaseId, buildId } = await builds.withBuild({ status: 'RUNNING', handle: String(run.id) });
    await builds.api.db.run('UPDATE builds SET dispatched_at = UTC_TIMESTAMP(3) WHERE id = ?', [buildId]);
    await archive(releaseId);
    builds.github.failNext({ match: githubWrites.cancel, mode: 'drop-after' });

    const [lost] = await clean.round(releaseId);
    builds.github.clearFaults();
    const [found] = await clean.round(releaseId);

    expect(lost).toMatchObject({
      state: 'PENDING',
      failures: 1,
      failure: { kind: 'unavailable', remedy: expect.stringContaining('rchive') },
    });
    expect(found).toMatchObject({ state: 'DONE' });
  });
});

describe('branch and tags', () => {
  let release: { id: string; branch: string };
  let tag: string;
  beforeEach(async () => {
    release = await startedRelease(builds.world, builds.ids.scm);
    tag = `${release.branch}-rc.1`;
    repository.git.branches.set(release.branch, main());
    repository.tag(tag, main(), { annotated: false });
    await builds.world.advance(release.id);
    await builds.api.db.run('UPDATE releases SET fork_commit = ? WHERE id = ?', [main(), release.id]);
    await builds.api.db.run(
      `INSERT INTO regression_cycles (id, tenant_id, release_id, slot_id, number, status, rc_tag, rc_commit)
       SELECT id, tenant_id, id, id, 7, 'DONE', ?, ? FROM releases WHERE id = ?`,
      [tag, main(), release.id],
    );
  });

  it('stay unless somebody wants them gone, and then are gone, once', async () => {
    const plain = await archive(release.id);
    expect([plain.body.leftBehind.branch, plain.body.leftBehind.tags, plain.body.cleanUps]).toEqual([release.branch, [tag], []]);

    await archive(release.id, { cleanUp: { branch: 'delete', tags: true }, reason: 'Tidy' });
    const after = await clean.round(release.id);
    const again = await archive(release.id, { cleanUp: { branch: 'delete', tags: true } });

    expect(statesOf(after)).toEqual({ [`BRANCH ${release.branch}`]: 'DONE', [`TAG ${tag}`]: 'DONE' });
    expect([repository.git.branches.has(release.branch), repository.git.tags.has(tag)]).toEqual([false, false]);
    expect(statesOf(again.body.cleanUps)).toEqual(statesOf(after));
    expect(again.body.leftBehind).toMatchObject({ branch: null, tags: [] });
  });

  it('of commits that the base does not have are kept until that is forced; protected ones are kept in any case', async () => {
    repository.pushCommit({ branch: release.branch, message: 'A fix nobody merged' });
    await archive(release.id, { cleanUp: { branch: 'delete' } });
    const [kept] = await clean.round(release.id);
    await archive(release.id, { cleanUp: { branch: 'force' } });
    repository.protect(release.branch, { enforcesAdmins: true });
    const [guarded] = await clean.round(release.id);
    repository.protections.delete(release.branch);
    await archive(release.id, { cleanUp: { branch: 'force' } });
    const [forced] = await clean.round(release.id);

    expect(kept).toMatchObject({ state: 'KEPT', outcome: expect.stringContaining('1 commit that main does not have') });
    expect(guarded).toMatchObject({ state: 'KEPT', outcome: expect.stringContaining('protected') });
    expect(forced).toMatchObject({ state: 'DONE' });
    expect(repository.git.branches.has(release.branch)).toBe(false);
  });

  it('that another release uses, that were moved, or that people were given, stay', async () => {
    await builds.api.db.run('UPDATE releases SET release_tag = ? WHERE id = ?', [`${tag}-final`, release.id]);
    repository.tag(`${tag}-final`, main(), { annotated: false });
    repository.releases.push({
      ...{ id: 9, tagName: `${tag}-final`, target: 'main', name: 'Out', body: '', prerelease: false },
      createdAt: '2026-11-21T00:00:00Z',
    });
    const other = await startedRelease(builds.world, builds.ids.scm);
    await builds.api.db.run('UPDATE releases SET branch = ? WHERE id = ?', [release.branch, other.id]);
    repository.pushCommit({ branch: 'main', message: 'Something else' });
    repository.git.tags.set(tag, main());
    await archive(release.id, { cleanUp: { branch: 'force', tags: true } });

    const after = await clean.round(release.id);

    expect(after.map(({ state }) => state)).toEqual(['KEPT', 'KEPT', 'KEPT']);
    expect(after.map(({ outcome }) => outcome)).toEqual([
      expect.stringContaining(other.displayId),
      expect.stringContaining('somebody moved it'),
      expect.stringContaining('published release'),
    ]);
    expect(repository.git.branches.has(release.branch)).toBe(true);
  });
});

describe('asking', () => {
  it('is for those who may archive, names wrong wishes, and shows nothing of other tenants', async () => {
    const release = await startedRelease(builds.world, builds.ids.scm);
    const contributor = await builds.world.person('contributor');
    const stranger = await builds.api.tenant('Globex');
    const path = `/${release.id}/clean-up`;

    expect((await builds.world.call('POST', `/${release.id}/archive`, { body: {}, token: contributor.token })).status).toBe(403);
    expect((await archive(release.id, { cleanUp: { branch: 'yes' } })).body.errors[0].field).toBe('/cleanUp/branch');
    expect((await archive(release.id, { stores: 'leave' })).status).toBe(422);
    expect((await builds.world.call('GET', path, { token: contributor.token })).status).toBe(200);
    expect((await builds.world.call('GET', path, { token: stranger.token })).status).toBe(404);
  });
});
