import { describe, expect, it } from 'vitest';
import { frozenConfig, frozenStore, minute, releaseFacts, runView, slot, task } from '../../../test/data/release-facts.ts';
import { done, drained, gate, running, used, wordsOf } from '../../../test/data/release-plan.ts';
import { planRelease } from './plan-release.ts';

describe('before the kickoff', () => {
  it('waits for the kickoff date', () => {
    const run = runView({ status: 'PENDING', stages: { KICKOFF: { status: 'IN_PROGRESS', openTasks: 1 } } });

    expect(planRelease(releaseFacts(), run, minute(-1))).toMatchObject({ commands: [], wakeAt: minute(0) });
  });

  it('starts at the kickoff date and then waits for the tasks of kickoff', () => {
    const run = runView({ status: 'PENDING', stages: { KICKOFF: { status: 'IN_PROGRESS', openTasks: 1 } } });

    const plan = planRelease(releaseFacts(), run, minute(0));

    expect(wordsOf(plan)).toEqual(['start']);
    expect(plan.wakeAt).toBeNull();
  });

  it('does not start before its turn has come, and then does', () => {
    const stages = { KICKOFF: { status: 'IN_PROGRESS' as const, openTasks: 2 } };
    const planWith = (status: Parameters<typeof task>[1], turnTaken = false) =>
      planRelease(releaseFacts({ turnTaken }), runView({ status: 'PENDING', stages, tasks: [task('WAIT_FOR_TURN', status)] }), minute(0));

    expect(planWith('WAITING')).toMatchObject({ commands: [], wakeAt: null });
    expect(planWith('READY')).toMatchObject({ commands: [], wakeAt: null });
    expect(wordsOf(planWith('IN_PROGRESS', true))).toEqual(['start']);
    expect(wordsOf(planWith('COMPLETED'))).toEqual(['start']);
    expect(wordsOf(planWith('SKIPPED'))).toEqual(['start']);
  });

  it('starts and goes on at once when the kickoff was done outside beforehand', () => {
    const run = runView({ status: 'PENDING', stages: { KICKOFF: { status: 'IN_PROGRESS', openTasks: 0 } } });

    const plan = planRelease(releaseFacts(), run, minute(0));

    expect(wordsOf(plan)).toEqual(['start', 'close KICKOFF COMPLETED']);
    expect(plan.wakeAt).toEqual(minute(60));
  });
});

