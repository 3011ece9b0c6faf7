import { describe, expect, it } from 'vitest';
import { defaultPipeline, rollbackPipeline } from './default-pipeline.ts';
import type { PipelineBody, PipelineTask } from './pipeline.ts';
import { validatePipeline } from './validate-pipeline.ts';

type Stage = PipelineBody['stages'][number];
const stageOf = (key: Stage['key']) => defaultPipeline.stages.find((stage) => stage.key === key) as Stage;
const withStages = (change: (stages: Stage[]) => Stage[], tiers: PipelineBody['tiers'] = defaultPipeline.tiers): PipelineBody => ({
  tiers,
  stages: change([...defaultPipeline.stages]),
});
const withTask = (key: Stage['key'], change: Partial<PipelineTask>, type?: string) =>
  withStages((stages) =>
    stages.map((stage) =>
      stage.key === key
        ? { ...stage, tasks: stage.tasks.map((task) => (type === undefined || task.type === type ? { ...task, ...change } : task)) }
        : stage,
    ),
  );
const found = (body: PipelineBody) => validatePipeline(body).map(({ field, message }) => `${field} ${message}`);
const without = (...types: string[]) =>
  withStages((stages) => stages.map((stage) => ({ ...stage, tasks: stage.tasks.filter(({ type }) => !types.includes(type)) })));

describe('validatePipeline', () => {
  it('takes the pipeline of those who name none', () => {
    expect(found(defaultPipeline)).toEqual([]);
  });

  it.each([
    ['no DEPLOY_SERVICE', without('DEPLOY_SERVICE')],
    ['no CHECK_PREFLIGHT', without('CHECK_PREFLIGHT', 'APPROVE_DEPLOYMENT')],
    ['no snapshot before', without('TAKE_SNAPSHOT')],
    ['not verify health', without('VERIFY_HEALTH')],
    ['without an APPROVE_DEPLOYMENT', without('APPROVE_DEPLOYMENT')],
    ['comes too late', withStages((stages) => [...stages.slice(1), ...stages.slice(0, 1)])],
    ['stands there twice', withStages((stages) => [...stages, stageOf('VERIFY')])],
    [
      'takes no snapshot before',
      { ...rollbackPipeline, stages: [{ key: 'PREFLIGHT', tasks: [] }, stageOf('DEPLOY'), stageOf('VERIFY')] } as PipelineBody,
    ],
    [
      'takes no snapshot before',
      withStages((stages) => [
        ...stages.filter(({ key }) => key !== 'SNAPSHOT' && key !== 'VERIFY'),
        stageOf('SNAPSHOT'),
        stageOf('VERIFY'),
      ]),
    ],
    ['belongs to DEPLOY', withTask('SNAPSHOT', { type: 'DEPLOY_SERVICE' })],
    ['has no task NOBODY', withTask('DEPLOY', { dependsOn: ['NOBODY'] })],
    ['in a circle: DEPLOY_SERVICE → DEPLOY_SERVICE', withTask('DEPLOY', { dependsOn: ['DEPLOY_SERVICE'] })],
    ['is none of smoke', withTask('TEST', { input: { suite: 'some' } })],
    ['takes no such input', withTask('VERIFY', { input: { suite: 'smoke' } })],
    ['cannot be gone on without', withTask('DEPLOY', { onFailure: 'continue' })],
    ['takes 1 to 20', withTask('DEPLOY', { maxAttempts: 0 })],
    [
      'must be longer than the baking',
      withStages((stages) =>
        stages.map((stage) =>
          stage.key === 'VERIFY'
            ? {
                ...stage,
                tasks: [
                  ...stage.tasks,
                  { ...(stage.tasks[0] as PipelineTask), key: 'B', type: 'BAKE', timeoutMs: 60_000, input: { forMs: 60_000 } },
                ],
              }
            : stage,
        ),
      ),
    ],
    [
      'deploys each service twice',
      withStages((stages) =>
        stages.map((stage) =>
          stage.key === 'DEPLOY' ? { ...stage, tasks: [...stage.tasks, { ...(stage.tasks[0] as PipelineTask), key: 'AGAIN' }] } : stage,
        ),
      ),
    ],
    ['is none of CHECK_PREFLIGHT', withTask('TEST', { type: 'RUN_SCRIPT' as 'RUN_TESTS' })],
  ])('refuses: %s', (message, body) => {
    expect(found(body).join('\n')).toContain(message);
  });

  it('names every problem at once, each with its field', () => {
    const problems = validatePipeline(withTask('TEST', { key: 'no such key!', maxAttempts: 99, input: {} }));

    expect(problems.map(({ field }) => field)).toEqual([
      '/stages/3/tasks/0/key',
      '/stages/3/tasks/0/maxAttempts',
      '/stages/3/tasks/0/input/suite',
    ]);
  });

  it('lets a pipeline without approval do for tiers without customers', () => {
    const { stages } = without('APPROVE_DEPLOYMENT');

    expect(found({ tiers: ['development', 'staging'], stages })).toEqual([]);
  });

  it('takes an approval in the stage that changes something only where every change waits for it', () => {
    const approval = stageOf('PREFLIGHT').tasks[1] as PipelineTask;
    const body = (dependsOn: string[]) =>
      withStages((stages) =>
        stages
          .filter(({ key }) => key !== 'MIGRATE')
          .map((stage) => {
            if (stage.key === 'PREFLIGHT') return { ...stage, tasks: stage.tasks.slice(0, 1) };
            if (stage.key !== 'DEPLOY') return stage;
            return {
              ...stage,
              tasks: [
                { ...approval, dependsOn: [] },
                { ...(stage.tasks[0] as PipelineTask), dependsOn },
              ],
            };
          }),
      );

    expect(found(body(['APPROVE_DEPLOYMENT']))).toEqual([]);
    expect(found(body([]))).toEqual(['/stages changes production without an APPROVE_DEPLOYMENT before it']);
  });
});
