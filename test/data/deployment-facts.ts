import { createHash } from 'node:crypto';
import { defaultPipeline } from '../../src/domain/deployment/default-pipeline.ts';
import type { DeploymentPlan, PlannedService } from '../../src/domain/deployment/plan.ts';
import type { TargetBody } from '../../src/domain/deployment/target.ts';
import type { Revision } from '../../src/domain/deployment/vocabulary.ts';

/* Deployments as tests want them: each test names what matters to it. */

/** 26 characters, the same for the same words. */
export const idOf = (words: string) =>
  words
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .padEnd(26, '0')
    .slice(0, 26);

/** Of an artifact whose bytes are these words. */
export const digestOf = (words: string) => `sha256:${createHash('sha256').update(words).digest('hex')}`;

export const revisionOf = (service: string, version: string, changes: Partial<Revision> = {}): Revision => ({
  ...{ artifactId: idOf(`${service}${version.replaceAll('.', 'x')}`), version, digest: digestOf(`${service} ${version}`) },
  ...{ commit: 'a'.repeat(40), source: { kind: 'kept', key: `${service}/${version}`, sizeBytes: 10 } as const },
  ...changes,
});

export const targetBody = (changes: Partial<TargetBody> = {}): TargetBody => ({
  deploy: { integrationId: idOf('deploy'), config: {}, replicas: 1, readyWithinMs: 60_000, graceMs: 1_000 },
  strategy: { kind: 'rolling' },
  ...{ traffic: null, metrics: null, health: [], migrations: null, requiredVariables: [] },
  ...changes,
});

export const plannedService = (name: string, changes: Partial<PlannedService> = {}): PlannedService => ({
  ...{ serviceId: idOf(name), name, layer: 0, after: [], because: 'it was named', revision: revisionOf(name, '2.0.0'), commit: null },
  ...{ from: { revision: revisionOf(name, '1.0.0'), configVersion: 'c'.repeat(64), side: 'blue' as const } },
  ...{ target: targetBody(), recipe: null, migrations: [] },
  ...changes,
});

export const deploymentPlan = (services: readonly PlannedService[], changes: Partial<DeploymentPlan> = {}): DeploymentPlan => ({
  ...{ kind: 'DEPLOY', scope: 'full' },
  environment: { id: idOf('env'), name: 'staging', tier: 'staging', maxParallel: 1, approval: null, commsConfigId: null },
  app: { id: idOf('app'), name: 'shop' },
  ...{ serviceRelease: null, pipeline: defaultPipeline, services, outside: [] },
  layers: [services.map(({ name }) => name)],
  ...changes,
});
