import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { expectEveryHistoryReplays } from '../support/history-replays.ts';
import { waitFor } from '../support/wait-for.ts';
import type { ReleaseHandle } from './release.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** The gate between regression and post-regression. */

let world: World;
let tenant: TenantWorld;
beforeAll(async () => {
  world = await openWorld();
  tenant = world.tenant();
});
afterAll(() => world?.stopAll());

const config = { automationRuns: false, preRegressionBuilds: false, projectManagementConfigId: null };

async function requirement(release: ReleaseHandle, key: string): Promise<{ met: boolean | 'unknown'; evidence: string } | undefined> {
  const { output } = await release.task('APPROVE_REGRESSION');
  return (output?.requirements as { key: string; met: boolean; evidence: string }[] | undefined)?.find((each) => each.key === key);
}

it('takes no word before it asks, none of the creator, none of those who may not; a rejection blocks until its author changes it', async () => {
  const release = await tenant.createRelease({ config, kickOffInMs: 800, slots: [900] });
  const [second, contributor] = [await tenant.person('release-manager', 'Second'), await tenant.person('contributor')];

  const tooEarly = await release.decide('APPROVED');
  await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  const own = await release.decide('APPROVED', tenant.owner);
  const forbidden = await release.decide('APPROVED', contributor);
  const rejected = await release.decide('REJECTED', tenant.manager, 'crashes at login');
  const approved = await release.decide('APPROVED', second);

  expect([tooEarly.status, own.status, forbidden.status, rejected.status, approved.status]).toEqual([409, 403, 403, 201, 201]);
  expect(own.body.detail).toContain('created the release');
  const blocked = await waitFor(
    async () => {
      const approvals = await requirement(release, 'approvals');
      return approvals?.evidence === '1 of 1 approval, 1 rejection' ? approvals : null;
    },
    { what: 'the gate to count both words' },
  );
  expect(blocked.met).toBe(false);
  expect((await release.view()).status).not.toBe('COMPLETED');

  await release.decide('APPROVED', tenant.manager, 'it was my phone');
  await release.until('COMPLETED');

  const words = await tenant.owner.all<{ decision: string; comment: string }>(`${release.path}/approvals`);
  expect(words.map(({ decision, comment }) => [decision, comment])).toEqual(
    expect.arrayContaining([
      ['APPROVED', 'it was my phone'],
      ['APPROVED', 'Tried on my own devices.'],
    ]),
  );
  const events = (await release.history()).filter(({ entityType }) => entityType === 'approval');
  expect(events.flatMap(({ items }) => items.filter(({ field }) => field === 'decision').map(({ after }) => after))).toEqual([
    'REJECTED',
    'APPROVED',
    'APPROVED',
  ]);
});

it('closes when a commit comes after the candidate, says so, and the approval of the old candidate does not count for the new one', async () => {
  const gates = {
    preReleaseApproval: 'manual' as const,
    quorum: 2,
    allowSelfApproval: false,
    distributionApproval: 'manual' as const,
    preRelease: plainRules,
    distribution: plainRules,
  };
  const release = await tenant.createRelease({ config: { ...config, gates } });
  const second = await tenant.person('release-manager', 'Third');
  await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
  const { git } = tenant.sandbox.repository;
  const candidate = git.branches.get(release.branch) ?? '';
  await release.decide('APPROVED');

  const late = tenant.sandbox.repository.pushCommit({ branch: release.branch, message: 'fix: totals\n' });
  const gate = await release.untilTask('APPROVE_REGRESSION', 'WAITING(CALLBACK)');
  const unmet = await requirement(release, 'no-late-commits');
  const { items } = await release.why();
  const refused = await release.decide('APPROVED', second);

  const evidence = `the branch is at ${late}, the candidate at ${candidate}`;
  expect(unmet).toMatchObject({ met: false, evidence });
  expect(items.find(({ kind, id }) => kind === 'task' && id === gate.id)?.sentence).toContain(`is not open: ${evidence}`);
  expect(refused.status).toBe(409);

  const slot = await release.command('trigger-regression', { reason: 'the fix must be tested' });
  const anew = await waitFor(
    async () => {
      const found = await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
      return found.id === gate.id ? null : found;
    },
    { what: 'the gate of the new candidate' },
  );

  expect(slot.status).toBe(200);
  expect(anew.output).toMatchObject({ rcCommit: late, rcTag: `v${release.version}-rc.2` });
  expect(await requirement(release, 'approvals')).toMatchObject({
    met: false,
    evidence: expect.stringMatching(/^0 of 2 approvals, 1 given for another commit\b/),
  });
  const sentence = async () => (await release.why()).items.find(({ kind, id }) => kind === 'task' && id === anew.id)?.sentence;
  // While a worker looks at it, that is what is told.
  await waitFor(async () => (await sentence())?.includes('(0 of 2 given'), { what: 'the gate to say how many approved' });
  const tasks = await release.tasks();
  expect(tasks.find(({ id }) => id === gate.id)?.status).toBe('CANCELLED');

  await release.decide('APPROVED', second);
  expect((await release.task('APPROVE_REGRESSION')).status).not.toBe('COMPLETED');
  await release.decide('APPROVED', tenant.manager);
  await release.until('COMPLETED');

  expect(git.peel(git.tags.get(`v${release.version}`) ?? '')).toBe(late);
});

it('has a history of each release that replays to the state it is in', async () => {
  await expectEveryHistoryReplays(world.db);
});
