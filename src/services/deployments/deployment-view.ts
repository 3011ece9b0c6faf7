import { stagesOf } from '../../domain/deployment/expand-pipeline.ts';
import { type MinimumTime, minimumTime } from '../../domain/deployment/minimum-time.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { isStoreTarget } from '../../domain/deployment/target.ts';
import type {
  DeploymentKind,
  DeploymentOutcome,
  DeploymentScope,
  DeploymentStatus,
  EnvironmentTier,
  ServiceDeploymentStatus,
  Side,
} from '../../domain/deployment/vocabulary.ts';
import type { HoldReason, StageStatus, WaitReason } from '../../domain/run.ts';
import type { DeploymentOverride } from '../execution/deployments/deployment-source.ts';
import type { PersonView } from '../releases/release-view.ts';

export interface DeploymentSummary {
  id: string;
  displayId: string;
  kind: DeploymentKind;
  scope: DeploymentScope;
  status: DeploymentStatus;
  environment: { id: string; name: string; tier: EnvironmentTier };
  app: { id: string; name: string };
  serviceRelease: { id: string; version: string } | null;
  reason: string | null;
  requestedBy: PersonView;
  createdAt: string;
  endedAt: string | null;
}

export interface DeploymentDetail extends DeploymentSummary {
  /** Why it did not succeed. */
  failure: string | null;
  /** Of a rollback: the deployment it takes back. */
  revertsId: string | null;
  sourceEnvironmentId: string | null;
  cancellation: { requestedAt: string; reason: string; deadlineAt: string | null } | null;
  overrides: readonly DeploymentOverride[];
  layers: readonly (readonly string[])[];
  minimumTime: MinimumTime;
  stages: { key: string; status: StageStatus; tasks: { done: number; total: number } }[];
  services: DeployedServiceView[];
  holds: { reason: HoldReason; subject: string; note: string | null; since: string }[];
  /** What it waits for now. */
  waits: { taskId: string; task: string; reason: WaitReason; since: string; until: string | null }[];
}

export interface DeployedServiceView {
  serviceId: string;
  name: string;
  layer: number;
  because: string;
  status: ServiceDeploymentStatus;
  /** Why its new version was taken back, or why it could not be; null = nothing went wrong. */
  failure: string | null;
  /** What people should know of how it is changed, e.g. with which values it is brought back; null = nothing. */
  note: string | null;
  /** 1 for the one that was changed first; null = not changed. */
  changeOrder: number | null;
  from: { version: string; digest: string; side: Side } | null;
  /** null = it is not built yet. */
  to: { version: string; digest: string } | null;
  /** Share of traffic of the new version, percent; null = no router told. */
  weight: number | null;
  rollout: { status: string; pauseReason: string | null; step: number } | null;
  startedAt: string | null;
  endedAt: string | null;
}

/** What a deployment would do. */
export interface PlanView {
  kind: DeploymentKind;
  scope: DeploymentScope;
  environment: { id: string; name: string; tier: EnvironmentTier };
  app: { id: string; name: string };
  serviceRelease: { id: string; version: string } | null;
  layers: readonly (readonly string[])[];
  services: PlannedServiceView[];
  /** Dependencies that stay as they are, and must be healthy. */
  outside: { serviceId: string; name: string; kind: string; neededBy: string }[];
  stages: readonly string[];
  minimumTime: MinimumTime;
  /** The services in their layers, for documents that draw Mermaid. */
  mermaid: string;
}

export interface PlannedServiceView extends Pick<DeployedServiceView, 'serviceId' | 'name' | 'layer' | 'because' | 'from' | 'to' | 'note'> {
  after: string[];
  /** What it is built from where `to` is null. */
  commit: string | null;
  /** Of a service that goes to a store: the kind of its rollout plan. */
  strategy: 'rolling' | 'canary' | 'blue-green' | 'immediate' | 'phased' | 'staged';
  migrations: { name: string; class: string }[];
}

export const planView = (plan: DeploymentPlan): PlanView => ({
  ...{ kind: plan.kind, scope: plan.scope, app: plan.app, serviceRelease: plan.serviceRelease, layers: plan.layers },
  environment: { id: plan.environment.id, name: plan.environment.name, tier: plan.environment.tier },
  services: plan.services.map(({ serviceId, name, layer, because, after, commit, revision, from, target, migrations, note }) => ({
    ...{
      serviceId,
      name,
      layer,
      because,
      commit,
      after: [...after],
      strategy: isStoreTarget(target) ? target.store.rollout.kind : target.strategy.kind,
      note: note ?? null,
    },
    from: from === null ? null : { version: from.revision.version, digest: from.revision.digest, side: from.side },
    to: revision === null ? null : { version: revision.version, digest: revision.digest },
    migrations: migrations.map((migration) => ({ name: migration.name, class: migration.class })),
  })),
  outside: plan.outside.map(({ serviceId, name, kind, neededBy }) => ({ serviceId, name, kind, neededBy })),
  stages: stagesOf(plan),
  minimumTime: minimumTime(plan),
  mermaid: mermaidOf(plan),
});

/** Edges from what comes first to what waits for it. */
export function mermaidOf({ services, layers, outside }: DeploymentPlan): string {
  const idOf = (name: string) => `s_${name.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0)}_`)}`;
  const versionOf = (name: string) => {
    const service = services.find((candidate) => candidate.name === name);
    return `${service?.from?.revision.version ?? 'nothing'} to ${service?.revision?.version ?? 'a new build'}`;
  };
  const lines = ['flowchart LR'];
  layers.forEach((names, layer) => {
    lines.push(`  subgraph layer_${layer + 1}`, ...names.map((name) => `    ${idOf(name)}["${name}: ${versionOf(name)}"]`), '  end');
  });
  for (const { name, after } of services) lines.push(...after.map((before) => `  ${idOf(before)} --> ${idOf(name)}`));
  for (const { name, neededBy } of outside) lines.push(`  ${idOf(name)}(["${name}: stays"]) -.-> ${idOf(neededBy)}`);
  return `${lines.join('\n')}\n`;
}

export interface SummaryRow {
  id: string;
  displayNumber: number;
  kind: DeploymentKind;
  scope: DeploymentScope;
  environmentId: string;
  environmentName: string;
  tier: EnvironmentTier;
  appId: string;
  appName: string;
  serviceReleaseId: string | null;
  serviceReleaseVersion: string | null;
  reason: string | null;
  accountId: string;
  displayName: string | null;
  createdAt: Date;
  endedAt: Date | null;
  outcome: DeploymentOutcome | null;
  cancelRequestedAt: Date | null;
  runId: string;
  runStatus: 'PENDING' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELLED';
}
