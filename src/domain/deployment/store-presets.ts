import type { RolloutPlan } from '../rollout/plan.ts';
import { rolloutPresets } from '../rollout/presets.ts';

/** Rollouts of store tracks that go by a name in requests; what is stored is the plan. */
export const storePresets = {
  immediate: rolloutPresets.immediate,
  play: rolloutPresets['play-staged'],
  'app-store': rolloutPresets.phased,
} as const satisfies Record<string, RolloutPlan>;

type StorePreset = keyof typeof storePresets;

// Its keys are exactly the names.
export const storePresetNames = Object.keys(storePresets) as [StorePreset, ...StorePreset[]];
