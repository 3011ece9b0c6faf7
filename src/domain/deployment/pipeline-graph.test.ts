import { describe, expect, it } from 'vitest';
import type { PipelineBody, PipelineTask } from './pipeline.ts';
import { pipelineGraph } from './pipeline-graph.ts';

const task = (key: string, type: PipelineTask['type'], dependsOn: string[] = []): PipelineTask => ({
  ...{ key, type, dependsOn, onFailure: 'rollback', maxAttempts: 1, timeoutMs: 1000, input: {} },
});

const body: PipelineBody = {
  tiers: ['staging'],
  stages: [
    { key: 'PREFLIGHT', tasks: [task('check', 'CHECK_PREFLIGHT')] },
    { key: 'TEST', tasks: [] },
    {
      key: 'DEPLOY',
      tasks: [task('ask', 'APPROVE_DEPLOYMENT'), task('bake', 'BAKE'), task('deploy-it', 'DEPLOY_SERVICE', ['ask', 'bake'])],
    },
    { key: 'VERIFY', tasks: [task('health', 'VERIFY_HEALTH')] },
  ],
};

describe('the graph of a pipeline', () => {
  it('goes from stage to stage, past one without tasks', () => {
    expect(pipelineGraph(body).edges).toEqual([
      { from: 'PREFLIGHT.check', to: 'DEPLOY.ask' },
      { from: 'PREFLIGHT.check', to: 'DEPLOY.bake' },
      { from: 'DEPLOY.ask', to: 'DEPLOY.deploy-it' },
      { from: 'DEPLOY.bake', to: 'DEPLOY.deploy-it' },
      { from: 'DEPLOY.deploy-it', to: 'VERIFY.health' },
    ]);
  });

  it('has a place for each task, none twice', () => {
    const places = pipelineGraph(body).nodes.map(({ id, column, row }) => [id, column, row]);

    expect(places).toEqual([
      ['PREFLIGHT.check', 0, 0],
      ['DEPLOY.ask', 1, 0],
      ['DEPLOY.bake', 1, 1],
      ['DEPLOY.deploy-it', 2, 0],
      ['VERIFY.health', 3, 0],
    ]);
  });

  it('is Mermaid with names that Mermaid takes, each of its own', () => {
    const { mermaid } = pipelineGraph(body);

    expect(mermaid).toContain('DEPLOY_46_deploy_45_it["deploy-it: DEPLOY_SERVICE per service"]');
    expect(mermaid).toContain('  DEPLOY_46_ask --> DEPLOY_46_deploy_45_it\n');
  });
});
