import type { Database } from '../../db/client.ts';
import type { CleanUpKind } from '../../domain/release/clean-up.ts';
import type { FrozenConfig } from '../../domain/release/config.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import type { ArtifactStore } from '../../platform/artifact-store.ts';
import type { Locks } from '../../platform/lock.ts';
import type { Ring } from '../../platform/ring.ts';
import type { Connector, OpenConnection } from '../connections/connect.ts';

/** One thing to clean up, as it was claimed. */
interface Claimed {
  id: string;
  fence: number;
  tenantId: string;
  /** The release, or the deployment. */
  scopeId: string;
  subject: string;
  failures: number;
  /** Since it was wanted first, milliseconds by the database's clock. */
  agoMs: number;
  isLate: boolean;
}

export interface ReleaseCleanUp extends Claimed {
  kind: CleanUpKind;
  force: boolean;
  moveTo: string | null;
  reason: string | null;
  accountId: string;
}

/** A step of a recipe that a deployment began; the subject names its task. */
export interface StepCleanUp extends Claimed {
  kind: 'RECIPE_STEP';
}

export type ClaimedCleanUp = ReleaseCleanUp | StepCleanUp;

/** The release it belongs to. */
export interface CleanUpRelease {
  displayId: string;
  branch: string;
  baseBranch: string;
  releaseTag: string | null;
  config: FrozenConfig;
}

export interface CleanUpDeps {
  db: Database;
  connector: Connector;
  artifacts: ArtifactStore;
  locks: Locks;
  ring: Ring;
}

interface Carrying extends CleanUpDeps {
  /** Between looks at something that takes its time, milliseconds. */
  pollMs: number;
  /** How long a worker may go on with a task that was taken from it, milliseconds. */
  leaseMs: number;
  open(category: Category, integrationId: string): Promise<OpenConnection>;
}

export interface CleanUpContext extends Carrying {
  cleanUp: ReleaseCleanUp;
  release: CleanUpRelease;
}

export interface StepCleanUpContext extends Carrying {
  cleanUp: StepCleanUp;
}

/** DONE: it is not there any more, or has ended. KEPT: a rule says that it stays. `again`: it is not over; it is looked at once more. */
export type CleanUpResult = { state: 'DONE' | 'KEPT'; outcome: string } | { state: 'again'; outcome: string; inMs: number };

export type CarryOut = (context: CleanUpContext) => Promise<CleanUpResult>;

export const done = (outcome: string): CleanUpResult => ({ state: 'DONE', outcome });
export const kept = (outcome: string): CleanUpResult => ({ state: 'KEPT', outcome });
export const again = (outcome: string, inMs: number): CleanUpResult => ({ state: 'again', outcome, inMs });
