import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { defaultPipeline } from '../../src/domain/deployment/default-pipeline.ts';
import type { RecipeStep } from '../../src/domain/deployment/plan.ts';
import type { Job, JobRunner, JobState } from '../../src/integrations/capabilities/job-runner.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { localJobRunner } from '../../src/integrations/providers/local-runner/job-runner.ts';
import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { localWorld, processesUnder } from '../contracts/local-runner-harness.ts';
import type { Fault } from '../property/faulty-database.ts';
import { everyNth, testDatabases } from '../support/databases.ts';
import { waitFor } from '../support/wait-for.ts';
import { Ci } from './ci.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';
import { passTime, type RecipeWorker, recipeWorker } from './recipe-worker.ts';

const COMMIT = 'c'.repeat(40);
const buildRun: RecipeStep = { by: 'ci', integrationId: 'CI', workflowId: '7', inputs: {}, artifactName: null };
const buildJob: RecipeStep = { by: 'job', integrationId: 'jobs', command: ['make'], artifactPath: 'out.tar.gz', timeoutMs: 60_000 };

/** Jobs that go on until they are stopped, as the contract of job runners has it. */
class EndlessJobs implements JobRunner {
  readonly jobs = new Map<string, JobState>();
  started = 0;
  async ensure({ key }: Pick<Job, 'key'>) {
    const known = this.jobs.get(key);
    if (known !== undefined) return known;
    this.started += 1;
    this.jobs.set(key, { kind: 'running' });
    return { kind: 'running' as const };
  }
  state = async (key: string) => this.jobs.get(key) ?? { kind: 'absent' as const };
  log = async () => '';
  openFile = async () => null;
  stop = async (key: string) => void this.jobs.set(key, { kind: 'stopped', why: 'stopped on request' });
  remove = async (key: string) => void this.jobs.delete(key);
}