describe('between kickoff and gate', () => {
  const afterKickoff = runView({ stages: { KICKOFF: { status: 'IN_PROGRESS', openTasks: 0 } } });

  it('leaves the stage of regression unopened until its first slot is due', () => {
    const plan = planRelease(releaseFacts(), afterKickoff, minute(59));

    expect(wordsOf(plan)).toEqual(['close KICKOFF COMPLETED']);
    expect(plan.wakeAt).toEqual(minute(60));
  });

  it('opens the first cycle when its slot is due', () => {
    const plan = planRelease(releaseFacts(), runView(), minute(60));

    expect(wordsOf(plan)).toEqual(['open REGRESSION']);
    expect(plan).toMatchObject({
      slots: [{ id: 's1', status: 'USED', reason: null }],
      openCycle: { number: 1, slotId: 's1' },
      closeCycle: null,
      wakeAt: null,
    });
  });

  it('opens the next slot at once when a person asks for it, whatever its date', () => {
    const plan = planRelease(releaseFacts({ regressionRequested: true }), runView(), minute(5));

    expect(plan.openCycle).toEqual({ number: 1, slotId: 's1' });
  });

  it('lets a person’s request overrule the target date, for one slot', () => {
    const facts = releaseFacts({ regressionRequested: true, slots: [slot('s1', 60), slot('s2', 70)] });

    const plan = planRelease(facts, runView(), minute(601));

    expect(plan.openCycle).toEqual({ number: 1, slotId: 's1' });
    expect(plan.slots).toMatchObject([
      { id: 's2', status: 'SKIPPED' },
      { id: 's1', status: 'USED' },
    ]);
  });

  it('leaves a cycle alone that has open tasks, even when the next slot is due or asked for', () => {
    const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 70)], cycles: [running(1)], regressionRequested: true });

    const plan = planRelease(facts, runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 2 } } }), minute(80));

    expect(plan).toEqual({ commands: [], wakeAt: null, slots: [], remindOf: null, openCycle: null, closeCycle: null, attention: null });
  });

  it('closes a drained cycle and waits for the next slot', () => {
    const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 120)], cycles: [running(1)] });

    const plan = planRelease(facts, runView({ stages: drained(1) }), minute(90));

    expect(plan).toMatchObject({ commands: [], closeCycle: { id: 'c1', status: 'DONE' }, wakeAt: minute(120) });
  });

  it('goes from a drained cycle straight to a slot that is late, oldest first, one at a time', () => {
    const facts = releaseFacts({ slots: [slot('s3', 80), used('s1', 60), slot('s2', 70)], cycles: [running(1)] });

    const plan = planRelease(facts, runView({ stages: drained(1) }), minute(90));

    expect(plan).toMatchObject({ closeCycle: { id: 'c1', status: 'DONE' }, openCycle: { number: 2, slotId: 's2' } });
    expect(plan.slots).toEqual([{ id: 's2', status: 'USED', reason: null }]);
  });

  it('gives the cycle the automation its slot wants', () => {
    const tasksWith = (automation: boolean) => {
      const facts = releaseFacts({ slots: [slot('s1', 60, { flags: { automation } })] });
      return planRelease(facts, runView(), minute(60)).commands.flatMap((command) =>
        command.do === 'open-stage' ? command.tasks.map(({ type }) => type) : [],
      );
    };

    expect([tasksWith(true).includes('AUTOMATION_RUNS'), tasksWith(false).includes('AUTOMATION_RUNS')]).toEqual([true, false]);
  });

  it('calls a cycle abandoned whose tasks were cancelled, and does not take it for a candidate', () => {
    const facts = releaseFacts({ slots: [used('s1', 60)], cycles: [running(1)] });

    const plan = planRelease(facts, runView({ stages: drained(1), tasks: [task('CREATE_RC_TAG', 'CANCELLED')] }), minute(90));

    expect(plan).toMatchObject({ commands: [], closeCycle: { id: 'c1', status: 'ABANDONED' } });
    expect(plan.attention).toContain('no release candidate');
  });

  it('takes the same slot whatever order the rows come in, ids breaking ties', () => {
    const chosen = (ids: string[]) => planRelease(releaseFacts({ slots: ids.map((id) => slot(id, 60)) }), runView(), minute(60)).openCycle;

    expect([chosen(['a', 'b']), chosen(['b', 'a'])]).toEqual([
      { number: 1, slotId: 'a' },
      { number: 1, slotId: 'a' },
    ]);
  });
});

describe('slots that come too late', () => {
  it('are skipped with a reason when their turn comes after the target date', () => {
    const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 70)], cycles: [running(1)] });

    const plan = planRelease(facts, runView({ stages: drained(1) }), minute(601));

    expect(plan.slots).toEqual([
      { id: 's2', status: 'SKIPPED', reason: 'its turn came only after the target release date 2025-06-02T19:00:00.000Z' },
    ]);
    expect(wordsOf(plan)).toEqual(['add APPROVE_REGRESSION to REGRESSION']);
  });

  it('still run at the very instant of the target date', () => {
    expect(planRelease(releaseFacts(), runView(), minute(600)).openCycle).toEqual({ number: 1, slotId: 's1' });
  });

  it('are skipped with a reason when their own date is not before the target date, without waiting for it', () => {
    const facts = releaseFacts({ slots: [slot('s1', 600)] });

    expect(planRelease(facts, runView(), minute(60)).slots).toEqual([
      {
        id: 's1',
        status: 'SKIPPED',
        reason: 'its date 2025-06-02T19:00:00.000Z is not before the target release date 2025-06-02T19:00:00.000Z',
      },
    ]);
  });

  it('leave the release to a person, and say so, when no cycle came of any of them', () => {
    const plan = planRelease(releaseFacts(), runView(), minute(601));

    expect(plan).toMatchObject({ commands: [], wakeAt: null, slots: [{ id: 's1', status: 'SKIPPED' }] });
    expect(plan.attention).toContain('Trigger a regression');
  });
});

