import { describe, expect, it } from 'vitest';
import { asServiceRollout, type KeptTrackRollout, pendingTrackRollout } from './track-rollout.ts';

const staged: KeptTrackRollout['track'] = {
  plan: { kind: 'staged', steps: [10, 50, 100].map((percent) => ({ percent, waitMinutes: percent === 50 ? null : 60 })) },
  abilities: { rollout: { kind: 'staged' }, haltsLive: true, releasesOnRequest: false },
};
const phased: KeptTrackRollout['track'] = {
  plan: { kind: 'phased' },
  abilities: { rollout: { kind: 'phased', dailyPercents: [1, 2, 100] }, haltsLive: false, releasesOnRequest: true },
};

const show = (track: KeptTrackRollout['track'], progress: Partial<KeptTrackRollout['progress']>, review: string | null = 'APPROVED') =>
  asServiceRollout(
    { track, configVersion: '', progress: { ...pendingTrackRollout, ...progress } },
    { wanted: 'RUN', advanceRequestedAt: null, review },
  );

describe('a rollout in a store, in the words of those that drivers carry out', () => {
  it('has a step for each share and each wait, in the days of the store where they are its own', () => {
    expect(show(staged, {}).program.steps).toMatchObject([
      ...[
        { do: 'set-weight', percent: 10 },
        { do: 'pause', forMs: 3_600_000 },
      ],
      ...[
        { do: 'set-weight', percent: 50 },
        { do: 'pause', forMs: null },
        { do: 'set-weight', percent: 100 },
      ],
    ]);
    expect(show(phased, {}).program.steps.map((step) => (step.do === 'set-weight' ? step.percent : step.do))).toEqual([
      1,
      'pause',
      2,
      'pause',
      100,
    ]);
    expect(show({ ...staged, plan: { kind: 'immediate' } }, {}).program.steps).toMatchObject([{ do: 'set-weight', percent: 100 }]);
  });

  it.each([
    ['INSTALLING', {}, null],
    ['INSTALLING', {}, 'REJECTED'],
    ['IN_REVIEW', {}, 'IN_REVIEW'],
    ['STEPPING', {}, 'APPROVED'],
    ['STEPPING', { fraction: 0.1, status: 'PROGRESSING' }, null],
    ['COMPLETED', { fraction: 1, status: 'COMPLETED' }, 'APPROVED'],
  ] as const)('is %s', (phase, progress, review) => {
    expect(show(staged, progress, review).state.phase).toBe(phase);
  });

  it('stands on the wait of the share it has reached', () => {
    const { state, program } = show(staged, { status: 'PROGRESSING', step: 2, fraction: 0.5 });

    expect(state).toMatchObject({ step: 3, weight: 50 });
    expect(program.steps[state.step]).toMatchObject({ do: 'pause', forMs: null });
    expect(show(staged, {}).state).toMatchObject({ step: 0, weight: null });
    expect(show(staged, { status: 'COMPLETED', step: 3, fraction: 1 }).state.step).toBe(program.steps.length);
  });
});
