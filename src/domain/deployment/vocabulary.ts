/** The words of deployments that tables, services, drivers and planners share. */

export const serviceKinds = ['backend', 'web', 'android', 'ios'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

/** `deploy`: comes later. `runtime`: is called while it runs. `schema`: reads or writes the same tables, so it moves along when the other does. */
export const dependencyKinds = ['deploy', 'runtime', 'schema'] as const;
export type DependencyKind = (typeof dependencyKinds)[number];

export const environmentTiers = ['development', 'staging', 'production'] as const;
export type EnvironmentTier = (typeof environmentTiers)[number];

/** A store track is an environment, too: services for phones go there, and nowhere else. */
export const environmentKinds = ['infra', 'store-track'] as const;
export type EnvironmentKind = (typeof environmentKinds)[number];

/** Which kind of environment a service lives in. */
export const homeOf = (kind: ServiceKind): EnvironmentKind => (kind === 'android' || kind === 'ios' ? 'store-track' : 'infra');

export const deploymentKinds = ['DEPLOY', 'PROMOTE', 'ROLLBACK'] as const;
export type DeploymentKind = (typeof deploymentKinds)[number];

/** `full`: every service. `partial`: those that changed. `cross-environment`: what another environment runs. */
export const deploymentScopes = ['full', 'partial', 'cross-environment'] as const;
export type DeploymentScope = (typeof deploymentScopes)[number];

/** Stages of a deployment's run, in order. A run has those its pipeline names; ROLL_BACK is opened only when something has to be undone. */
export const deploymentStages = ['PREFLIGHT', 'SNAPSHOT', 'BUILD', 'TEST', 'MIGRATE', 'DEPLOY', 'VERIFY', 'ROLL_BACK'] as const;
export type DeploymentStage = (typeof deploymentStages)[number];

/** How a deployment ended. ROLLBACK_FAILED keeps its locks until a person has seen to it. */
export const deploymentOutcomes = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'ROLLBACK_FAILED'] as const;
export type DeploymentOutcome = (typeof deploymentOutcomes)[number];

/** What a reader is told; a function of the run and the outcome, stored nowhere. */
export const deploymentStatuses = [
  'PENDING',
  'PREFLIGHT',
  'SNAPSHOT',
  'BUILDING',
  'TESTING',
  'MIGRATING',
  'DEPLOYING',
  'VERIFYING',
  'AWAITING_WINDOW',
  'AWAITING_APPROVAL',
  'PAUSED',
  'ROLLING_BACK',
  ...deploymentOutcomes,
] as const;
export type DeploymentStatus = (typeof deploymentStatuses)[number];

/** Of one service within a deployment. */
export const serviceDeploymentStatuses = [
  'PENDING',
  'CHANGING',
  'HEALTHY',
  'FAILED',
  'ROLLED_BACK',
  'ROLLBACK_FAILED',
  'UNCHANGED',
] as const;
export type ServiceDeploymentStatus = (typeof serviceDeploymentStatuses)[number];

/**
 * Where a service's old and new version run beside each other. One side is active; a canary and a blue-green deployment bring the new version to
 * the other, and traffic moves over. A rolling deployment replaces the active side in place.
 */
export const sides = ['blue', 'green'] as const;
export type Side = (typeof sides)[number];
export const otherSide = (side: Side): Side => (side === 'blue' ? 'green' : 'blue');

/** Share of traffic per side, whole percent; together 100. */
export type Weights = Record<Side, number>;

/** Where a driver finds what is to run. */
export type ArtifactSource =
  /** In the artifact store, by key: a `.tar.gz`, for drivers that run files. */
  | { kind: 'kept'; key: string; sizeBytes: number }
  /** A container image by digest: `registry/name@sha256:…`. */
  | { kind: 'image'; reference: string };

/** One version of one service, immutable. */
export interface Revision {
  artifactId: string;
  version: string;
  /** `sha256:` and 64 hexadecimal digits, lower case. */
  digest: string;
  /** 40 or 64 hexadecimal digits; null = built from no commit that is known. */
  commit: string | null;
  source: ArtifactSource;
  /** Of services that go to stores: what a store tells builds of one version apart by; null or absent = none. */
  buildNumber?: string | null;
}
