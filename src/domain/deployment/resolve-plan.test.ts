import { describe, expect, it } from 'vitest';
import { deploymentPlan, idOf, revisionOf, targetBody } from '../../../test/data/deployment-facts.ts';
import { metricDefaults } from '../analysis/metric.ts';
import type { AnalysisPlan } from './analysis-plan.ts';
import { defaultPipeline, rollbackPipeline } from './default-pipeline.ts';
import type { PlannedMigration } from './plan.ts';
import { type PlanFacts, type PlanServiceFact, resolvePlan } from './resolve-plan.ts';
import type { PlannedStoreTarget } from './target.ts';

const installed = (name: string, migrations: PlannedMigration[] = []) => ({
  ...{ revision: revisionOf(name, '1.0.0'), configVersion: 'c'.repeat(64), side: 'blue' as const, healthy: true, migrations },
});
const wanted = (name: string, migrations: PlannedMigration[] = []) => ({ revision: revisionOf(name, '2.0.0'), migrations });
const service = (name: string, changes: Partial<PlanServiceFact> = {}): PlanServiceFact => ({
  ...{ serviceId: idOf(name), name, recipe: null, target: targetBody(), targetProblems: [], sources: ['kept'] },
  ...{ installed: installed(name), wanted: wanted(name), paths: null, changedFiles: null },
  ...changes,
});
const migration = (name: string, kind: PlannedMigration['class'], checksum = name): PlannedMigration => ({ name, class: kind, checksum });
const facts = (services: PlanServiceFact[], changes: Partial<PlanFacts> = {}): PlanFacts => {
  const { kind, scope, environment, app, serviceRelease } = deploymentPlan([]);
  return {
    ...{ kind, scope, environment, app, serviceRelease, services, pipeline: defaultPipeline, edges: [] },
    ...{ listed: null, commit: null, allowIrreversible: false },
    ...changes,
  };
};
const planOf = (of: PlanFacts) => {
  const result = resolvePlan(of);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result.plan;
};
const problemsOf = (of: PlanFacts) => {
  const result = resolvePlan(of);
  return 'problems' in result ? result.problems.map(({ field, message }) => `${field} ${message}`) : [];
};
const calls = (from: string, to: string) => ({ from, to, kind: 'runtime' as const });

