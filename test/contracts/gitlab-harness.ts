import type { ReleaseObjects } from '../../src/integrations/capabilities/release-objects.ts';
import type { SourceArchive } from '../../src/integrations/capabilities/source-archive.ts';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import type { WebhookRegistrar } from '../../src/integrations/capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { GitlabConnection } from '../../src/integrations/providers/gitlab/identity.ts';
import { gitlabReleaseObjects } from '../../src/integrations/providers/gitlab/release-objects.ts';
import { gitlabSourceArchive } from '../../src/integrations/providers/gitlab/source-archive.ts';
import { gitlabSourceControl } from '../../src/integrations/providers/gitlab/source-control.ts';
import { gitlabWebhookRegistrar } from '../../src/integrations/providers/gitlab/webhook-registrar.ts';
import { Secret } from '../../src/platform/secret.ts';
import { seedOrphan } from '../fakes/git/diff.ts';
import { createGitlabFake, type FakeProject, type GitlabFake, gitlabWrites, MAINTAINER } from '../fakes/gitlab/index.ts';
import { type AdapterHarness, type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { ReleaseObjectsHarness, ReleaseObjectsWorld } from './release-objects.contract.ts';
import type { SourceArchiveHarness, SourceArchiveWorld } from './source-archive.contract.ts';
import type { SourceControlHarness, SourceControlWorld } from './source-control.contract.ts';
import type { WebhookRegistrarHarness, WebhookRegistrarWorld } from './webhook-registrar.contract.ts';

export const GITLAB_TOKEN = 'glpat-0123456789abcdefABCD';
export const GITLAB_PROJECT = 'acme/mobile/app';
export const GITLAB_BOT = 'signalbox-bot';

export function gitlabConnection(baseUrl: string, token = GITLAB_TOKEN, project = GITLAB_PROJECT): GitlabConnection {
  return { id: 'c-1', baseUrl, credentials: { token: new Secret(token) }, settings: { project } };
}

export interface GitlabSetup {
  fake: GitlabFake;
  project: FakeProject;
  observed: ProviderCall[];
  deps(options?: ConnectOptions): AdapterDeps;
  connection: GitlabConnection;
}

/** A fake GitLab under a path of its own with one project, and a connection to it as a Maintainer. */
export async function gitlabSetup(): Promise<GitlabSetup> {
  const fake = await createGitlabFake({ root: '/gitlab' });
  fake.world.addToken({ value: GITLAB_TOKEN, username: GITLAB_BOT });
  const project = fake.world.addProject({ path: GITLAB_PROJECT, members: { [GITLAB_BOT]: MAINTAINER } });
  const observed: ProviderCall[] = [];
  return {
    fake,
    project,
    observed,
    connection: gitlabConnection(fake.baseUrl),
    deps: (options) => guardedDeps('gitlab', observed, options),
  };
}

type Factory<Subject> = (connection: GitlabConnection, deps: AdapterDeps) => Subject;

export function harnessOf<Subject, World>(setup: GitlabSetup, factory: Factory<Subject>, world: World): AdapterHarness<Subject, World> {
  const { fake, observed } = setup;
  return {
    connect: (options) => factory(setup.connection, setup.deps(options)),
    world: { ...world, calls: fake.calls, failNext: fake.failNext, clearFaults: fake.clearFaults },
    secret: GITLAB_TOKEN,
    observed,
    close: fake.close,
  };
}

const tagsOf = ({ git }: FakeProject) => Object.fromEntries([...git.tags].map(([name, sha]) => [name, git.peel(sha) ?? '']));

export async function gitlabSourceArchiveHarness(): Promise<SourceArchiveHarness> {
  const setup = await gitlabSetup();
  return harnessOf<SourceArchive, SourceArchiveWorld>(setup, gitlabSourceArchive, {
    seedCommit: (files) => setup.project.pushCommit({ message: 'Files', files }),
    endpoints: { ask: { method: 'GET', path: /\/repository\/archive$/ }, deliver: { method: 'GET', path: /\/repository\/archive$/ } },
  });
}

export async function gitlabSourceControlHarness(): Promise<SourceControlHarness> {
  const setup = await gitlabSetup();
  const { project, fake } = setup;
  return harnessOf<SourceControl, SourceControlWorld>(setup, gitlabSourceControl, {
    defaultBranch: project.defaultBranch,
    seedCommits: (branch, count) =>
      Array.from({ length: count }, (_each, index) => project.pushCommit({ branch, message: `Commit ${index} on ${branch}` })),
    seedLightweightTag: (name, at) => project.tag(name, at, null),
    seedPullRequests(pulls) {
      for (const { end, head, base, ...pull } of pulls) {
        const { iid } = project.openMergeRequest({ ...pull, source: head, target: base });
        if (end === 'merged') project.merge(iid);
        if (end === 'closed') project.close(iid);
      }
    },
    branches: () => Object.fromEntries(project.git.branches),
    tags: () => tagsOf(project),
    seedChange: (branch, files, message) => project.pushCommit({ branch, files, message }),
    seedUnrelated: (branch) => seedOrphan(project.git, branch),
    file: (branch, path) => project.git.resolve(branch)?.files.get(path) ?? null,
    protect(branch) {
      project.protect(branch, { push: 60 });
      project.addApprovalRule(2, [branch]);
      project.addStatusCheck('build', [branch]);
    },
    seedRepositories(count) {
      for (let index = 0; index < count; index += 1) fake.world.addProject({ path: `acme/extra-${index}`, members: { [GITLAB_BOT]: 30 } });
    },
    self: {
      fullName: GITLAB_PROJECT,
      settings: { project: GITLAB_PROJECT },
      defaultBranch: 'main',
      isPrivate: true,
      url: `https://gitlab.com/${GITLAB_PROJECT}`,
    },
    pullRequests: () =>
      project.mergeRequests.map(({ iid, source, target, state }) => ({
        number: iid,
        head: source,
        base: target,
        state: state === 'merged' || state === 'closed' ? state : ('open' as const),
      })),
    endpoints: {
      findBranch: { method: 'GET', path: /\/repository\/branches\// },
      createBranch: gitlabWrites.branch,
      deleteBranch: gitlabWrites.deleteBranch,
      createTag: gitlabWrites.tag,
      deleteTag: gitlabWrites.deleteTag,
      createPullRequest: gitlabWrites.mergeRequest,
      mergePullRequest: gitlabWrites.merge,
      cherryPick: gitlabWrites.cherryPick,
    },
  });
}

export async function gitlabReleaseObjectsHarness(): Promise<ReleaseObjectsHarness> {
  const setup = await gitlabSetup();
  const { project } = setup;
  return harnessOf<ReleaseObjects, ReleaseObjectsWorld>(setup, gitlabReleaseObjects, {
    seedTag(name) {
      const commit = project.pushCommit({ message: `Release ${name}` });
      project.tag(name, commit, `Release ${name}`);
      return commit;
    },
    tags: () => tagsOf(project),
    releaseObjects: () => project.releases.map(({ tag, name, description }) => ({ tag, name, body: description, prerelease: false })),
    endpoints: { createReleaseObject: gitlabWrites.release },
  });
}

export async function gitlabWebhookRegistrarHarness(): Promise<WebhookRegistrarHarness> {
  const setup = await gitlabSetup();
  const { project } = setup;
  return harnessOf<WebhookRegistrar, WebhookRegistrarWorld>(setup, gitlabWebhookRegistrar, {
    hooks: () =>
      project.hooks.map(({ id, url, token, events, alertStatus }) => ({
        id: String(id),
        url,
        secret: token,
        active: alertStatus === 'executable',
        events: [...events].sort(),
      })),
    seedHook: ({ url, secret, active, events }) =>
      void project.addHook({ url, token: secret, events, alertStatus: active ? 'executable' : 'disabled' }),
    events: ['job_events', 'merge_requests_events', 'pipeline_events', 'push_events', 'releases_events', 'tag_push_events'],
    otherEvents: ['issues_events', 'wiki_page_events'],
    endpoints: { createHook: gitlabWrites.hook },
  });
}
