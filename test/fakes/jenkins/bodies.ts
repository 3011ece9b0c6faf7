import { type FakeBuild, type FakeItem, type FakeJob, type FakeQueueItem, nameOf, urlPath } from './item.ts';
import { definitionBody, valueBody } from './parameters.ts';
import type { JenkinsWorld } from './world.ts';

/** JSON as Jenkins writes it, with the address it believes to have. */

const classes = {
  folder: 'com.cloudbees.hudson.plugins.folder.Folder',
  multibranch: 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject',
};
const jobClass = (job: FakeJob) => (job.pipeline ? 'org.jenkinsci.plugins.workflow.job.WorkflowJob' : 'hudson.model.FreeStyleProject');
const buildClass = (job: FakeJob) => (job.pipeline ? 'org.jenkinsci.plugins.workflow.job.WorkflowRun' : 'hudson.model.FreeStyleBuild');

/** How many builds `builds` shows; `allBuilds` shows all. */
const NEW_BUILDS = 100;

export function rootBody(world: JenkinsWorld, rootUrl: string, useCrumbs: boolean): unknown {
  return {
    _class: 'hudson.model.Hudson',
    mode: 'NORMAL',
    nodeDescription: "the Jenkins controller's built-in node",
    nodeName: '',
    numExecutors: 2,
    jobs: world.children('').map((item) => summary(world, item, rootUrl)),
    quietingDown: false,
    slaveAgentPort: 50_000,
    url: `${rootUrl}/`,
    useCrumbs,
    useSecurity: true,
    views: [{ _class: 'hudson.model.AllView', name: 'all', url: `${rootUrl}/` }],
  };
}

function summary(world: JenkinsWorld, item: FakeItem, rootUrl: string): unknown {
  const named = { name: nameOf(item.path), displayName: decodeURIComponent(nameOf(item.path)), url: `${rootUrl}/${urlPath(item.path)}` };
  if (item.type !== 'job')
    return { _class: classes[item.type], ...named, jobs: world.children(item.path).map(({ path }) => ({ name: nameOf(path) })) };
  return { _class: jobClass(item), ...named, buildable: !item.disabled, disabled: item.disabled, color: colour(item) };
}

function colour(job: FakeJob): string {
  if (job.disabled) return 'disabled';
  const last = job.builds.at(-1);
  if (!last) return 'notbuilt';
  return `${last.result === 'SUCCESS' ? 'blue' : 'red'}${last.building ? '_anime' : ''}`;
}

export function itemBody(world: JenkinsWorld, item: FakeItem, rootUrl: string): unknown {
  const shared = { fullName: item.path, fullDisplayName: item.path.replaceAll('/', ' » '), description: '' };
  if (item.type !== 'job') {
    const jobs = world.children(item.path).map((child) => summary(world, child, rootUrl));
    return { ...(summary(world, item, rootUrl) as object), ...shared, jobs };
  }
  const builds = item.builds
    .filter((build) => !build.item.hidden)
    .map((build) => buildBody(build, rootUrl))
    .reverse();
  const parameters = { _class: 'hudson.model.ParametersDefinitionProperty', parameterDefinitions: item.parameters.map(definitionBody) };
  return {
    ...(summary(world, item, rootUrl) as object),
    ...shared,
    builds: builds.slice(0, NEW_BUILDS),
    allBuilds: builds,
    nextBuildNumber: item.nextNumber,
    inQueue: world.queue.some((queued) => queued.job === item && queued.state !== 'left' && queued.state !== 'cancelled'),
    keepDependencies: false,
    concurrentBuild: true,
    property: item.parameters.length === 0 ? [{}] : [{}, parameters],
  };
}

function actionsOf(item: FakeQueueItem): unknown[] {
  const causes = item.causes.map(({ cls, userId }) => ({
    _class: cls,
    shortDescription: `Started by ${userId}`,
    userId,
    userName: userId,
  }));
  const parameters = { _class: 'hudson.model.ParametersAction', parameters: item.values.map(valueBody) };
  return [...(item.job.parameters.length === 0 ? [] : [parameters]), { _class: 'hudson.model.CauseAction', causes }];
}

export function buildBody(build: FakeBuild, rootUrl: string): unknown {
  const { job, number, artifacts } = build;
  const checkouts = build.checkouts.map(({ commit, branch, remote }) => ({
    _class: 'hudson.plugins.git.util.BuildData',
    lastBuiltRevision: { SHA1: commit, branch: [{ SHA1: commit, name: branch }] },
    remoteUrls: [remote],
    scmName: '',
  }));
  return {
    _class: buildClass(job),
    // Actions of plugins that export nothing are empty objects.
    actions: [...actionsOf(build.item), {}, ...checkouts, {}],
    artifacts: artifacts.map(({ relativePath }) => ({ displayPath: relativePath, fileName: nameOf(relativePath), relativePath })),
    building: build.building,
    displayName: `#${number}`,
    duration: 0,
    fullDisplayName: `${job.path.replaceAll('/', ' » ')} #${number}`,
    id: String(number),
    keepLog: false,
    number,
    queueId: build.item.id,
    result: build.result,
    timestamp: build.timestamp,
    url: `${rootUrl}/${urlPath(job.path)}${number}/`,
  };
}

const queueClasses = {
  waiting: 'WaitingItem',
  blocked: 'BlockedItem',
  buildable: 'BuildableItem',
  left: 'LeftItem',
  cancelled: 'LeftItem',
};

export function queueItemBody(item: FakeQueueItem, rootUrl: string): unknown {
  const { id, job, state, stuck, build } = item;
  const isOver = state === 'left' || state === 'cancelled';
  const executable = build && { _class: buildClass(job), number: build.number, url: `${rootUrl}/${urlPath(job.path)}${build.number}/` };
  return {
    _class: `hudson.model.Queue$${queueClasses[state]}`,
    actions: actionsOf(item),
    blocked: state === 'blocked',
    buildable: state === 'buildable',
    id,
    inQueueSince: item.inQueueSince,
    params: item.values.map(({ name, value }) => `\n${name}=${value}`).join(''),
    stuck,
    task: { _class: jobClass(job), name: nameOf(job.path), url: `${rootUrl}/${urlPath(job.path)}`, color: colour(job) },
    url: `queue/item/${id}/`,
    why: item.why,
    ...(isOver ? { cancelled: state === 'cancelled', ...(executable ? { executable } : {}) } : {}),
  };
}
