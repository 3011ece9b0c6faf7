import type { RolloutPlan } from '../domain/rollout/plan.ts';
import type { ClaimedTask } from '../engine/vocabulary.ts';
import type { StoreBuild } from '../integrations/capabilities/app-store.ts';
import type { NamedStore, StoreService } from '../services/execution/stores/store-service.ts';
import { ownerOf, type SubmissionPlace } from '../services/execution/stores/submission-place.ts';
import type { SubmissionService } from '../services/execution/stores/submission-service.ts';
import type { Turn } from '../services/execution/stores/turn-service.ts';
import type { WindowStanding } from '../services/execution/window-service.ts';

/** One version on its way to the users of one store, whoever sends it: a target of a release, or a service of a deployment. */
export interface StoreDelivery {
  /** Whose rows are written. */
  place: SubmissionPlace;
  store: NamedStore & { updatePriority: number | null; rolloutPlan: RolloutPlan };
  version: string;
  /** Whether it may reach more users now. */
  windows(): Promise<WindowStanding>;
  /** Whether it may go to the review of its app now. */
  turn(): Promise<Turn>;
  /** What is to be submitted. @param isFirst nothing of it was submitted before; null = the store shows none */
  build(isFirst: boolean): Promise<StoreBuild | null>;
  /** What is new, as written by locale, and where nobody did; null = nothing is said then. */
  notes(): Promise<{ written: Readonly<Record<string, string>>; generated: string | null }>;
}

/** What looking after a delivery takes, whatever its run is for. */
export interface DeliveryContext {
  task: ClaimedTask;
  pollMs: number;
  services: { stores: StoreService; submissions: SubmissionService };
}

export const tenantOf = ({ place }: StoreDelivery): string => ownerOf(place).tenantId;