describe('the gate', () => {
  const facts = releaseFacts({ slots: [used('s1', 60)], cycles: [done(1)] });

  it('comes with the end of the last cycle, in the same plan', () => {
    const plan = planRelease({ ...facts, cycles: [running(1)] }, runView({ stages: drained(1) }), minute(90));

    expect(plan.closeCycle).toEqual({ id: 'c1', status: 'DONE' });
    expect(wordsOf(plan)).toEqual(['add APPROVE_REGRESSION to REGRESSION']);
    expect(plan.wakeAt).toBeNull();
  });

  it.each(['READY', 'WAITING', 'FAILED', 'IN_PROGRESS'] as const)('is waited for while it is %s', (status) => {
    const run = runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 1 } }, tasks: [gate(status)] });

    expect(planRelease(facts, run, minute(90))).toMatchObject({ commands: [], wakeAt: null, attention: null });
  });

  it.each(['COMPLETED', 'SKIPPED'] as const)('leads to post-regression once it is %s', (status) => {
    const plan = planRelease(facts, runView({ stages: drained(1), tasks: [gate(status)] }), minute(90));

    expect(wordsOf(plan)).toEqual(['close REGRESSION COMPLETED', 'open POST_REGRESSION']);
  });

  it.each(['WAITING', 'FAILED'] as const)('is superseded while %s by a slot added for later, which is then waited for', (status) => {
    const run = runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 1 } }, tasks: [gate(status)] });

    const plan = planRelease({ ...facts, slots: [...facts.slots, slot('s2', 120)] }, run, minute(90));

    expect(wordsOf(plan)).toEqual(['cancel task-APPROVE_REGRESSION: a new cycle supersedes it']);
    expect(plan.wakeAt).toEqual(minute(120));
  });

  it('is superseded by a slot added for now, whose cycle opens at once', () => {
    const run = runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 1 } }, tasks: [gate('WAITING')] });

    const plan = planRelease({ ...facts, slots: [...facts.slots, slot('s2', 90)] }, run, minute(90));

    expect(wordsOf(plan)).toEqual(['cancel task-APPROVE_REGRESSION: a new cycle supersedes it', 'open REGRESSION']);
    expect(plan.openCycle).toEqual({ number: 2, slotId: 's2' });
  });

  it('gives way to a slot added even after it was passed', () => {
    const run = runView({ stages: drained(1), tasks: [gate('COMPLETED')] });

    const plan = planRelease({ ...facts, slots: [...facts.slots, slot('s2', 90)] }, run, minute(90));

    expect(wordsOf(plan)).toEqual(['open REGRESSION']);
  });

  it('comes again under another key when the slot that superseded it is skipped', () => {
    const late = { ...facts, slots: [...facts.slots, slot('s2', 120)] };

    const plan = planRelease(late, runView({ stages: drained(1), tasks: [gate('CANCELLED')] }), minute(601));

    expect(wordsOf(plan)).toEqual(['add APPROVE_REGRESSION_2 to REGRESSION']);
    expect(plan.slots).toMatchObject([{ id: 's2', status: 'SKIPPED' }]);
  });

  it('is not taken from an earlier attempt', () => {
    const run = runView({ stages: drained(2), tasks: [gate('COMPLETED', { stageAttempt: 1 })] });

    const plan = planRelease({ ...facts, slots: [...facts.slots, used('s2', 80)], cycles: [done(1), running(2)] }, run, minute(90));

    expect(wordsOf(plan)).toEqual(['add APPROVE_REGRESSION to REGRESSION']);
  });
});

describe('post-regression triggered early', () => {
  const facts = releaseFacts({ slots: [used('s1', 60), slot('s2', 120)], preReleaseRequested: true });

  it('waits for the cycle under way', () => {
    const run = runView({ stages: { REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks: 1 } } });

    expect(planRelease({ ...facts, cycles: [running(1)] }, run, minute(90))).toMatchObject({ commands: [], slots: [] });
  });

  it('skips what is left, with a reason, and goes to the gate', () => {
    const plan = planRelease({ ...facts, cycles: [running(1)] }, runView({ stages: drained(1) }), minute(90));

    expect(plan.slots).toEqual([{ id: 's2', status: 'SKIPPED', reason: 'post-regression was triggered early' }]);
    expect(wordsOf(plan)).toEqual(['add APPROVE_REGRESSION to REGRESSION']);
  });

  it('means nothing before there is a candidate', () => {
    const plan = planRelease(releaseFacts({ preReleaseRequested: true }), runView(), minute(10));

    expect(plan).toMatchObject({ slots: [], wakeAt: minute(60) });
  });
});

