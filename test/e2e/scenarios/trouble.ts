import { expect, it } from 'vitest';
import type { BlockerView } from '../../../src/services/blockers/blocker-view.ts';
import type { CleanUpView } from '../../../src/services/clean-ups/list-clean-ups.ts';
import type { ReleaseConfigView } from '../../../src/services/release-configs/release-config-view.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { ScenarioRelease } from './release.ts';
import { HOUR_MS, MINUTE_MS, type ScenarioWorld } from './world.ts';

/** What goes wrong around a release. */
export function troubleScenarios(world: () => ScenarioWorld): void {
  const TAG = 'CREATE_RELEASE_TAG';
  const GATE = 'APPROVE_REGRESSION';
  const BUILDS = 'TRIGGER_REGRESSION_BUILDS';
  const TICKETS = 'CREATE_PROJECT_MANAGEMENT_TICKET';
  const repository = () => world().tenant.sandbox.repository;
  const taggedAt = (name: string) => repository().git.peel(repository().git.tags.get(name) ?? '');
  const blockerOf = async (release: ScenarioRelease) => (await release.read<{ items: BlockerView[] }>('/blockers')).items[0]?.ticket;
  const nothingTwice = () => expect(world().tenant.effects().duplicates).toEqual([]);

  it('skips a slot whose turn comes past the target date, says why, and goes on to the gate', async () => {
    world().stallBuilds();
    const release = await world().release({ kickOffInMs: HOUR_MS, slots: [2 * HOUR_MS, 3 * HOUR_MS], targetInMs: 4 * HOUR_MS });
    await release.advanceTo(BUILDS);
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');

    await world().advanceBy(3 * HOUR_MS);
    world().finishBuilds(release);
    await release.reaches(GATE, 'WAITING(APPROVAL)');

    const { slots, targetReleaseDate } = await release.view();
    expect(slots.map(({ status, reason }) => [status, reason])).toEqual([
      ['USED', null],
      ['SKIPPED', `its turn came only after the target release date ${targetReleaseDate}`],
    ]);
    await release.replays();
  });

  it('moves no tag that is on another commit: a person is asked, and a retry goes on', async () => {
    const release = await world().release();
    await release.reaches(GATE, 'WAITING(APPROVAL)');
    const elsewhere = repository().pushCommit({ message: 'chore: somebody tags this' });
    repository().tag(`v${release.version}`, elsewhere);
    await release.approve();

    const failed = await release.reaches(TAG, 'FAILED');
    const { items } = await release.why();
    const untouched = taggedAt(`v${release.version}`);
    repository().git.tags.delete(`v${release.version}`);
    await release.onTask(TAG, 'retry', { reason: 'The foreign tag is gone.' });
    await release.reaches('COMPLETED');

    expect(failed.failure).toMatchObject({ kind: 'conflict' });
    expect(items.find(({ what }) => what === TAG)).toMatchObject({ on: 'person', owner: { kind: 'person' } });
    expect(untouched).toBe(elsewhere);
    expect(taggedAt(`v${release.version}`)).not.toBe(elsewhere);
    nothingTwice();
    await release.replays();
  });

  it('opens no gate while the branch is gone, approved or not, and opens it once the branch is back', async () => {
    const release = await world().release();
    await release.reaches(GATE, 'WAITING(APPROVAL)');
    const head = repository().git.branches.get(release.branch) ?? '';

    repository().git.branches.delete(release.branch);
    await release.reaches(GATE, 'WAITING(CALLBACK)');
    await release.approve();
    const approvedAt = new Date(world().now()).toISOString();
    const closed = await waitFor(
      async () => {
        const found = (await release.gate('pre-release')).requirements.find(({ key }) => key === 'no-late-commits');
        return found !== undefined && found.checkedAt > approvedAt ? found : null;
      },
      { what: 'the gate to look at the branch again' },
    );
    repository().git.branches.set(release.branch, head);
    await release.reaches('COMPLETED');

    expect(closed.met).not.toBe(true);
    await release.replays();
  });

  it('gives a build up at its deadline and asks a person; told to try again it takes the run that is still there', async () => {
    world().stallBuilds();
    const release = await world().release();
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');

    await world().advanceBy(7 * HOUR_MS);
    const failed = await release.reaches(BUILDS, 'FAILED');
    const paused = await release.view();
    await release.onTask(BUILDS, 'retry', { reason: 'The runners are awake again.' });
    world().finishBuilds(release);
    await release.reaches('COMPLETED');

    expect(failed.failure?.message).toContain('deadline');
    expect(paused).toMatchObject({ status: 'PAUSED', pauseReasons: [`TASK_FAILURE(${failed.id})`] });
    nothingTwice();
    await release.replays();
  });

  it('counts no approval for another candidate, and opens once when two people approve at once', async () => {
    const second = await world().tenant.person('release-manager', 'Second');
    const gates = { preReleaseApproval: 'manual' as const, quorum: 2, allowSelfApproval: false };
    const release = await world().release({ config: { gates: gates as never } });
    const asked = await release.reaches(GATE, 'WAITING(APPROVAL)');
    await release.approve();

    repository().pushCommit({ branch: release.branch, message: 'fix: totals' });
    await release.command('trigger-regression', { reason: 'The fix must be tested.' });
    await release.reaches(BUILDS, 'COMPLETED', 2);
    await waitFor(async () => (await release.reaches(GATE, 'WAITING(APPROVAL)')).id !== asked.id, {
      what: 'the gate of the new candidate',
    });
    const anew = await release.gate('pre-release');
    const answers = await Promise.all([release.approve(), release.approve(second)]);
    await release.reaches('COMPLETED');

    expect(anew.approval).toMatchObject({ given: 0, quorum: 2 });
    expect(anew.approvals).toEqual([expect.objectContaining({ counts: false, changed: expect.arrayContaining(['commit']) })]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const gate = await release.task(GATE);
    const opened = (await release.history())
      .filter(({ entityId }) => entityId === gate.id)
      .flatMap(({ items }) => items.filter(({ field, after }) => field === 'status' && after === 'COMPLETED'));
    expect(opened).toHaveLength(1);
    expect(taggedAt(`v${release.version}`)).toBe(taggedAt(`v${release.version}-rc.2`));
    nothingTwice();
    await release.replays();
  });

  it('stops the CI when it is archived during a build, though the worker dies at that, and takes away what it was asked to', async () => {
    world().stallBuilds();
    const release = await world().release();
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');
    await waitFor(() => world().running().length === 2, { what: 'both builds to run' });
    const runs = world().running();

    await release.send('POST', '/archive', { reason: 'The feature is withdrawn.', cleanUp: { branch: 'delete', tags: true } });
    await world().kill('worker');
    await waitFor(() => runs.every(({ conclusion }) => conclusion === 'cancelled'), { what: 'the runs to be stopped' });
    await waitFor(() => !repository().git.branches.has(release.branch), { what: 'the branch to be gone' });
    await waitFor(() => !repository().git.tags.has(`v${release.version}-rc.1`), { what: 'the tag to be gone' });

    expect((await release.view()).status).toBe('ARCHIVED');
    expect((await release.tasks()).filter(({ status }) => ['PENDING', 'READY', 'WAITING', 'IN_PROGRESS'].includes(status))).toEqual([]);
    await release.replays();
  });

  it('is called off while paused, by two people at once, and stops the CI though that refuses to be told for a while', async () => {
    world().stallBuilds();
    const release = await world().release();
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');
    await waitFor(() => world().running().length === 2, { what: 'both builds to run' });
    const runs = world().running();
    await release.command('pause', { reason: 'Is it still wanted?' });
    world().failNext('ci.cancel', { status: 502, times: 3 });

    const asked = await Promise.all(
      [world().tenant.owner, world().tenant.manager].map((who) => release.command('archive', { reason: 'Not any more.' }, who)),
    );
    await waitFor(() => runs.every(({ conclusion }) => conclusion === 'cancelled'), { what: 'the runs to be stopped', timeoutMs: 30_000 });
    const cleanUps = await waitFor(
      async () => {
        const { items } = await release.read<{ items: CleanUpView[] }>('/clean-up');
        return items.every(({ state }) => state === 'DONE') ? items : null;
      },
      { what: 'what is left behind to be cleaned up' },
    );

    expect(asked.map(({ status }) => status)).toEqual([200, 200]);
    expect(cleanUps.map(({ kind }) => kind)).toEqual(['CI_RUN', 'CI_RUN']);
    expect((await release.view()).status).toBe('ARCHIVED');
    const archived = (await release.history()).filter(({ items }) => items.some(({ field }) => field === 'archivedAt'));
    expect(archived).toHaveLength(1);
    await release.replays();
  });

  it('works on while the tracker is down for an hour, shows what it does not know, and goes on by itself after it', async () => {
    const { tenant } = world();
    const { projectManagementConfigId } = await tenant.owner.get<ReleaseConfigView>(
      `${tenant.path}/release-configs/${await tenant.config()}`,
    );
    const blocked = await world().release({ config: { projectManagementConfigId } });
    await blocked.reaches(GATE, 'WAITING(APPROVAL)');
    const key = tenant.sandbox.tickets.all().find(({ title }) => title === 'Vouchers can be stacked')?.key ?? '';
    await blocked.send('POST', `/blockers/${key}`);

    world().failNext('tracker.any', { status: 503, times: 100_000 });
    const from = world().now();
    const release = await world().release({ config: { projectManagementConfigId, preRegressionBuilds: true } });
    await release.reaches('TRIGGER_PRE_REGRESSION_BUILDS', 'COMPLETED');
    while (world().now() < from + HOUR_MS) await world().advanceTo((await nextTry(release)).nextAt);
    await waitFor(() => blockerOf(blocked).then((ticket) => ticket?.isStale), { what: 'the ticket to be shown as stale' });
    const { sentence } = await nextTry(release);
    const during = { ticket: await blockerOf(blocked), view: await release.view() };
    world().mend();
    tenant.sandbox.tickets.move(key, tenant.sandbox.tickets.states.done);
    await world().advanceBy(10 * MINUTE_MS);
    await Promise.all([release.reaches('COMPLETED'), blocked.reaches('COMPLETED')]);

    expect(during.ticket).toMatchObject({ isDone: false, error: expect.stringContaining('503') });
    expect(sentence).toContain('jira');
    expect(during.view).toMatchObject({ status: 'IN_PROGRESS', pauseReasons: [] });
    nothingTwice();
    await release.replays();
    await blocked.replays();
  });

  it('does nothing twice and loses nothing when the clock jumps back', async () => {
    world().stallBuilds();
    const release = await world().release({ slots: [0, HOUR_MS] });
    await release.reaches(BUILDS, 'WAITING(CALLBACK)');

    await world().advanceBy(-30 * MINUTE_MS);
    world().finishBuilds(release);
    await release.reaches(BUILDS, 'COMPLETED', 1);
    await release.advanceTo(GATE);
    const { slots } = await release.view();
    await release.reaches('COMPLETED');

    expect(slots.map(({ status, cycle }) => [status, cycle?.number])).toEqual([
      ['USED', 1],
      ['USED', 2],
    ]);
    nothingTwice();
    await release.replays();
  });

  /** How `why` shows the tickets once they are tried again later. */
  async function nextTry(release: ScenarioRelease): Promise<{ nextAt: string; sentence: string }> {
    const look = async () => {
      const { nextAt, sentence } = (await release.why()).items.find(({ what }) => what === TICKETS) ?? {};
      return nextAt && sentence?.includes('503') && new Date(nextAt).getTime() > world().now() ? { nextAt, sentence } : null;
    };
    return waitFor(look, { what: 'the tickets to be tried again later' });
  }
}
