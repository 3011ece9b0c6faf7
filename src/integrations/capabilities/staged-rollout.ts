import type { StoreRelease, StoreReleaseQuery } from './app-store.ts';

/** Rollout by any fraction, where a store has it. */
export interface StagedRollout {
  /** Raises the share of users; equal is success, lower is `conflict`. Looks first, answers with what the store shows afterwards. @param to 0 < fraction < 1 */
  setFraction(query: StoreReleaseQuery, to: number): Promise<StoreRelease>;
}
