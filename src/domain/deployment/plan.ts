import type { ApprovalRules } from '../gates/approval-rules.ts';
import type { PipelineBody } from './pipeline.ts';
import { isStoreTarget, type PlannedStoreTarget, type PlannedTarget, type TargetBody } from './target.ts';
import type { DependencyKind, DeploymentKind, DeploymentScope, EnvironmentTier, Revision, Side } from './vocabulary.ts';

/** Everything a deployment decides on, resolved at its creation and frozen. */
export interface DeploymentPlan {
  kind: DeploymentKind;
  scope: DeploymentScope;
  environment: {
    id: string;
    name: string;
    tier: EnvironmentTier;
    maxParallel: number;
    /** null = nobody is asked. */
    approval: ApprovalRules | null;
    commsConfigId: string | null;
  };
  app: { id: string; name: string };
  serviceRelease: { id: string; version: string } | null;
  /** Whether migrations that cannot be taken back may run; absent = no. */
  allowIrreversible?: boolean;
  /** What users of stores are told is new; null or absent = nothing. */
  notes?: string | null;
  pipeline: PipelineBody;
  /** In the order of deployment: by layer, within it by name. */
  services: readonly PlannedService[];
  /** Dependencies outside the set, which must be healthy at what they run. */
  outside: readonly OutsideService[];
  /** Names of the Kahn layers, first deployed first. */
  layers: readonly (readonly string[])[];
}

/** Runs already, and is not changed. */
export interface OutsideService {
  serviceId: string;
  name: string;
  kind: DependencyKind;
  neededBy: string;
  side: Side;
  target: PlannedTarget;
}

export interface PlannedService {
  serviceId: string;
  name: string;
  layer: number;
  /** Services of the set that must be healthy first. */
  after: readonly string[];
  /** Why it is in the set: it was named, it changed, or something it is coupled with did. */
  because: string;
  /** What is to run; null = it is built first. */
  revision: Revision | null;
  /** Commit it is built from where `revision` is null. */
  commit: string | null;
  /** Of a way back: the config version that comes with it, where its values are kept; absent or null = the variables of today count. */
  configVersion?: string | null;
  /** What people should know of it before it begins; absent or null = nothing. */
  note?: string | null;
  /** What runs now; null = nothing is known to. */
  from: { revision: Revision; configVersion: string; side: Side } | null;
  target: PlannedTarget;
  /** How it is built and tested; null = it comes from outside. */
  recipe: ServiceRecipe | null;
  /** Source control of the service, where CI needs a name for the commit and jobs its files; null or absent = none is known. */
  sourceIntegrationId?: string | null;
  /** Those that what runs did not bring. */
  migrations: readonly PlannedMigration[];
  /** Whether its version brings any: its database may lack others as well, and says so when they are to be applied. Absent = none but those. */
  bringsMigrations?: boolean;
}

/** One that drivers run. */
export type DrivenService = PlannedService & { target: TargetBody };
/** One that users get from a store. */
export type TrackService = PlannedService & { target: PlannedStoreTarget };

export const isOnTrack = (service: PlannedService): service is TrackService => isStoreTarget(service.target);
export const isDriven = (service: PlannedService): service is DrivenService => !isStoreTarget(service.target);

export interface PlannedMigration {
  name: string;
  class: 'expand' | 'contract' | 'irreversible';
  checksum: string;
}

/** How an artifact of a service is made and tested. */
export interface ServiceRecipe {
  build: RecipeStep | null;
  /** Smoke is part of e2e, e2e of full. */
  tests: Readonly<Partial<Record<'smoke' | 'e2e' | 'full', RecipeStep & { junitPath: string }>>>;
}

export type RecipeStep =
  /** A workflow of a CI connection, dispatched on the commit. */
  | { by: 'ci'; integrationId: string; workflowId: string; inputs: Readonly<Record<string, string>>; artifactName: string | null }
  /** A command of a job runner, in a directory with the files of the commit; without source control, with those of the artifact that is tested. */
  | { by: 'job'; integrationId: string; command: readonly string[]; artifactPath: string | null; timeoutMs: number };
