import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RecipeStep, ServiceRecipe } from '../../src/domain/deployment/plan.ts';
import type { Job, JobRunner, JobState } from '../../src/integrations/capabilities/job-runner.ts';
import type { SourceArchive } from '../../src/integrations/capabilities/source-archive.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { archiveOf } from '../contracts/deploy-program.ts';
import { testDatabases } from '../support/databases.ts';
import { Ci } from './ci.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

const COMMIT = 'c'.repeat(40);
const passing = '<testsuite><testcase name="adds"/></testsuite>';
const failing = '<testsuite><testcase name="adds"/><testcase name="sells"><failure message="sold out"/></testcase></testsuite>';

const bytesOf = async (body: ReadableStream<Uint8Array>) => Buffer.from(await new Response(body).arrayBuffer());
let refusal: ProviderError | null = null;
/** Gives the name of a commit for its files. */
const sources: SourceArchive = {
  async openArchive(commit) {
    if (refusal !== null) throw refusal;
    return { body: new Blob([commit]).stream(), sizeBytes: null };
  },
};

/** Jobs that end at once, leaving what the test says. */
class MemoryJobs implements JobRunner {
  readonly started: Job[] = [];
  /** What each began with. */
  readonly begun: { into: string; strip: number; bytes: Buffer }[][] = [];
  readonly removed: string[] = [];
  state_: JobState = { kind: 'ended', exitCode: 0 };
  files: Record<string, string | Buffer> = {};

  async ensure(job: Job) {
    if (this.started.some(({ key }) => key === job.key)) return this.state_;
    this.started.push(job);
    const begun = job.files.map(async ({ into, strip, open }) => ({ into, strip, bytes: await bytesOf((await open()).body) }));
    this.begun.push(await Promise.all(begun));
    return this.state_;
  }
  state = async () => this.state_;
  log = async () => 'the last words';
  stop = async () => undefined;
  remove = async (key: string) => void this.removed.push(key);
  openFile = async (_key: string, path: string) => {
    const content = this.files[path];
    if (content === undefined) return null;
    const bytes = new Uint8Array(Buffer.from(content));
    return { body: new Blob([bytes]).stream(), sizeBytes: bytes.length };
  };
}

const buildJob: RecipeStep = { by: 'job', integrationId: 'jobs', command: ['make'], artifactPath: 'out.tar.gz', timeoutMs: 60_000 };
const testJob = {
  by: 'job',
  integrationId: 'jobs',
  command: ['make', 'test'],
  artifactPath: null,
  timeoutMs: 60_000,
  junitPath: 'report.xml',
} as const;
const buildRun: RecipeStep = { by: 'ci', integrationId: 'CI', workflowId: '7', inputs: {}, artifactName: null };