describe('resolvePlan', () => {
  it('orders services by layer and name, and says for each why, from what, to what and after whom', () => {
    const plan = planOf(facts([service('web'), service('auth'), service('api')], { edges: [calls('web', 'api'), calls('api', 'auth')] }));

    expect(plan.layers).toEqual([['auth'], ['api'], ['web']]);
    expect(plan.services.map(({ name, layer, after }) => [name, layer, after])).toEqual([
      ['auth', 0, []],
      ['api', 1, ['auth']],
      ['web', 2, ['api']],
    ]);
    expect(plan.services[0]).toMatchObject({
      because: 'everything is deployed',
      revision: { version: '2.0.0' },
      from: { revision: { version: '1.0.0' }, side: 'blue' },
    });
  });

  it('takes exactly the services that were named, and looks after those they depend on', () => {
    const plan = planOf(facts([service('web'), service('api'), service('jobs')], { edges: [calls('web', 'api')], listed: ['web'] }));

    expect(plan.services.map(({ name }) => name)).toEqual(['web']);
    expect(plan.outside).toMatchObject([{ name: 'api', neededBy: 'web', kind: 'runtime', side: 'blue' }]);
  });

  it('answers with an empty set when nothing changed', () => {
    const same = service('api', { wanted: { revision: revisionOf('api', '1.0.0'), migrations: [] } });

    expect(planOf(facts([same], { scope: 'partial' })).services).toEqual([]);
  });

  it('names every problem at once, each with its field', () => {
    const problems = problemsOf(
      facts(
        [
          service('a', { target: null }),
          service('b', { wanted: null }),
          service('c', { targetProblems: [{ field: '/deploy/replicas', message: 'at most 1' }] }),
          service('d', { target: targetBody({ strategy: { kind: 'canary', steps: [], background: null, drainMs: 0 } }) }),
          service('e', { sources: ['image'] }),
        ],
        { edges: [calls('a', 'b'), calls('d', 'zzz')], listed: ['a', 'b', 'c', 'd', 'e'] },
      ),
    );

    expect(problems.sort()).toEqual(
      [
        '/environmentId a has no target in staging',
        '/artifacts names no artifact of b, and no commit is there to build it from',
        '/environmentId the target of c: /deploy/replicas at most 1',
        '/environmentId the target of d: /traffic is needed by a canary deployment',
        '/artifacts e 2.0.0 is of the kind kept, which its driver does not run',
        '/services d depends on zzz, of which nothing runs in staging: deploy it, too',
      ].sort(),
    );
  });

  it('refuses a circle and names it', () => {
    expect(problemsOf(facts([service('a'), service('b')], { edges: [calls('a', 'b'), calls('b', 'a')] }))).toEqual([
      '/appId its services depend on each other in a circle: a → b → a',
    ]);
  });

  it('refuses an analysis that nothing can measure', () => {
    const strategy = {
      kind: 'canary',
      steps: [{ do: 'analysis', analysis: { metrics: [], inconclusiveDeadlineMs: 1 } }],
      background: null,
      drainMs: 0,
    } as const;
    const target = targetBody({ strategy, traffic: { integrationId: 't', config: {} } });

    expect(problemsOf(facts([service('a', { target })]))).toEqual([
      '/environmentId the target of a: /metrics is needed to analyse what the strategy asks for',
    ]);
  });

  it('builds from a commit what has a recipe, where the pipeline builds', () => {
    const recipe = { build: { by: 'ci', integrationId: 'i', workflowId: 'w', inputs: {}, artifactName: null } as const, tests: {} };
    const commit = 'f'.repeat(40);
    const built = service('a', { wanted: null, recipe });

    expect(planOf(facts([built], { commit })).services[0]).toMatchObject({ revision: null, commit });
    expect(problemsOf(facts([built], { commit, pipeline: rollbackPipeline }))).toEqual([
      '/pipelineId builds nothing (BUILD_ARTIFACT), and a has no artifact',
    ]);
    expect(problemsOf(facts([service('a', { wanted: null })], { commit }))).toHaveLength(1);
  });

  describe('migrations', () => {
    const target = targetBody({ migrations: { integrationId: 'd' } });
    const of = (fresh: PlannedMigration[], old: PlannedMigration[] = [], changes: Partial<PlanServiceFact> = {}) =>
      service('a', { target, installed: installed('a', old), wanted: wanted('a', [...old, ...fresh]), ...changes });

    it('are those that what runs did not bring', () => {
      const plan = planOf(facts([of([migration('002', 'expand')], [migration('001', 'expand')])]));

      expect(plan.services[0]?.migrations.map(({ name }) => name)).toEqual(['002']);
    });

    it('that cannot be taken back need to be allowed', () => {
      const irreversible = of([migration('002', 'irreversible')]);

      expect(problemsOf(facts([irreversible]))).toEqual(['/allowIrreversible must be said: 002 of a cannot be taken back']);
      expect(problemsOf(facts([irreversible], { allowIrreversible: true }))).toEqual([]);
    });

    it('do not take away what the same deployment expands, unless nothing runs yet', () => {
      const both = [migration('002', 'expand'), migration('003', 'contract')];

      expect(problemsOf(facts([of(both)]))).toHaveLength(1);
      expect(problemsOf(facts([of(both, [], { installed: null })]))).toEqual([]);
      expect(problemsOf(facts([of([migration('003', 'contract')], [migration('002', 'expand')])]))).toEqual([]);
    });

    it('that were applied otherwise are refused', () => {
      const changed = service('a', {
        target,
        installed: installed('a', [migration('001', 'expand', 'x')]),
        wanted: wanted('a', [migration('001', 'expand', 'y')]),
      });

      expect(problemsOf(facts([changed]))).toEqual(['/artifacts the migration 001 of a is not the one that was applied']);
    });
  });

  it('refuses what its database was contracted away from, unless it runs already, and warns where there is no way back', () => {
    const target = targetBody({ migrations: { integrationId: idOf('database') } });
    const contractions = [{ name: '002', class: 'contract' as const, checksum: '002', ranBeside: [] }];
    const [expand, contract, gone] = [migration('001', 'expand'), migration('002', 'contract'), migration('003', 'irreversible')];
    const runs = installed('api', [expand, contract]);

    expect(problemsOf(facts([service('api', { target, contractions, installed: runs, wanted: wanted('api', [expand]) })]))).toEqual([
      expect.stringMatching(/^\/artifacts api: 2\.0\.0 is older .* 002 .* deploy a version that brings it/),
    ]);
    const again = { revision: runs.revision, migrations: [] };
    expect(problemsOf(facts([service('api', { target, contractions, installed: runs, wanted: again })]))).toEqual([]);
    expect(problemsOf(facts([service('api', { contractions, wanted: wanted('api', []) })]))).toEqual([]);
    const plan = planOf(facts([service('api', { target, wanted: wanted('api', [gone]) })], { allowIrreversible: true }));
    expect(plan.services[0]?.note).toMatch(/003 .* no way back to 1\.0\.0/);
  });

  describe('a pipeline that gives a service less time than its rollout waits for', () => {
    const HOUR_MS = 3_600_000;
    const pipeline = (timeoutMs: number): PlanFacts['pipeline'] => ({
      ...defaultPipeline,
      stages: defaultPipeline.stages.map(({ key, tasks }) => ({
        key,
        tasks: tasks.map((task) => (task.type === 'DEPLOY_SERVICE' ? { ...task, timeoutMs } : task)),
      })),
    });
    const step = (percent: number) => [
      { do: 'set-weight' as const, percent },
      { do: 'pause' as const, forMs: HOUR_MS },
    ];
    const canary = targetBody({
      strategy: { kind: 'canary', steps: [...step(10), ...step(50)], background: null, drainMs: 0 },
      traffic: { integrationId: idOf('router'), config: {} },
    });

    it('is refused with both numbers: it could never succeed', () => {
      expect(problemsOf(facts([service('api', { target: canary })], { pipeline: pipeline(HOUR_MS) }))).toEqual([
        expect.stringMatching(
          /^\/pipelineId gives DEPLOY_SERVICE 60 min \(timeoutMs 3600000\), .* of api waits for at least 2 h \(7200000 ms\)/,
        ),
      ]);
    });

    it('is taken where the time is enough, nothing is replaced yet, or the way leads back', () => {
      expect(problemsOf(facts([service('api', { target: canary })], { pipeline: pipeline(3 * HOUR_MS) }))).toEqual([]);
      expect(problemsOf(facts([service('api', { target: canary, installed: null })], { pipeline: pipeline(HOUR_MS) }))).toEqual([]);
      expect(problemsOf(facts([service('api', { target: canary })], { kind: 'ROLLBACK', pipeline: pipeline(HOUR_MS) }))).toEqual([]);
    });

    it('is refused for the steps of a store, of which an analysis may take longer than the wait', () => {
      const analysis: AnalysisPlan = {
        inconclusiveDeadlineMs: HOUR_MS,
        metrics: [
          {
            ...metricDefaults,
            ...{ name: 'crashes', query: 'crashes', intervalMs: HOUR_MS, until: { kind: 'count', count: 4 } },
            successCondition: { op: '<', threshold: 1 },
          },
        ],
      };
      const play = (measured: AnalysisPlan | null): PlannedStoreTarget => ({
        store: {
          ...{ integrationId: 'play', appId: 'com.example.shop', track: 'production', updatePriority: null, provider: 'google-play' },
          ...{ target: 'PLAY_STORE', abilities: { rollout: { kind: 'staged' }, haltsLive: true, releasesOnRequest: false } },
          rollout: {
            ...{ kind: 'staged', metrics: { integrationId: 'prometheus' } },
            steps: [
              { percent: 10, waitMinutes: 60, analysis: measured },
              { percent: 100, waitMinutes: null },
            ],
          },
        },
      });
      const android = (measured: AnalysisPlan | null) => {
        const revision = { ...revisionOf('android', '2.0.0'), buildNumber: '42' };
        return service('android', { target: play(measured), installed: null, wanted: { revision, migrations: [] } });
      };

      expect(problemsOf(facts([android(null)], { pipeline: pipeline(2 * HOUR_MS) }))).toEqual([]);
      expect(problemsOf(facts([android(analysis)], { pipeline: pipeline(2 * HOUR_MS) }))).toEqual([
        expect.stringMatching(/2 h .* of android waits for at least 3 h/),
      ]);
    });
  });
});