describe.each(testDatabases())('what a deployment began by a recipe, on $name', (server) => {
  let world: DeploymentWorld;
  let tenant: DeploymentTenant;
  let ci: Ci;
  let jobs: EndlessJobs;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
  });
  beforeEach(() => {
    ci = new Ci();
    jobs = new EndlessJobs();
  });
  afterAll(() => world?.close());

  /** A deployment of its own that builds. */
  async function building(build: RecipeStep): Promise<string> {
    tenant = await world.tenant();
    const environmentId = await tenant.environment('staging');
    const service = await tenant.service('shop', [environmentId]);
    await world.db.run('UPDATE services SET recipe = ?, source = ? WHERE id = ?', [
      ...[JSON.stringify({ build, tests: {} }), JSON.stringify({ integrationId: 'scm', paths: ['**'] }), service],
    ]);
    return (await createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, commit: COMMIT })).id;
  }
  const cancel = (id: string) => cancelDeployment(world.deps, tenant.caller, id, { reason: 'the wrong commit' });
  const cleanUps = (id: string) =>
    world.db.rows<{ state: string; outcome: string; pending: number }>(
      'SELECT state, outcome, run_at IS NOT NULL AS pending FROM clean_ups WHERE scope_id = ? ORDER BY id',
      [id],
    );
  async function rounds(worker: RecipeWorker, id: string, count: number, minutes = 5): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      await worker.round(id);
      await passTime(world, id, minutes);
    }
  }
  async function until(worker: RecipeWorker, id: string, condition: () => boolean): Promise<void> {
    for (let round = 0; !condition(); round += 1) {
      if (round === 20) throw new Error(`it does not come so far: ${JSON.stringify(await world.tasks(id))}`);
      await rounds(worker, id, 1);
    }
  }
  /** What the history says of the clean-ups. */
  async function told(id: string): Promise<string[]> {
    const rows = await world.db.rows<{ why: string; before: string; after: string }>(
      `SELECT h.why, i.value_before AS \`before\`, i.value_after AS after FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.field = 'cleanUp' ORDER BY h.sequence`,
      [id],
    );
    return rows.map(({ why, before, after }) => `${before} ${after}: ${why}`);
  }

  it('is cancelled at the CI when the deployment is, and looked at until it has ended', async () => {
    const id = await building(buildRun);
    const worker = recipeWorker(world, { ci });
    await until(worker, id, () => ci.dispatches > 0);
    ci.obeys = false;

    await cancel(id);
    await rounds(worker, id, 2);

    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED' });
    expect(await world.locks(id)).toBe(0);
    expect(await cleanUps(id)).toMatchObject([{ state: 'PENDING' }]);
    ci.obeys = true;
    await rounds(worker, id, 3);
    expect([...ci.runs.values()]).toMatchObject([{ kind: 'cancelled' }]);
    expect(await told(id)).toEqual([expect.stringMatching(/^RECIPE_STEP BUILD\/BUILD_ARTIFACT\/shop DONE: The run of .* is cancelled\.$/)]);
  });

  it('is ended as a job with everything it started, and what it left is removed once no worker can begin it any more', async () => {
    const id = await building(buildJob);
    const worker = recipeWorker(world, { ci, jobs });
    await until(worker, id, () => jobs.started > 0);

    await cancel(id);
    await worker.round(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED' });
    expect([...jobs.jobs.values()]).toMatchObject([{ kind: 'stopped' }]);
    await passTime(world, id, 5);
    await worker.round(id);
    expect([jobs.jobs.size, jobs.started]).toEqual([0, 1]);
    expect(await told(id)).toEqual([expect.stringMatching(/DONE: The job of .* has ended, and what it left is removed\.$/)]);
  });

  it('is ended on a real machine, in the directory with the files of its commit, with what it started in the background', async () => {
    const machine = localWorld();
    onTestFinished(machine.close);
    const runner = localJobRunner(machine.connection, machine.deps());
    const script = 'grep -q ccc COMMIT && (trap "" TERM; while :; do sleep 0.05; done) & echo $! >pid.new && mv pid.new pid; wait';
    const id = await building({ ...buildJob, command: ['sh', '-c', script] });
    const worker = recipeWorker(world, { ci, jobs: runner });
    await rounds(worker, id, 6);
    const [task] = (await world.tasks(id)).filter(({ key }) => key === 'BUILD_ARTIFACT/shop');
    const key = String(task?.output?.key);
    const pidOf = async () => Number(await new Response((await runner.openFile(key, 'pid'))?.body).text()) || null;
    const pid = await waitFor(pidOf, { what: 'the process in the background' });
    expect(processesUnder(machine.localRoot)).toContain(pid);

    await cancel(id);
    await worker.round(id);

    expect(await runner.state(key)).toMatchObject({ kind: 'stopped' });
    await waitFor(() => processesUnder(machine.localRoot).length === 0, { what: 'the end of everything it started' });
    await passTime(world, id, 5);
    await worker.round(id);
    expect(await runner.state(key)).toEqual({ kind: 'absent' });
  });

  it('is ended, too, when the task gave up on it', async () => {
    const id = await building(buildRun);
    const worker = recipeWorker(world, { ci });
    await until(worker, id, () => ci.dispatches > 0);

    await world.db.run(
      `UPDATE tasks t JOIN deployments d ON d.run_id = t.run_id SET t.deadline_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND
       WHERE d.id = ? AND t.type = 'BUILD_ARTIFACT'`,
      [id],
    );
    await rounds(worker, id, 4);

    expect(await world.row(id)).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('deadline') });
    expect([...ci.runs.values()]).toMatchObject([{ kind: 'cancelled' }]);
  });

  it('is ended before what was changed is taken back, where tests follow the change', async () => {
    tenant = await world.tenant();
    const environmentId = await tenant.environment('staging');
    const serviceId = await tenant.service('shop', [environmentId]);
    const artifactId = await tenant.artifact(serviceId, '1');
    const tests = { smoke: { ...buildJob, artifactPath: null, junitPath: 'report.xml' } };
    await world.db.run('UPDATE services SET recipe = ? WHERE id = ?', [JSON.stringify({ build: null, tests }), serviceId]);
    const [test] = defaultPipeline.stages.flatMap(({ tasks }) => tasks.filter(({ type }) => type === 'RUN_TESTS'));
    const stages = defaultPipeline.stages.flatMap((stage) => {
      if (stage.key === 'TEST') return [];
      return [stage.key === 'VERIFY' && test !== undefined ? { ...stage, tasks: [...stage.tasks, test] } : stage];
    });
    const pipelineId = await tenant.pipeline('tests after', { ...defaultPipeline, stages });
    const wanted = { environmentId, appId: tenant.appId, artifacts: [{ serviceId, artifactId }], pipelineId };
    const { id } = await createDeployment(world.deps, tenant.caller, wanted);
    const worker = recipeWorker(world, { ci, jobs });
    await until(worker, id, () => jobs.started > 0);
    expect(await world.serviceRows(id)).toEqual(['shop HEALTHY 1']);

    await cancel(id);
    await worker.plan(id);

    expect(await cleanUps(id)).toMatchObject([{ state: 'PENDING', pending: 1 }]);
    expect(await world.row(id)).toMatchObject({ outcome: null });
    await rounds(worker, id, 10);
    expect([...jobs.jobs.values()]).toEqual([]);
    expect(await world.row(id)).toMatchObject({ outcome: 'ROLLED_BACK' });
    expect(await told(id)).toEqual([expect.stringContaining('RECIPE_STEP VERIFY/RUN_TESTS/shop DONE')]);
  });

  it('keeps nothing from ending where the CI will not cancel it, and the history says so', async () => {
    const id = await building(buildRun);
    const worker = recipeWorker(world, { ci });
    await until(worker, id, () => ci.dispatches > 0);
    ci.obeys = false;
    await cancel(id);
    await rounds(worker, id, 3);
    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED' });

    await rounds(worker, id, 2, 60);

    expect(await told(id)).toEqual([
      expect.stringMatching(/FAILED: The run of .* was asked to end, and was running before\. It took too long\.$/),
    ]);
    const asked = ci.cancelled.length;
    await rounds(worker, id, 2, 60);
    expect(ci.cancelled).toHaveLength(asked);
  });

  it('is told as failed where the CI refuses for good', async () => {
    const id = await building(buildRun);
    const worker = recipeWorker(world, { ci });
    await until(worker, id, () => ci.dispatches > 0);
    ci.cancelTrouble = new ProviderError('forbidden', 'The token may not cancel runs.', { provider: 'ci' });

    await cancel(id);
    await rounds(worker, id, 3);

    expect(await told(id)).toEqual([expect.stringContaining('FAILED: The token may not cancel runs.')]);
    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED' });
  });

  it('is waited for as long as it may still appear, and then cancelled', async () => {
    const id = await building(buildRun);
    const worker = recipeWorker(world, { ci });
    let asked = 0;
    ci.trouble = new ProviderError('timeout', 'The CI did not answer.', { provider: 'ci' });
    await until(worker, id, () => {
      asked += 1;
      return asked > 3;
    });
    await cancel(id);
    await worker.round(id);
    expect(await cleanUps(id)).toMatchObject([{ state: 'PENDING', outcome: expect.stringContaining('may still appear') }]);

    ci.runs.set('late', { kind: 'running' });
    await rounds(worker, id, 3);

    expect(ci.runs.get('late')).toMatchObject({ kind: 'cancelled' });
    expect(await told(id)).toEqual([expect.stringContaining('DONE: The run of')]);
  });

  it('is nothing where the deployment is cancelled before it builds, or when all of it had ended', async () => {
    const id = await building(buildRun);
    await cancel(id);
    await rounds(recipeWorker(world, { ci }), id, 2);

    expect([await cleanUps(id), ci.dispatches]).toEqual([[], 0]);
    expect(await world.row(id)).toMatchObject({ outcome: 'CANCELLED' });
  });

  describe.each([
    ['a run of CI', buildRun],
    ['a job', buildJob],
  ])('%s of a worker that dies after anything that lasts', (_what, build) => {
    /** Cancelled as soon as the build may have begun; the workers after the first are well. */
    async function live(fault: Fault | null): Promise<number> {
      ci = new Ci();
      jobs = new EndlessJobs();
      const label = fault === null ? 'without a fault' : `${fault.kind} at point ${fault.at}`;
      const id = await building(build);
      const first = recipeWorker(world, { ci, jobs }, fault);
      let worker = first;
      let isCancelled = false;
      let roundsAfterEnd = 0;
      for (let round = 0; round < 20 && roundsAfterEnd < 3; round += 1) {
        await worker.round(id);
        if (worker.fate.dead()) worker = recipeWorker(world, { ci, jobs });
        const [task] = await world.db.rows<{ begun: number }>(
          `SELECT t.intents IS NOT NULL AS begun FROM tasks t JOIN deployments d ON d.run_id = t.run_id WHERE d.id = ? AND t.type = 'BUILD_ARTIFACT'`,
          [id],
        );
        if (!isCancelled && Number(task?.begun) === 1) {
          isCancelled = true;
          await cancel(id);
        }
        await passTime(world, id, 5);
        const hasEnded = (await world.row(id)).outcome !== null && (await cleanUps(id)).every(({ state }) => state === 'DONE');
        if (hasEnded) roundsAfterEnd += 1;
      }

      expect((await world.row(id)).outcome, label).toBe('CANCELLED');
      expect(await world.locks(id), label).toBe(0);
      expect(
        [...ci.runs.values()].filter(({ kind }) => kind !== 'cancelled'),
        label,
      ).toEqual([]);
      expect([...jobs.jobs.values()], label).toEqual([]);
      expect(Math.max(ci.dispatches, jobs.started), label).toBeLessThanOrEqual(1);
      expect(await cleanUps(id), label).toMatchObject([{ state: 'DONE', pending: 0 }]);
      expect(await told(id), label).toHaveLength(1);
      return first.fate.passed();
    }

    it('goes on nowhere, and the deployment ends', async () => {
      const points = await live(null);

      expect(points).toBeGreaterThan(8);
      for (let at = 0; at < points; at += everyNth(server)) await live({ at, kind: 'crash' });
    }, 240_000);
  });
});