describe.each(testDatabases().slice(0, 1))('builds and tests on $name', (server) => {
  let world: DeploymentWorld;
  let tenant: DeploymentTenant;
  let environmentId: string;
  let service: string;
  let jobs: MemoryJobs;

  beforeAll(async () => {
    world = await openDeploymentWorld(server);
    world.drivers.provides = { jobRunner: () => jobs, sourceArchive: () => sources, schemaMigrator: () => ({ applied: async () => [] }) };
  });
  beforeEach(async () => {
    refusal = null;
    jobs = new MemoryJobs();
    jobs.files = { 'out.tar.gz': archiveOf({ 'server.js': 'serve()', 'migrations/001.sql': '-- signalbox: expand\nDO 1;' }).bytes };
    world.builds.ci = new Ci();
    tenant = await world.tenant();
    environmentId = await tenant.environment('staging');
    service = await tenant.service('shop', [environmentId]);
  });
  afterAll(() => world?.close());

  const recipe = (body: ServiceRecipe) =>
    world.db.run('UPDATE services SET recipe = ?, source = ? WHERE id = ?', [
      ...[JSON.stringify(body), JSON.stringify({ integrationId: 'scm', paths: ['**'] })],
      service,
    ]);
  async function deploy(commit = COMMIT) {
    const { id } = await createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, commit });
    await world.drive(id);
    return id;
  }
  const task = async (id: string, key: string) => (await world.tasks(id)).find((found) => found.key === key);

  it('make an artifact by a job, with its migrations, and deploy it', async () => {
    await recipe({ build: buildJob, tests: {} });

    const id = await deploy();

    expect(await world.row(id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(await world.installed(environmentId)).toEqual({ shop: COMMIT.slice(0, 12) });
    expect(jobs.started.map(({ variables }) => variables.get('COMMIT'))).toEqual([COMMIT]);
    expect(jobs.removed).toEqual(jobs.started.map(({ key }) => key));
    const [row] = await world.db.rows<{ migrations: unknown }>('SELECT migrations FROM artifacts WHERE service_id = ?', [service]);
    expect(JSON.stringify(row?.migrations)).toContain('001.sql');
  });

  it('give a job the files of its commit; one without source control begins with the artifact it tests', async () => {
    await recipe({ build: buildJob, tests: { smoke: testJob } });
    jobs.files['report.xml'] = passing;
    const id = await deploy();
    expect(jobs.begun[0]).toEqual([{ into: '.', strip: 1, bytes: Buffer.from(COMMIT) }]);

    await world.db.run('UPDATE services SET source = NULL WHERE id = ?', [service]);
    const artifactId = String((await task(id, 'BUILD_ARTIFACT/shop'))?.output?.artifactId);
    const wanted = { environmentId, appId: tenant.appId, artifacts: [{ serviceId: service, artifactId }] };
    const again = await createDeployment(world.deps, tenant.caller, wanted);
    await world.drive(again.id);

    expect(jobs.begun.at(-1)).toEqual([{ into: '.', strip: 0, bytes: jobs.files['out.tar.gz'] }]);
    expect(jobs.started.at(-1)?.variables.get('ARTIFACT_DIRECTORY')).toBe('.');
  });

  it('fail where the repository has no such commit', async () => {
    await recipe({ build: buildJob, tests: {} });
    refusal = new ProviderError('not-found', 'The repository has no such commit.', { provider: 'scm' });

    expect(await world.row(await deploy())).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('no such commit') });
  });

  it('make nothing twice of the same commit by the same recipe', async () => {
    await recipe({ build: buildJob, tests: {} });
    await deploy();
    const again = await deploy();
    expect((await task(again, 'BUILD_ARTIFACT/shop'))?.output).toMatchObject({ cached: true });
    expect(jobs.started).toHaveLength(1);

    await recipe({ build: { ...buildJob, command: ['make', 'faster'] }, tests: {} });
    await deploy();
    await deploy('d'.repeat(40));
    expect(jobs.started).toHaveLength(3);
    expect(world.builds.files.size).toBeGreaterThan(0);
  });

  it('judge migrations that nobody knew of when the deployment was planned', async () => {
    await recipe({ build: buildJob, tests: {} });
    await world.db.run(
      `UPDATE targets SET body = JSON_SET(body, '$.migrations', JSON_OBJECT('integrationId', 'database')) WHERE service_id = ?`,
      [service],
    );
    jobs.files = { 'out.tar.gz': archiveOf({ 'migrations/001.sql': '-- signalbox: irreversible\nDROP TABLE old;' }).bytes };

    const id = await deploy();

    expect(await world.row(id)).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('001.sql cannot be taken back') });
    expect((await task(id, 'DEPLOY_SERVICE/shop'))?.status ?? 'never planned').toBe('never planned');
  });

  it('end the deployment, with nothing changed, where a build fails or leaves nothing', async () => {
    await recipe({ build: buildJob, tests: {} });
    jobs.state_ = { kind: 'ended', exitCode: 2 };
    expect(await world.row(await deploy())).toMatchObject({
      outcome: 'FAILED',
      failure: expect.stringMatching(/exit code 2; it wrote: the last words/),
    });

    jobs.state_ = { kind: 'ended', exitCode: 0 };
    jobs.files = {};
    expect(await world.row(await deploy())).toMatchObject({
      outcome: 'FAILED',
      failure: expect.stringContaining('left no artifact at out.tar.gz'),
    });
    jobs.files = { 'out.tar.gz': 'no archive at all' };
    expect(await world.row(await deploy())).toMatchObject({ outcome: 'FAILED', failure: expect.stringContaining('no .tar.gz archive') });
    expect(await world.installed(environmentId)).toEqual({});
  });

  it('dispatch a workflow once, on a tag of the commit, and take its artifact when it is there', async () => {
    await recipe({ build: buildRun, tests: {} });
    const { ci } = world.builds;
    ci.artifact = () => new Blob([new Uint8Array(archiveOf({ 'server.js': 'ci' }).bytes)]).stream();
    ci.hasArtifact = false;
    const { id } = await createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, commit: COMMIT });
    await world.drive(id, async () => ci.dispatches > 0);
    for (const handle of ci.runs.keys()) ci.runs.set(handle, { kind: 'succeeded' });
    await world.drive(id);
    expect(await world.row(id)).toMatchObject({ outcome: null });

    ci.hasArtifact = true;
    await world.drive(id);

    expect(await world.row(id)).toMatchObject({ outcome: 'SUCCEEDED' });
    expect(ci.dispatches).toBe(1);
    expect(world.builds.tags).toEqual([`signalbox/${COMMIT} ${COMMIT}`]);
    expect(ci.parameters).toMatchObject({ COMMIT, SERVICE: 'shop' });
  });

  it('find the run whose answer was lost, and dispatch no second', async () => {
    await recipe({ build: buildRun, tests: {} });
    const { ci } = world.builds;
    ci.artifact = () => new Blob([new Uint8Array(archiveOf({ 'server.js': 'lost' }).bytes)]).stream();
    ci.trouble = Object.assign(new Error('broke off'), {});
    ci.dispatchesAllTheSame = true;
    const { id } = await createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, commit: COMMIT });
    await world.drive(id, async () => ci.dispatches > 0);
    ci.trouble = null;
    for (const handle of ci.runs.keys()) ci.runs.set(handle, { kind: 'succeeded' });
    await world.drive(id);

    expect([await world.row(id), ci.dispatches]).toMatchObject([{ outcome: 'SUCCEEDED' }, 1]);
  });

  it('test the artifact that is to be deployed, and show what the report counts', async () => {
    await recipe({ build: buildJob, tests: { smoke: testJob } });
    jobs.files['report.xml'] = passing;

    const id = await deploy();

    expect((await task(id, 'RUN_TESTS/shop'))?.output).toMatchObject({ suite: 'smoke', passed: 1, failed: 0, skipped: 0 });
    const tested = jobs.started.at(-1);
    expect(tested?.command).toEqual(['make', 'test']);
    expect(jobs.begun.at(-1)).toEqual([
      { into: '.', strip: 1, bytes: Buffer.from(COMMIT) },
      { into: '.signalbox/artifact', strip: 0, bytes: jobs.files['out.tar.gz'] },
    ]);
    expect(tested?.variables.get('ARTIFACT_DIRECTORY')).toBe('.signalbox/artifact');
    expect(tested?.variables.get('SUITE')).toBe('smoke');
  });

  it.each([
    ['fails', failing, 0, /1 of 2 failed: sells \(sold out\)/],
    ['is missing', undefined, 0, /there is none at report.xml/],
    ['is empty', '', 0, /it is empty/],
    ['is no report', 'all green', 0, /it is no XML/],
    ['is of a run that failed', passing, 1, /no test failed, but it ended with exit code 1/],
  ])('deploy nothing where the report %s', async (_what, report, exitCode, words) => {
    await recipe({ build: buildJob, tests: { smoke: testJob } });
    if (report !== undefined) jobs.files['report.xml'] = report;
    const ensure = jobs.ensure.bind(jobs);
    jobs.ensure = async (job) => {
      const state = await ensure(job);
      return job.command.includes('test') ? { kind: 'ended', exitCode } : state;
    };

    const id = await deploy();

    expect(await world.row(id)).toMatchObject({ outcome: 'FAILED', failure: expect.stringMatching(words) });
    expect(await world.installed(environmentId)).toEqual({});
  });

  it('name what failed beside the counts', async () => {
    await recipe({ build: buildJob, tests: { smoke: testJob } });
    jobs.files['report.xml'] = failing;

    const id = await deploy();

    expect(await task(id, 'RUN_TESTS/shop')).toMatchObject({
      status: 'FAILED',
      output: { suite: 'smoke', passed: 1, failed: 1, failing: [{ name: 'sells', message: 'sold out' }] },
    });
  });
});
