import type { RolloutPlan } from './plan.ts';

const DAY_MINUTES = 24 * 60;

/** Plans that go by a name in requests; what is stored is the plan. */
export const rolloutPresets = {
  immediate: { kind: 'immediate' },
  phased: { kind: 'phased' },
  'play-staged': { kind: 'staged', steps: [1, 5, 10, 25, 50, 100].map((percent) => ({ percent, waitMinutes: DAY_MINUTES })) },
} as const satisfies Record<string, RolloutPlan>;

export type RolloutPreset = keyof typeof rolloutPresets;

// Its keys are exactly the names.
export const rolloutPresetNames = Object.keys(rolloutPresets) as [RolloutPreset, ...RolloutPreset[]];
