import type { CanaryStep, Strategy } from '../strategy.ts';

const MINUTE_MS = 60_000;
const DRAIN_MS = 30_000;
const GROWING = [1, 5, 25, 50];
const LINEAR = [10, 20, 30, 40, 50, 60, 70, 80, 90];

/** To this share, and there for so long. */
const stay = (percent: number, minutes: number): CanaryStep[] => [
  { do: 'set-weight', percent },
  { do: 'pause', forMs: minutes * MINUTE_MS },
];

const canary = (steps: readonly CanaryStep[]): Strategy => ({
  kind: 'canary',
  steps: [...steps, { do: 'set-weight', percent: 100 }],
  background: null,
  drainMs: DRAIN_MS,
});

/** Strategies that go by a name in requests; what is stored is the strategy. */
export const strategyPresets = {
  rolling: { kind: 'rolling' },
  'canary10/5m': canary(stay(10, 5)),
  'linear10/1m': canary(LINEAR.flatMap((percent) => stay(percent, 1))),
  '1-5-25-50-100': canary(GROWING.flatMap((percent) => stay(percent, 10))),
  'blue-green': { kind: 'blue-green', prePromotion: null, promotion: 'manual', postPromotion: null, drainMs: DRAIN_MS },
} as const satisfies Record<string, Strategy>;

export type StrategyPreset = keyof typeof strategyPresets;

// Its keys are exactly the names.
export const strategyPresetNames = Object.keys(strategyPresets) as [StrategyPreset, ...StrategyPreset[]];
