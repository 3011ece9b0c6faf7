import { expect, it } from 'vitest';
import type { DeliveryView } from '../../../src/services/deliveries/delivery-view.ts';
import type { MilestoneView } from '../../../src/services/milestones/milestone-view.ts';
import type { ReleaseConfigView } from '../../../src/services/release-configs/release-config-view.ts';
import type { ConfigComparison } from '../../../src/services/releases/compare-config.ts';
import type { CycleDetail } from '../../../src/services/releases/slots/cycle-view.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { ScenarioRelease } from './release.ts';
import { DAY_MS, HOUR_MS, lean, MINUTE_MS, type ScenarioWorld } from './world.ts';

/** What a release manager does with a release from its config to its end, a scenario for each part. */
export function workflowScenarios(world: () => ScenarioWorld): void {
  const GATE = 'APPROVE_REGRESSION';
  const BUILDS = 'TRIGGER_REGRESSION_BUILDS';
  const owner = () => world().tenant.owner;
  const { path } = { path: (below: string) => `${world().tenant.path}${below}` };
  const at = (inMs: number) => new Date(world().now() + inMs).toISOString();
  const told = async (release: ScenarioRelease, type: string) =>
    (await owner().all<DeliveryView>(`${release.path}/deliveries`)).filter((delivery) => delivery.type === type).length;
  const nothingTwice = () => expect(world().tenant.effects().duplicates).toEqual([]);

  it('goes by the config of its creation, tells what the config says today, and keeps why its dates moved', async () => {
    const config = { ...lean, name: 'Frozen', gates: { preReleaseApproval: 'manual', quorum: 1, allowSelfApproval: false } as never };
    const release = await world().release({ config, kickOffInMs: HOUR_MS, slots: [2 * HOUR_MS] });
    const configId = await world().tenant.config({ ...lean, ...config });
    const {
      id: _id,
      isActive: _active,
      createdByAccountId: _by,
      createdAt: _at,
      updatedAt: _changed,
      ...body
    } = await owner().get<ReleaseConfigView>(path(`/release-configs/${configId}`));

    await owner().send('PUT', path(`/release-configs/${configId}`), { ...body, gates: { ...body.gates, quorum: 2 } });
    const compared = await release.read<ConfigComparison>('/config');
    const later = at(30 * DAY_MS);
    const silent = await owner().request('PATCH', release.path, { targetReleaseDate: later });
    const moved = await release.send<{ delays: { reason: string }[] }>('PATCH', '', {
      targetReleaseDate: later,
      delayReason: 'The partner is late.',
    });
    await release.advanceTo(GATE);
    await release.reaches('COMPLETED');

    expect(compared.differences.map(({ path: where, frozen, current }) => [where, frozen, current])).toContainEqual([
      '/gates/quorum',
      1,
      2,
    ]);
    expect(silent).toMatchObject({ status: 422, body: { errors: [{ field: expect.stringContaining('elayReason') }] } });
    expect(moved.delays.map(({ reason }) => reason)).toEqual(['The partner is late.']);
    expect(await told(release, 'TARGET_DATE_CHANGED')).toBe(1);
    await release.replays();
  });

  it('lets one release of its type go at a time, shows who is before, and mends what went out with a hotfix of the version it suggests', async () => {
    const config = { concurrency: { perType: 1 } };
    const first = await world().release({ config, kickOffInMs: HOUR_MS, slots: [2 * HOUR_MS] });
    const second = await world().release({ config, kickOffInMs: 2 * HOUR_MS, slots: [3 * HOUR_MS] });
    await first.advanceTo(GATE);
    await world().advanceTo((await second.view()).kickOffDate);
    await second.reaches('WAIT_FOR_TURN', 'WAITING(TURN)');
    const waiting = await second.view();
    await first.reaches('COMPLETED');
    await second.advanceTo(GATE);
    await second.reaches('COMPLETED');
    const configId = await world().tenant.config({ ...lean, ...config });
    const suggested = await owner().get<{ items: { version: string }[] }>(
      path(`/release-configs/${configId}/next-versions?type=HOTFIX&baseReleaseId=${second.id}`),
    );
    const version = suggested.items[0]?.version ?? '';
    const hotfix = await world().release({ config, version, more: { type: 'HOTFIX', baseReleaseId: second.id } });
    await hotfix.reaches('COMPLETED');

    expect(waiting).toMatchObject({ status: 'PENDING', blockedBy: [{ displayId: first.displayId }] });
    expect(version).toBe(second.version.replace(/\.0$/, '.1'));
    expect(
      world()
        .tenant.effects()
        .tags.map(({ name }) => name),
    ).toContain(`v${version}`);
    nothingTwice();
    await Promise.all([first, second, hotfix].map((release) => release.replays()));
  });

  it('has its rounds at their slots: one called off, late ones caught up by the newest, one skipped, one added at the gate', async () => {
    world().stallBuilds();
    const slots = [2, 3, 4, 5, 9].map((hours) => hours * HOUR_MS);
    const release = await world().release({ config: { slotCatchUp: 'LATEST' }, kickOffInMs: HOUR_MS, slots });
    const early = await release.why();
    await release.advanceTo(BUILDS);
    await waitFor(() => world().running().length === 2, { what: 'both builds to run' });
    const runs = world().running();

    await release.send('POST', '/cycles/1/abandon', { reason: 'The wrong commit was tagged.' });
    await waitFor(() => runs.every(({ conclusion }) => conclusion === 'cancelled'), { what: 'the runs to be stopped' });
    world().mend();
    const last = (await release.view()).slots.at(-1);
    await release.send('POST', `/regression-slots/${last?.id}/skip`, { reason: 'Nobody is here then.' });
    await world().advanceTo((await release.view()).slots[3]?.date ?? '');
    await release.reaches(GATE, 'WAITING(APPROVAL)');
    await release.addSlot(HOUR_MS);
    await world().advanceBy(HOUR_MS);
    await release.reaches(BUILDS, 'COMPLETED', 3);
    await release.reaches('COMPLETED');

    expect(early.items[0]).toMatchObject({ on: 'time', nextAt: (await release.view()).kickOffDate });
    const rounds = (await release.view()).slots.map(({ status, reason, cycle }) => [status, cycle?.number ?? reason]);
    expect(rounds).toEqual([
      ['USED', 1],
      ['SKIPPED', expect.stringContaining('caught up by')],
      ['SKIPPED', expect.stringContaining('caught up by')],
      ['USED', 2],
      ['USED', 3],
      ['SKIPPED', 'Nobody is here then.'],
    ]);
    const cycles = (await release.read<{ items: CycleDetail[] }>('/cycles')).items;
    expect(cycles.map(({ number, status, rcTag }) => [number, status, rcTag])).toEqual([
      [3, 'DONE', `v${release.version}-rc.3`],
      [2, 'DONE', `v${release.version}-rc.2`],
      [1, 'ABANDONED', `v${release.version}-rc.1`],
    ]);
    nothingTwice();
    await release.replays();
  });

  it('asks the groups it must, reminds them, escalates, lets an approval lapse and takes that of a delegate', async () => {
    const [tester, deputy] = [
      await world().tenant.person('release-manager', 'Tester'),
      await world().tenant.person('release-manager', 'Deputy'),
    ];
    const [testerId, deputyId] = await Promise.all(
      [tester, deputy].map(async (each) => (await each.get<{ account: { id: string } }>('/me')).account.id),
    );
    const gates = {
      ...{ preReleaseApproval: 'manual', quorum: 1, allowSelfApproval: false },
      preRelease: {
        groups: [{ name: 'QA', accountIds: [testerId], quorum: 1 }],
        ...{ expiresAfterMs: DAY_MS, remindAfterMs: 2 * HOUR_MS, remindEveryMs: 3 * HOUR_MS, escalateAfterMs: 6 * HOUR_MS },
        escalateTo: { critical: true },
      },
    };
    const release = await world().release({ config: { gates: gates as never } });
    await release.reaches(GATE, 'WAITING(APPROVAL)');

    const withoutTester = await release.approve();
    await world().advanceBy(2 * HOUR_MS + MINUTE_MS);
    await waitFor(async () => (await told(release, 'APPROVAL_REMINDER')) === 1, { what: 'the first reminder' });
    await world().advanceBy(4 * HOUR_MS);
    await waitFor(async () => (await told(release, 'APPROVAL_ESCALATION')) === 1, { what: 'the escalation' });
    const waiting = await release.gate('pre-release');
    await world().advanceBy(DAY_MS);
    await tester.send('POST', path('/approval-delegations'), { toAccountId: deputyId, until: at(DAY_MS), reason: 'On holiday.' });
    const lapsed = await release.gate('pre-release');
    await release.approve(deputy);
    await release.reaches('COMPLETED');

    expect(withoutTester.status).toBe(201);
    expect(waiting.approval).toMatchObject({ met: false, given: 1, groups: [{ name: 'QA', given: 0, quorum: 1 }] });
    expect(lapsed.approvals).toEqual([expect.objectContaining({ counts: false, whyNot: expect.stringContaining('expired') })]);
    const opened = await release.gate('pre-release');
    expect(opened).toMatchObject({ state: 'OPENED', approval: { met: true, groups: [{ given: 1 }] } });
    expect(opened.approvals[0]).toMatchObject({ counts: true, for: [{ displayName: 'Tester' }] });
    await release.replays();
  });

  it('is let through its gate against its requirements by an owner alone, who says why', async () => {
    const release = await world().release();
    await release.reaches(GATE, 'WAITING(APPROVAL)');
    const reason = { reason: 'The store closes for the holidays tonight.' };

    const refused = await world().tenant.manager.request('POST', `${release.path}/gates/pre-release/override`, reason);
    await release.send('POST', '/gates/pre-release/override', reason);
    await release.reaches('COMPLETED');

    expect(refused.status).toBe(403);
    expect(await release.gate('pre-release')).toMatchObject({ state: 'OVERRIDDEN', override: reason });
    expect((await release.why()).overrides).toMatchObject([{ gate: 'pre-release', ...reason }]);
    await release.replays();
  });

  it('takes a build that somebody started at the CI, in place of its own', async () => {
    world().stallBuilds();
    const release = await world().release();
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');
    await waitFor(() => world().running().length === 2, { what: 'both builds to run' });
    const { owner: team, repo } = world().tenant.sandbox.github;
    const made = world().github.world.dispatch(team, repo, 'regression-ios.yml', `v${release.version}-rc.1`, {
      version: release.version,
    });

    const adopt = () => owner().request('POST', `${release.path}/builds/adopt`, { platform: 'IOS', cycle: 1, ciRun: String(made.id) });
    // It is refused for as long as a worker looks at the build.
    await waitFor(async () => (await adopt()).status < 300, { what: 'the build to be adopted' });
    world().finishBuilds(release);
    await release.reaches('COMPLETED');

    const ios = (await release.builds()).filter(({ platform, workflowType }) => platform === 'IOS' && workflowType === 'REGRESSION_BUILD');
    expect(ios.map(({ status, url }) => [status, url?.endsWith(`/${made.id}`)]).sort()).toEqual([
      ['CANCELLED', false],
      ['SUCCEEDED', true],
    ]);
    await release.replays();
  });

  it('stands still while anything holds it, lifts one reason at a time, and tells milestones, commits and tries apart', async () => {
    const { repository } = world().tenant.sandbox;
    const commit = repository.pushCommit({ message: 'feat: vouchers by post' });
    const milestone = await owner().send<MilestoneView>('POST', path('/milestones'), { name: 'Vouchers' });
    world().stallBuilds();
    const release = await world().release();
    await release.send('POST', `/milestones/${milestone.id}`);
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');

    await release.command('pause', { reason: 'Lunch.' });
    const blocker = await release.send<{ id: string }>('POST', '/blockers', { title: 'Prices are wrong' });
    const both = await release.view();
    await release.command('resume');
    const one = await release.view();
    world().finishBuilds(release);
    await release.reaches(BUILDS, 'COMPLETED');
    const { attempt } = await release.task('SEND_REGRESSION_BUILD_MESSAGE');
    await release.send('POST', `/blockers/${blocker.id}/resolve`, { reason: 'They are right.' });
    await release.reaches(GATE, 'WAITING(APPROVAL)');
    const notes = (await release.notes()).find(({ cycle }) => cycle === 1);
    const shown = await release.read<{ document: { sections: { items: { id: string; text: string }[] }[] }; version: number }>(
      `/notes/${notes?.id}`,
    );
    const item = shown.document.sections.flatMap(({ items }) => items).find(({ text }) => text.includes('vouchers by post'));
    await release.send('PUT', `/notes/${notes?.id}`, {
      ...{ version: shown.version, preface: null, appendix: null },
      edits: [{ itemId: item?.id, text: 'Vouchers come by post' }],
    });
    const between = await owner().get<MilestoneView>(path(`/milestones/${milestone.id}`));
    await release.reaches('COMPLETED');

    expect([both.pauseReasons.length, one.pauseReasons]).toEqual([2, [`BLOCKER(${blocker.id})`]]);
    expect(attempt).toBe(0);
    expect([await told(release, 'BLOCKER_ADDED'), await told(release, 'BLOCKERS_RESOLVED')]).toEqual([1, 1]);
    expect((await release.notes()).find(({ kind }) => kind === 'final')?.markdown).toContain('Vouchers come by post');
    expect([between.status, (await owner().get<MilestoneView>(path(`/milestones/${milestone.id}`))).status]).toEqual([
      'IN_PROGRESS',
      'COMPLETED',
    ]);
    const shipped = await owner().get<{ items: unknown[] }>(path(`/search/shipped?commit=${commit}`));
    expect(shipped.items).toEqual([expect.objectContaining({ releaseId: release.id, tag: `v${release.version}` })]);
    const tries = await release.read<{ items: { outcome: string }[] }>(`/tasks/${(await release.task(BUILDS)).id}/attempts`);
    expect(tries.items.map(({ outcome }) => outcome)).toEqual(['completed']);
    nothingTwice();
    await release.replays();
  });
}
