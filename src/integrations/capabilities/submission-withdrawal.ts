import type { StoreRelease, StoreReleaseQuery } from './app-store.ts';

/** Taking a version back from review, where a store allows it. */
export interface SubmissionWithdrawal {
  /** One that was withdrawn already is success; one that is released is `conflict`. */
  withdraw(query: StoreReleaseQuery): Promise<StoreRelease>;
}