describe('post-regression and the end', () => {
  const facts = releaseFacts({ slots: [used('s1', 60)], cycles: [done(1)] });
  const post = (openTasks: number, rest = {}) =>
    runView({
      ...rest,
      stages: { REGRESSION: { status: 'COMPLETED', attempt: 1 }, POST_REGRESSION: { status: 'IN_PROGRESS', attempt: 1, openTasks } },
    });

  it('waits for its tasks', () => {
    expect(planRelease(facts, post(1), minute(90))).toMatchObject({ commands: [], wakeAt: null });
  });

  it('completes the run when they are done', () => {
    expect(wordsOf(planRelease(facts, post(0), minute(90)))).toEqual(['close POST_REGRESSION COMPLETED', 'complete']);
  });

  it('skips a distribution that nothing was planned for', () => {
    const plan = planRelease(facts, post(0, { withDistribution: true }), minute(90));

    expect(wordsOf(plan)).toEqual(['close POST_REGRESSION COMPLETED', 'close DISTRIBUTION SKIPPED', 'complete']);
  });

  it('opens distribution after it where the release goes to stores', () => {
    const inStores = { ...facts, config: frozenConfig({ stores: [frozenStore('PLAY_STORE')] }) };

    const plan = planRelease(inStores, post(0, { withDistribution: true }), minute(90));

    expect(wordsOf(plan)).toEqual(['close POST_REGRESSION COMPLETED', 'open DISTRIBUTION']);
    expect(plan.commands.flatMap((command) => (command.do === 'open-stage' ? command.tasks.map(({ key }) => key) : []))).toContain(
      'SUBMIT_TO_PLAY_STORE/PLAY_STORE',
    );
  });

  it('waits for a distribution that is under way, and completes after it', () => {
    const withDistribution = (openTasks: number) =>
      runView({
        withDistribution: true,
        stages: {
          REGRESSION: { status: 'COMPLETED', attempt: 1 },
          POST_REGRESSION: { status: 'COMPLETED', attempt: 1 },
          DISTRIBUTION: { status: 'IN_PROGRESS', attempt: 1, openTasks },
        },
      });

    expect(wordsOf(planRelease(facts, withDistribution(1), minute(90)))).toEqual([]);
    expect(wordsOf(planRelease(facts, withDistribution(0), minute(90)))).toEqual(['close DISTRIBUTION COMPLETED', 'complete']);
  });

  it('opens post-regression when regression was closed without it', () => {
    const run = runView({ stages: { REGRESSION: { status: 'SKIPPED', attempt: 1 } } });

    expect(wordsOf(planRelease(facts, run, minute(90)))).toEqual(['open POST_REGRESSION']);
  });

  it.each(['COMPLETED', 'CANCELLED'] as const)('wants nothing of a run that is %s', (status) => {
    expect(planRelease(facts, post(0, { status }), minute(90))).toMatchObject({ commands: [], wakeAt: null });
  });
});

describe('holds', () => {
  it.each(['USER_REQUESTED', 'BLOCKER'] as const)('stop everything while one is %s, the clock and the kickoff included', (reason) => {
    const holds = [{ reason, subject: '' }];

    expect(planRelease(releaseFacts(), runView({ holds }), minute(601))).toEqual({
      commands: [],
      wakeAt: null,
      slots: [],
      remindOf: null,
      openCycle: null,
      closeCycle: null,
      attention: null,
    });
  });

  it('of failures and approvals stop nothing by themselves', () => {
    const holds = [
      { reason: 'TASK_FAILURE' as const, subject: 't' },
      { reason: 'AWAITING_APPROVAL' as const, subject: 'REGRESSION' },
    ];

    expect(wordsOf(planRelease(releaseFacts(), runView({ holds }), minute(60)))).toEqual(['open REGRESSION']);
  });
});

it('refuses a run that is not a release’s', () => {
  expect(() => planRelease(releaseFacts(), { ...runView(), stages: [] }, minute(0))).toThrow('no stage KICKOFF');
});

describe('a slot that was planned long before', () => {
  const facts = releaseFacts({ targetReleaseDate: minute(900), slots: [{ ...slot('s1', 600), createdAt: minute(0) }] });
  const run = runView({ stages: { KICKOFF: { status: 'COMPLETED' }, ...drained(0) } });

  it('is reminded of an hour before, and begins at its time', () => {
    expect(planRelease(facts, run, minute(539))).toMatchObject({ wakeAt: minute(540), remindOf: null });
    expect(planRelease(facts, run, minute(540))).toMatchObject({
      wakeAt: minute(600),
      remindOf: { slotId: 's1', date: minute(600), cycle: 1 },
    });
    expect(planRelease(facts, run, minute(600))).toMatchObject({ remindOf: null, openCycle: { slotId: 's1' } });
  });

  it('is not reminded of when it was planned only shortly before', () => {
    const late = releaseFacts({ targetReleaseDate: minute(900), slots: [{ ...slot('s1', 600), createdAt: minute(500) }] });

    expect(planRelease(late, run, minute(545))).toMatchObject({ wakeAt: minute(600), remindOf: null });
  });
});
