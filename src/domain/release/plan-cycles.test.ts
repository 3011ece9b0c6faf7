import { describe, expect, it } from 'vitest';
import { minute, releaseFacts, runView, slot, task } from '../../../test/data/release-facts.ts';
import { abandoned, done, drained, gate, used, wordsOf } from '../../../test/data/release-plan.ts';
import { planRelease } from './plan-release.ts';

/** What becomes of cycles that do not end as they were planned. */

describe('an abandoned cycle', () => {
  const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 120)], cycles: [abandoned(1)] });
  const stop = (status: Parameters<typeof task>[1], through = 1) =>
    task('CANCEL_SUPERSEDED_BUILDS', status, { key: `CANCEL_SUPERSEDED_BUILDS/${through}` });

  it('has its CI runs stopped at once, while the next slot is waited for', () => {
    const plan = planRelease(facts, runView({ stages: drained(1) }), minute(90));

    expect(wordsOf(plan)).toEqual(['add CANCEL_SUPERSEDED_BUILDS/1 to REGRESSION']);
    expect(plan.wakeAt).toEqual(minute(120));
    const [command] = plan.commands;
    expect(command?.do === 'add-tasks' && command.tasks).toMatchObject([{ input: { through: 1 }, startsNothing: true, dependsOn: [] }]);
  });

  it.each(['COMPLETED', 'SKIPPED', 'WAITING', 'FAILED'] as const)(
    'has them stopped once in its round: not while or after that is %s',
    (status) => {
      const open = status === 'WAITING' || status === 'FAILED' ? 1 : 0;
      const run = runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: open } }, tasks: [stop(status)] });

      expect(planRelease(facts, run, minute(90))).toMatchObject({ commands: [], wakeAt: minute(120) });
    },
  );

  it.each(['USER_REQUESTED', 'BLOCKER'] as const)('has them stopped while the release is held: %s', (reason) => {
    const plan = planRelease(facts, runView({ holds: [{ reason, subject: '' }], stages: drained(1) }), minute(130));

    expect(wordsOf(plan)).toEqual(['add CANCEL_SUPERSEDED_BUILDS/1 to REGRESSION']);
    expect(plan).toMatchObject({ openCycle: null, slots: [] });
  });

  it('does not keep the next cycle, which goes on stopping them', () => {
    const run = runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 1 } }, tasks: [stop('WAITING')] });

    const plan = planRelease(facts, run, minute(120));

    expect(wordsOf(plan)).toEqual(['cancel task-CANCEL_SUPERSEDED_BUILDS: a new cycle supersedes it', 'open REGRESSION']);
    expect(plan.openCycle).toEqual({ number: 2, slotId: 's2' });
    const opened = plan.commands.flatMap((command) => (command.do === 'open-stage' ? command.tasks : []));
    expect(opened.filter(({ dependsOn }) => dependsOn.includes('CANCEL_SUPERSEDED_BUILDS/1'))).toEqual([]);
    expect(opened.map(({ key }) => key)).toContain('CANCEL_SUPERSEDED_BUILDS/1');
  });

  it('is not what the gate is about, and uses up its number', () => {
    const later = { ...facts, slots: [used('s1', 60), used('s2', 120)], cycles: [done(1), abandoned(2, false)] };

    const [command] = planRelease(later, runView({ stages: drained(2) }), minute(130)).commands;
    const next = planRelease({ ...later, slots: [...later.slots, slot('s3', 130)] }, runView({ stages: drained(2) }), minute(130));

    expect(command?.do === 'add-tasks' && command.tasks).toMatchObject([{ key: 'APPROVE_REGRESSION', input: { cycle: 1 } }]);
    expect(next.openCycle).toEqual({ number: 3, slotId: 's3' });
  });

  it('leaves the release to a person where it was the only one', () => {
    const plan = planRelease({ ...facts, slots: [used('s1', 60)] }, runView({ stages: drained(1) }), minute(90));

    expect(wordsOf(plan)).toEqual(['add CANCEL_SUPERSEDED_BUILDS/1 to REGRESSION']);
    expect(plan.attention).toContain('Trigger a regression');
  });
});

it('a cycle that opens stops the CI runs that an earlier, finished one left behind', () => {
  const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 120)], cycles: [{ ...done(1), hasRunningBuilds: true }] });
  const openedAt = (at: number) =>
    planRelease(facts, runView({ stages: drained(1) }), minute(at)).commands.flatMap((command) =>
      command.do === 'open-stage' || command.do === 'add-tasks' ? command.tasks.map(({ key }) => key) : [],
    );

  expect(openedAt(119)).toEqual([]);
  expect(openedAt(120)).toContain('CANCEL_SUPERSEDED_BUILDS/1');
});

describe('a slot that is added after regression was over', () => {
  const reopened = {
    REGRESSION: { status: 'COMPLETED' as const, attempt: 1 },
    POST_REGRESSION: { status: 'IN_PROGRESS' as const, attempt: 1 },
  };
  const run = runView({ stages: reopened, tasks: [gate('COMPLETED')] });
  const withSlot = (offset: number) => releaseFacts({ slots: [used('s1', 60), slot('s2', offset)], cycles: [done(1)] });

  it('puts post-regression and regression back, and is waited for', () => {
    const plan = planRelease(withSlot(120), run, minute(90));

    expect(wordsOf(plan)).toEqual(['put back POST_REGRESSION', 'put back REGRESSION']);
    expect(plan).toMatchObject({ wakeAt: minute(120), openCycle: null });
  });

  it('has its cycle at once when it is due', () => {
    const plan = planRelease(withSlot(90), run, minute(90));

    expect(wordsOf(plan)).toEqual(['put back POST_REGRESSION', 'put back REGRESSION', 'open REGRESSION']);
    expect(plan.openCycle).toEqual({ number: 2, slotId: 's2' });
  });

  it('lets the release go on where it was when the slot goes again, through the gate that was passed', () => {
    const back = runView({ stages: { REGRESSION: { attempt: 1 }, POST_REGRESSION: { attempt: 1 } }, tasks: [gate('COMPLETED')] });
    const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 120, { status: 'SKIPPED' })], cycles: [done(1)] });

    expect(wordsOf(planRelease(facts, back, minute(90)))).toEqual(['close REGRESSION COMPLETED', 'open POST_REGRESSION']);
  });

  it('changes nothing while post-regression has open tasks, or once distribution has begun', () => {
    const open = runView({ stages: { ...reopened, POST_REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 1 } } });
    const distribution = { status: 'IN_PROGRESS' as const, attempt: 1, openTasks: 1 };
    const begun = runView({ withDistribution: true, stages: { ...reopened, DISTRIBUTION: distribution } });

    expect(wordsOf(planRelease(withSlot(90), open, minute(90)))).toEqual([]);
    expect(wordsOf(planRelease(withSlot(90), begun, minute(90)))).toEqual(['close POST_REGRESSION COMPLETED']);
  });
});
