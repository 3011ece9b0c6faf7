import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RerunBuild } from '../../src/services/releases/builds/rerun-build.ts';
import type { ReleaseHandle } from './release.ts';
import { openWorld, type World } from './world.ts';

/** A build that failed is run again at the CI, and the release goes on with that very build. */

const tenants = ['GitHub', 'Jenkins'] as const;
const choices = { GitHub: { scm: 'github', ci: 'github' }, Jenkins: { scm: 'github', ci: 'jenkins' } } as const;
const config = { automationRuns: false, preRegressionBuilds: false };

let world: World;
beforeAll(async () => {
  // The fakes show at once what was written to them.
  world = await openWorld({ tenants, workers: 2, sandbox: { choices }, env: { SEARCH_LAG_MAX_MS: '2000' } });
}, 60_000);
afterAll(() => world?.stopAll());

/** The build that paused the release. */
async function failedBuild(release: ReleaseHandle) {
  await release.until('PAUSED');
  const failed = (await release.builds()).find(({ status }) => status === 'FAILED');
  if (failed === undefined) throw new Error('no build has failed');
  return failed;
}

const buildsOf = async (release: ReleaseHandle) =>
  (await release.task('TRIGGER_REGRESSION_BUILDS')).builds.map(({ platform, ordinal, status }) => [platform, ordinal, status]);

describe('rerun of a failed build finishes the release without another build', () => {
  it('GitHub Actions: as another attempt of the same run', async () => {
    const tenant = world.tenant('GitHub');
    world.fakes.github.world.failRuns({ workflow: 'regression-ios.yml' });
    const release = await tenant.createRelease({ config });
    const failed = await failedBuild(release);

    const pressed = await tenant.owner.send<RerunBuild>('POST', `${release.path}/builds/${failed.id}/rerun`, {
      reason: 'The disk was full',
    });
    await release.until('COMPLETED', { approving: true });

    expect(pressed).toMatchObject({ build: { id: failed.id, ordinal: 1 }, task: { key: 'TRIGGER_REGRESSION_BUILDS' }, alsoFailed: [] });
    expect(await buildsOf(release)).toEqual([
      ['ANDROID', 1, 'SUCCEEDED'],
      ['IOS', 1, 'SUCCEEDED'],
    ]);
    const ofCycle = tenant.effects().runs.filter(({ ref }) => ref === `v${release.version}-rc.1`);
    expect(ofCycle.map(({ workflow, attempt, conclusion }) => [workflow, attempt, conclusion]).sort()).toEqual([
      ['Android regression', 1, 'success'],
      ['iOS regression', 2, 'success'],
    ]);
    const told = (await release.history()).filter(({ why }) => why === 'The disk was full');
    expect(told.flatMap(({ items }) => items.map(({ field, before, after }) => [field, before, after]))).toEqual([
      ['buildRerun', 'FAILED', 'QUEUED'],
      ['status', 'FAILED', 'READY'],
    ]);
    expect(tenant.effects().duplicates).toEqual([]);
  }, 60_000);

  it('Jenkins: as one more build of the same job', async () => {
    const tenant = world.tenant('Jenkins');
    tenant.sandbox.jenkins?.failRuns(1);
    const release = await tenant.createRelease({ config });
    const failed = await failedBuild(release);
    const ofCycle = () => tenant.effects().runs.filter(({ ref }) => ref === `v${release.version}-rc.1`);

    await tenant.owner.send('POST', `${release.path}/builds/${failed.id}/rerun`);
    // Whatever it answers: by now the build may have succeeded.
    await tenant.owner.request('POST', `${release.path}/builds/${failed.id}/rerun`);
    await release.until('COMPLETED', { approving: true });

    expect(await buildsOf(release)).toEqual([
      ['ANDROID', 1, 'SUCCEEDED'],
      ['IOS', 1, 'SUCCEEDED'],
    ]);
    expect(
      ofCycle()
        .map(({ conclusion }) => conclusion)
        .sort(),
    ).toEqual(['FAILURE', 'SUCCESS', 'SUCCESS']);
    expect(new Set(ofCycle().map(({ correlationId }) => correlationId)).size).toBe(3);
    expect(tenant.effects().duplicates).toEqual([]);
  }, 60_000);
});
