import { describe, expect, it } from 'vitest';
import { deploymentPlan, plannedService, revisionOf, targetBody } from '../../../test/data/deployment-facts.ts';
import { plainRules } from '../gates/approval-rules.ts';
import { rollbackPipeline } from './default-pipeline.ts';
import { expandStage, stagesOf } from './expand-pipeline.ts';
import type { PipelineBody, PipelineTask } from './pipeline.ts';
import type { DeploymentPlan } from './plan.ts';

const environment = (changes: Partial<DeploymentPlan['environment']>) => ({ ...deploymentPlan([]).environment, ...changes });
const edgesOf = (plan: DeploymentPlan, stage: Parameters<typeof expandStage>[1]) =>
  Object.fromEntries(expandStage(plan, stage).map(({ key, dependsOn }) => [key, dependsOn]));

describe('the stages of a deployment', () => {
  it('are those with something to do, and the way back', () => {
    expect(stagesOf(deploymentPlan([plannedService('api')]))).toEqual(['PREFLIGHT', 'SNAPSHOT', 'DEPLOY', 'VERIFY', 'ROLL_BACK']);
  });

  it('build, test and migrate where a service has to', () => {
    const recipe = {
      build: { by: 'job', integrationId: 'i', command: ['make'], artifactPath: null, timeoutMs: 1 } as const,
      tests: { smoke: { by: 'job', integrationId: 'i', command: ['test'], artifactPath: null, timeoutMs: 1, junitPath: 'x.xml' } as const },
    };
    const built = plannedService('api', { revision: null, recipe, target: targetBody({ migrations: { integrationId: 'd' } }) });
    const plan = deploymentPlan([built, plannedService('web')]);

    expect(stagesOf(plan)).toEqual(['PREFLIGHT', 'SNAPSHOT', 'BUILD', 'TEST', 'MIGRATE', 'DEPLOY', 'VERIFY', 'ROLL_BACK']);
    expect(Object.keys(edgesOf(plan, 'BUILD'))).toEqual(['BUILD_ARTIFACT/api']);
    expect(Object.keys(edgesOf(plan, 'TEST'))).toEqual(['RUN_TESTS/api']);
    expect(Object.keys(edgesOf(plan, 'MIGRATE'))).toEqual(['MIGRATE_SCHEMA/api']);
  });

  it('have no way back of a way back', () => {
    const plan = deploymentPlan([plannedService('api')], { kind: 'ROLLBACK', pipeline: rollbackPipeline });

    expect(stagesOf(plan)).toEqual(['PREFLIGHT', 'SNAPSHOT', 'DEPLOY', 'VERIFY']);
  });
});

describe('the tasks of a stage', () => {
  it('change services in the order of what they depend on, one at a time', () => {
    const plan = deploymentPlan([plannedService('api'), plannedService('auth'), plannedService('web', { after: ['api'], layer: 1 })]);

    expect(edgesOf(plan, 'DEPLOY')).toEqual({
      'DEPLOY_SERVICE/api': [],
      'DEPLOY_SERVICE/auth': ['DEPLOY_SERVICE/api'],
      'DEPLOY_SERVICE/web': ['DEPLOY_SERVICE/api', 'DEPLOY_SERVICE/auth'],
    });
  });

  it('change as many at once as the environment says, and no more', () => {
    const plan = deploymentPlan(
      ['a', 'b', 'c', 'd'].map((name) => plannedService(name)),
      { environment: environment({ maxParallel: 2 }) },
    );

    expect(edgesOf(plan, 'DEPLOY')).toEqual({
      'DEPLOY_SERVICE/a': [],
      'DEPLOY_SERVICE/b': [],
      'DEPLOY_SERVICE/c': ['DEPLOY_SERVICE/a'],
      'DEPLOY_SERVICE/d': ['DEPLOY_SERVICE/b'],
    });
  });

  it('ask people only where the environment wants it, after the checks', () => {
    const asked = deploymentPlan([plannedService('api')], { environment: environment({ approval: plainRules }) });

    expect(edgesOf(deploymentPlan([plannedService('api')]), 'PREFLIGHT')).toEqual({ CHECK_PREFLIGHT: [] });
    expect(edgesOf(asked, 'PREFLIGHT')).toEqual({ CHECK_PREFLIGHT: [], APPROVE_DEPLOYMENT: ['CHECK_PREFLIGHT'] });
  });

  it('say what their final failure means, and which service they are about', () => {
    const [task] = expandStage(deploymentPlan([plannedService('api')]), 'DEPLOY');

    expect(task).toMatchObject({ onFailure: 'plan', onDeadline: 'fail', input: { service: 'api' } });
  });

  it('wait for what a left out task would have waited for', () => {
    const task = (key: string, type: PipelineTask['type'], dependsOn: string[], input = {}): PipelineTask =>
      ({ ...{ key, type, dependsOn, input, onFailure: 'halt', maxAttempts: 1, timeoutMs: 1_000 } }) as const;
    const pipeline: PipelineBody = {
      tiers: ['staging'],
      stages: [
        {
          key: 'TEST',
          tasks: [
            task('soak', 'BAKE', [], { forMs: 5 }),
            task('smoke', 'RUN_TESTS', ['soak'], { suite: 'smoke' }),
            task('after', 'BAKE', ['smoke'], { forMs: 5 }),
          ],
        },
      ],
    };

    expect(edgesOf(deploymentPlan([plannedService('api', { revision: revisionOf('api', '3.0.0') })], { pipeline }), 'TEST')).toEqual({
      soak: [],
      after: ['soak'],
    });
  });
});
