import { createGithubFake, type FakeRun, type GithubFake, githubWrites } from '../fakes/github/index.ts';
import { createJenkinsFake, type FakeJob, type JenkinsFake } from '../fakes/jenkins/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type Looking, lookAt } from './looking.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';
import { addBuild, buildTask, connect, failTask, type NewBuild, startedRelease } from './repository-world.ts';

type BuildOfTest = Partial<NewBuild> & { status: string };

/** A build of a release in regression, and the task that waits for it. */
export interface MadeBuild {
  releaseId: string;
  taskId: string;
  buildId: string;
  /** Below the releases of the tenant. */
  path: string;
  /** Another build of the task. */
  add(build: BuildOfTest): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer
  task(): Promise<any>;
}

/** Releases whose builds run at GitHub Actions or at Jenkins. */
export interface BuildsWorld {
  api: ApiHarness;
  world: ReleaseWorld;
  github: GithubFake;
  jenkins: JenkinsFake;
  job: FakeJob;
  /** Of the connections. */
  ids: { scm: string; github: string; jenkins: string };
  /** A run at GitHub that ended, or runs when no conclusion is named. */
  runAtGithub(conclusion?: string): FakeRun;
  withBuild(build: BuildOfTest): Promise<MadeBuild>;
  /** The task gave up for it, and that paused the release. */
  withFailedBuild(): Promise<MadeBuild & { run: FakeRun }>;
  /** A worker that looks at the task this very moment. */
  looking(taskId: string): Promise<Looking>;
  /** No fault is left, and every connection works. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export const TOKEN = 'ghp_a-very-secret-token-of-the-builds-test';
const JENKINS_TOKEN = '11a7c0ffee5eed1234567890abcdef1234';

/** What GitHub is asked for. */
export const actionPaths = { cancel: githubWrites.cancel.path, rerun: githubWrites.rerun.path };

export async function openBuilds(): Promise<BuildsWorld> {
  const fakes = [createGithubFake(), createJenkinsFake({ tokens: { bot: JENKINS_TOKEN } })] as const;
  const [api, github, jenkins] = await Promise.all([startApi(), ...fakes]);
  const repository = github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKEN] });
  repository.addWorkflow({ path: '.github/workflows/build.yml', content: 'name: Build\non: workflow_dispatch\njobs: {}\n', name: 'Build' });
  const job = jenkins.world.addJob('mobile/app', { parameters: [{ name: 'BRANCH', kind: 'String', default: '' }] });
  const world = await releaseWorld(api);
  const onGithub = { provider: 'github', baseUrl: github.origin, credentials: { token: TOKEN }, settings: { owner: 'acme', repo: 'app' } };
  const ids = {
    scm: await connect(api, world, 'scm', onGithub),
    github: await connect(api, world, 'ci-cd', onGithub),
    jenkins: await connect(api, world, 'ci-cd', {
      ...{ provider: 'jenkins', baseUrl: jenkins.origin, credentials: { user: 'bot', apiToken: JENKINS_TOKEN } },
      settings: { folder: 'mobile', refParameter: 'BRANCH' },
    }),
  };

  function runAtGithub(conclusion?: string): FakeRun {
    const run = github.world.dispatch('acme', 'app', 'Build', 'main');
    github.world.advance(run.id, conclusion === undefined ? 'in_progress' : 'completed', conclusion ?? null);
    return run;
  }

  async function withBuild(build: BuildOfTest): Promise<MadeBuild> {
    const { id: releaseId } = await startedRelease(world, ids.scm);
    const taskId = await buildTask(api, world, releaseId);
    const add = (input: BuildOfTest) => addBuild(api, world, releaseId, taskId, { integrationId: ids.github, handle: null, ...input });
    const buildId = await add(build);
    const task = async () => (await world.call('GET', `/${releaseId}/tasks/${taskId}`)).body;
    return { releaseId, taskId, buildId, path: `/${releaseId}/builds/${buildId}`, add, task };
  }

  return {
    ...{ api, world, github, jenkins, job, ids, runAtGithub, withBuild },
    looking: (taskId) => lookAt(api, taskId),
    async withFailedBuild() {
      const run = runAtGithub('failure');
      const made = await withBuild({ status: 'FAILED', handle: String(run.id) });
      await failTask(api, made.taskId);
      return { ...made, run };
    },
    async mend() {
      github.clearFaults();
      await api.db.run("UPDATE tenant_ci_cd_integrations SET verification_status = 'VALID', verification_error = NULL");
    },
    close: async () => void (await Promise.all([api.close(), github.close(), jenkins.close()])),
  };
}
