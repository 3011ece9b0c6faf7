import { createHmac, randomUUID } from 'node:crypto';
import type { GitModel } from '../../test/fakes/git/git-model.ts';
import type { FakeBuild, FakeQueueItem, JenkinsFake } from '../../test/fakes/jenkins/index.ts';
import type { Robot, RobotTimes } from '../robots/robot.ts';
import { artifactOf, workflowsByPurpose } from '../seed/workflow-files.ts';
import type { Webhooks, WebhookTarget } from '../webhooks.ts';
import { type CiHost, correlationIdOf, type RunEffect } from './host.ts';

/** A team's folder of a Jenkins that everybody shares. */
export interface JenkinsParts {
  fake: JenkinsFake;
  folder: string;
  user: string;
  token: string;
  git: GitModel;
  webhooks: Webhooks;
}

const PARAMETERS = ['BRANCH', 'version', 'rc_tag', 'release_tag', 'SIGNALBOX_CORRELATION_ID'];
/** Jenkins forgets what left its queue after minutes; here it takes a moment, so that it happens. */
const FORGETS_AFTER_MS = 1_000;

export interface JenkinsHost extends CiHost {
  /** The executors: take what is queued, build it, and tell. */
  robot(times: Exclude<RobotTimes['ci'], false>): Robot;
  /** The next builds end as FAILURE and leave nothing. */
  failRuns(times: number): void;
}

export function addJenkinsFolder(parts: JenkinsParts): JenkinsHost {
  const { fake, folder, user, token } = parts;
  const { world } = fake;
  fake.security.tokens[user] = token;
  world.addFolder(folder);
  const jobs = [...new Set(workflowsByPurpose.map(({ file }) => file))].map((file) =>
    world.addJob(`${folder}/${file}`, { parameters: PARAMETERS.map((name) => ({ name, kind: 'String' as const, default: '' })) }),
  );
  const builds = () => jobs.flatMap((job) => job.builds);
  let targets: readonly WebhookTarget[] = [];
  let failuresLeft = 0;
  const tell = (build: FakeBuild, phase: string) => {
    for (const target of targets) notify(parts, target, build, phase);
  };
  const takeUp = (item: FakeQueueItem, now: number, afterMs: number) => {
    if (item.state === 'waiting' && now - item.inQueueSince >= afterMs) tell(begin(parts, world.start(item)), 'STARTED');
    if (item.build && now - item.build.timestamp >= FORGETS_AFTER_MS) item.forgotten = true;
  };
  const end = (build: FakeBuild) => {
    const fails = failuresLeft > 0;
    if (fails) failuresLeft -= 1;
    else leave(build);
    world.finish(build, fails ? 'FAILURE' : 'SUCCESS');
    tell(build, 'FINALIZED');
  };
  return {
    access: {
      ...{ origin: fake.origin, provider: 'jenkins', displayName: 'Sandbox Jenkins', baseUrl: fake.origin },
      credentials: { user, apiToken: token },
      settings: { folder, refParameter: 'BRANCH' },
    },
    workflows: workflowsByPurpose.map(({ file, ...purpose }) => ({
      ...{ ...purpose, workflowId: `${folder}/${file}`, displayName: file, inputs: {} },
    })),
    runs: () => builds().map(runEffect),
    artifact: (runId, name) => {
      const build = builds().find((each) => idOf(each) === runId);
      return build?.artifacts.find(({ relativePath }) => fileNameOf(relativePath) === name)?.content ?? null;
    },
    point: (wanted) => {
      targets = wanted;
    },
    failRuns: (times) => {
      failuresLeft += times;
    },
    robot: (times) => ({
      look(now) {
        for (const item of world.queue.filter(({ job }) => jobs.includes(job))) takeUp(item, now, times.startAfterMs);
        for (const build of builds()) if (build.building && now - build.timestamp >= times.completeAfterMs) end(build);
      },
    }),
  };
}

function begin({ git, folder }: JenkinsParts, build: FakeBuild): FakeBuild {
  const ref = parameterOf(build, 'BRANCH');
  const commit = git.resolve(ref);
  if (commit) build.checkouts.push({ commit: commit.sha, branch: ref, remote: `https://git.example.com/${folder}/shop.git` });
  return build;
}

function leave(build: FakeBuild): void {
  const name = artifactOf(fileOf(build), parameterOf(build, 'version') || String(build.number));
  if (name !== null)
    build.artifacts.push({ relativePath: `outputs/${name}`, content: Buffer.from(`${build.job.path}#${build.number}/${name}`) });
}

/** As a step in the pipeline's `post` section would send it, signed. */
function notify({ fake, webhooks }: JenkinsParts, target: WebhookTarget, build: FakeBuild, phase: string): void {
  const page = `${fake.state.rootUrl}/${build.job.path
    .split('/')
    .map((name) => `job/${encodeURIComponent(name)}/`)
    .join('')}`;
  const payload = {
    name: build.job.path,
    url: page,
    build: { number: build.number, queue_id: build.item.id, phase, status: build.result, full_url: `${page}${build.number}/` },
  };
  const signature = createHmac('sha256', target.secret).update(JSON.stringify(payload)).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-signalbox-signature': `sha256=${signature}` };
  webhooks.send(target.url, { provider: 'jenkins', event: phase, deliveryId: randomUUID() }, headers, payload);
}

function runEffect(build: FakeBuild): RunEffect {
  return {
    id: idOf(build),
    workflow: fileOf(build),
    ref: parameterOf(build, 'BRANCH'),
    commit: build.checkouts[0]?.commit ?? '',
    correlationId: correlationIdOf(Object.fromEntries(build.item.values.map(({ name, value }) => [name, String(value)]))),
    status: build.building ? 'building' : 'completed',
    conclusion: build.result,
    attempt: 1,
    artifacts: build.artifacts.map(({ relativePath }) => fileNameOf(relativePath)),
  };
}

const idOf = (build: FakeBuild) => `${build.job.path}#${build.number}`;
const fileNameOf = (path: string) => path.split('/').at(-1) ?? path;
const fileOf = (build: FakeBuild) => build.job.path.split('/').at(-1) ?? '';
const parameterOf = (build: FakeBuild, name: string) => String(build.item.values.find((each) => each.name === name)?.value ?? '');
