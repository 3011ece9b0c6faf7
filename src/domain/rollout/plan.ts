/** How a store release reaches everybody. Frozen into the release; people may halt, resume, advance and complete it. */
export type RolloutPlan =
  /** To everybody at once. */
  | { kind: 'immediate' }
  /** In the store's own days. */
  | { kind: 'phased' }
  /** In steps of ours; the last is 100. */
  | { kind: 'staged'; steps: readonly RolloutStep[] };

export interface RolloutStep {
  /** Of the users, 0 < percent ≤ 100, growing from step to step. */
  percent: number;
  /** How long it stays there, minutes; null = until a person advances it. The last step's is not looked at. */
  waitMinutes: number | null;
}
