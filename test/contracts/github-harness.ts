import { generateKeyPairSync } from 'node:crypto';
import type { Ci } from '../../src/integrations/capabilities/ci.ts';
import type { ReleaseObjects } from '../../src/integrations/capabilities/release-objects.ts';
import type { SourceArchive } from '../../src/integrations/capabilities/source-archive.ts';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import type { WebhookRegistrar } from '../../src/integrations/capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import { githubCi } from '../../src/integrations/providers/github/ci.ts';
import type { GithubConnection } from '../../src/integrations/providers/github/identity.ts';
import { githubReleaseObjects } from '../../src/integrations/providers/github/release-objects.ts';
import { githubSourceArchive } from '../../src/integrations/providers/github/source-archive.ts';
import { githubSourceControl } from '../../src/integrations/providers/github/source-control.ts';
import { githubWebhook, webhookEvents } from '../../src/integrations/providers/github/webhook.ts';
import { githubWebhookRegistrar } from '../../src/integrations/providers/github/webhook-registrar.ts';
import { Secret } from '../../src/platform/secret.ts';
import { seedOrphan } from '../fakes/git/diff.ts';
import {
  ARTIFACT_PATH,
  createGithubFake,
  type FakeInstallation,
  type FakeRepository,
  type GithubFake,
  githubWrites,
  signedHeaders,
} from '../fakes/github/index.ts';
import { type AdapterHarness, type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { CiHarness, CiWorld } from './ci.contract.ts';
import type { ReleaseObjectsHarness, ReleaseObjectsWorld } from './release-objects.contract.ts';
import type { SourceArchiveHarness, SourceArchiveWorld } from './source-archive.contract.ts';
import type { SourceControlHarness, SourceControlWorld } from './source-control.contract.ts';
import type { WebhookRegistrarHarness, WebhookRegistrarWorld } from './webhook-registrar.contract.ts';
import type { WebhookHarness } from './webhook-source.contract.ts';

export const GITHUB_TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ0123456';

export function githubConnection(baseUrl: string, token = GITHUB_TOKEN): GithubConnection {
  return { id: 'c-1', baseUrl, credentials: { token: new Secret(token) }, settings: { owner: 'acme', repo: 'app' } };
}

export interface GithubSetup {
  fake: GithubFake;
  repository: FakeRepository;
  observed: ProviderCall[];
  deps(options?: ConnectOptions): AdapterDeps;
  connection: GithubConnection;
}

/** A fake GitHub with one empty repository and a connection to it. */
export async function githubSetup(): Promise<GithubSetup> {
  const fake = await createGithubFake();
  const repository = fake.world.addRepository({ owner: 'acme', repo: 'app', tokens: [GITHUB_TOKEN] });
  const observed: ProviderCall[] = [];
  return {
    fake,
    repository,
    observed,
    connection: githubConnection(fake.origin),
    deps: (options) => guardedDeps('github', observed, options),
  };
}

/** One key pair is enough, and takes time to make. */
const appKeys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
export const APP_KEY = appKeys.privateKey;
export const appPermissions = {
  metadata: 'read',
  contents: 'write',
  pull_requests: 'write',
  actions: 'write',
  repository_hooks: 'write',
  administration: 'read',
};

export interface AppSetup extends GithubSetup {
  installation: FakeInstallation;
}

/** The same, signed in as the installation of an app. */
export async function githubAppSetup(options: { withId?: boolean } = {}): Promise<AppSetup> {
  const setup = await githubSetup();
  const installation = setup.fake.world.installApp({
    appId: 4242,
    publicKey: appKeys.publicKey,
    repositories: [setup.repository],
    permissions: { ...appPermissions },
  });
  const installationId = options.withId ? { installationId: String(installation.id) } : {};
  const credentials = { kind: 'app' as const, appId: '4242', privateKey: new Secret(APP_KEY), ...installationId };
  return { ...setup, installation, connection: { ...setup.connection, credentials } };
}

type Factory<Subject> = (connection: GithubConnection, deps: AdapterDeps) => Subject;

function harnessOf<Subject, World>(setup: GithubSetup, factory: Factory<Subject>, world: World): AdapterHarness<Subject, World> {
  const { fake, observed } = setup;
  return {
    connect: (options) => factory(setup.connection, setup.deps(options)),
    world: { ...world, calls: fake.calls, failNext: fake.failNext, clearFaults: fake.clearFaults },
    secret: GITHUB_TOKEN,
    observed,
    close: fake.close,
  };
}

const tagsOf = ({ git }: FakeRepository) => Object.fromEntries([...git.tags].map(([name, sha]) => [name, git.peel(sha) ?? '']));

export async function githubSourceArchiveHarness(): Promise<SourceArchiveHarness> {
  const setup = await githubSetup();
  return harnessOf<SourceArchive, SourceArchiveWorld>(setup, githubSourceArchive, {
    seedCommit: (files) => setup.repository.pushCommit({ message: 'Files', files }),
    endpoints: { ask: { method: 'GET', path: /\/tarball\// }, deliver: { method: 'GET', path: new RegExp(ARTIFACT_PATH) } },
  });
}

export async function githubSourceControlHarness(): Promise<SourceControlHarness> {
  const setup = await githubSetup();
  const { repository, fake } = setup;
  return harnessOf<SourceControl, SourceControlWorld>(setup, githubSourceControl, {
    defaultBranch: repository.defaultBranch,
    seedCommits: (branch, count) =>
      Array.from({ length: count }, (_each, index) => repository.pushCommit({ branch, message: `Commit ${index} on ${branch}` })),
    seedChange: (branch, files, message) => repository.pushCommit({ branch, files, message }),
    seedUnrelated: (branch) => seedOrphan(repository.git, branch),
    seedLightweightTag: (name, at) => repository.tag(name, at, { annotated: false }),
    seedPullRequests(pulls) {
      for (const { end, ...pull } of pulls) {
        const { number } = repository.addPull(pull);
        if (end === 'merged') repository.mergePull(number);
        if (end === 'closed') repository.closePull(number);
      }
    },
    seedRepositories(count) {
      for (let index = 0; index < count; index += 1) {
        fake.world.addRepository({ owner: 'acme', repo: `app-${index}`, tokens: [GITHUB_TOKEN] });
      }
    },
    protect: (branch) => repository.protect(branch, { enforcesAdmins: true }),
    branches: () => Object.fromEntries(repository.git.branches),
    tags: () => tagsOf(repository),
    file: (branch, path) => repository.git.resolve(branch)?.files.get(path) ?? null,
    pullRequests: () =>
      repository.pulls.map(({ number, head, base, state, mergedAt }) => ({
        number,
        head,
        base,
        state: mergedAt === null ? state : 'merged',
      })),
    self: {
      fullName: 'acme/app',
      settings: { owner: 'acme', repo: 'app' },
      defaultBranch: 'main',
      isPrivate: true,
      url: 'https://github.com/acme/app',
    },
    endpoints: {
      findBranch: { method: 'GET', path: /\/git\/ref\// },
      createBranch: githubWrites.branch,
      deleteBranch: githubWrites.deleteRef,
      createTag: githubWrites.tag,
      deleteTag: githubWrites.deleteRef,
      createPullRequest: githubWrites.pull,
      mergePullRequest: githubWrites.merge,
      cherryPick: githubWrites.moveRef,
    },
  });
}

export async function githubReleaseObjectsHarness(): Promise<ReleaseObjectsHarness> {
  const setup = await githubSetup();
  const { repository } = setup;
  return harnessOf<ReleaseObjects, ReleaseObjectsWorld>(setup, githubReleaseObjects, {
    seedTag(name) {
      const at = repository.pushCommit({ message: `For ${name}` });
      repository.tag(name, at);
      return at;
    },
    tags: () => tagsOf(repository),
    releaseObjects: () => repository.releases.map(({ tagName: tag, name, body, prerelease }) => ({ tag, name, body, prerelease })),
    endpoints: { createReleaseObject: githubWrites.release },
  });
}

export async function githubWebhookRegistrarHarness(): Promise<WebhookRegistrarHarness> {
  const setup = await githubSetup();
  const { repository } = setup;
  return harnessOf<WebhookRegistrar, WebhookRegistrarWorld>(setup, githubWebhookRegistrar, {
    hooks: () => repository.hooks.map(({ id, url, secret, active, events }) => ({ id: String(id), url, secret, active, events })),
    seedHook: (hook) => void repository.addHook(hook),
    events: [...webhookEvents],
    otherEvents: ['issues', 'watch'],
    endpoints: { createHook: githubWrites.hook },
  });
}

const correlatedFile = `name: Build
run-name: Build \${{ inputs.version }} \${{ inputs.signalbox_correlation_id }}
on:
  workflow_dispatch:
    inputs:
      version: { description: Version to build, required: true }
      track: { type: choice, options: [internal, beta], default: internal }
      symbols: { type: boolean, default: false }
      retries: { type: number, default: 1.10 }
      stage: { type: environment }
      colour: { type: rainbow }
      signalbox_correlation_id: { required: false, type: string }
`;
const plainFile = 'name: Plain\non:\n  workflow_dispatch:\n    inputs:\n      version:\n';
const input = { description: null, required: false, default: null, options: [] };
const progress = { running: ['in_progress', null], succeeded: ['completed', 'success'], failed: ['completed', 'failure'] } as const;

export async function githubCiHarness(): Promise<CiHarness> {
  const setup = await githubSetup();
  const { repository, fake } = setup;
  const correlated = repository.addWorkflow({ name: 'Build', path: '.github/workflows/build.yml', content: correlatedFile });
  const plain = repository.addWorkflow({ name: 'Plain', path: '.github/workflows/plain.yml', content: plainFile });
  const { world } = fake;
  return harnessOf<Ci, CiWorld>(setup, githubCi, {
    correlated: String(correlated.id),
    plain: String(plain.id),
    ref: repository.defaultBranch,
    declared: [
      { ...input, name: 'version', type: 'string', description: 'Version to build', required: true },
      { ...input, name: 'track', type: 'choice', default: 'internal', options: ['internal', 'beta'] },
      { ...input, name: 'symbols', type: 'boolean', default: 'false' },
      { ...input, name: 'retries', type: 'number', default: '1.10' },
      { ...input, name: 'stage', type: 'environment' },
      { ...input, name: 'colour', type: 'unknown' },
    ],
    seedWorkflows(count) {
      for (let index = 0; index < count; index += 1) {
        repository.addWorkflow({ name: `Extra ${index}`, path: `.github/workflows/extra-${index}.yml`, content: plainFile });
      }
    },
    startByHand: (workflowId, ref) => String(world.dispatch('acme', 'app', workflowId, ref, { version: '9' }).id),
    runs: (workflowId) => repository.runs.filter((run) => String(run.workflow.id) === workflowId).map((run) => String(run.id)),
    advance(handle, to) {
      const [status, conclusion] = to === 'cancelled' ? ['completed', 'cancelled'] : progress[to];
      world.advance(Number(handle), status ?? '', conclusion);
    },
    attempts: (handle) => world.run(Number(handle)).attempt,
    seedArtifacts(handle, count, content) {
      for (let index = 0; index < count; index += 1) world.addArtifact(Number(handle), `app-${index}.aab`, undefined, content);
    },
    expireArtifacts(handle) {
      for (const artifact of world.run(Number(handle)).artifacts) artifact.expired = true;
    },
    hideNewRuns() {
      world.runsVisibleAfterMs = 3_600_000;
    },
    showRuns() {
      for (const run of repository.runs) run.visibleAt = 0;
    },
    endpoints: {
      run: { method: 'GET', path: /\/actions\/runs\/\d+$/ },
      dispatch: githubWrites.dispatch,
      cancel: githubWrites.cancel,
      rerun: githubWrites.rerun,
      download: { method: 'GET', path: new RegExp(`^${ARTIFACT_PATH}`) },
    },
  });
}

export async function githubWebhookHarness(): Promise<WebhookHarness> {
  const secret = 'whsec-github';
  const run = { id: 30_433_642, conclusion: 'success' };
  return {
    subject: githubWebhook,
    secret,
    deliver({ event, payload }, deliveryId) {
      const body = JSON.stringify(payload);
      return { headers: signedHeaders(secret, event, deliveryId, body), rawBody: Buffer.from(body) };
    },
    hints: [
      {
        name: 'a run ends',
        sample: { event: 'workflow_run', payload: { action: 'completed', workflow_run: run } },
        keys: ['ci-run:30433642'],
      },
      {
        name: 'a job ends',
        sample: { event: 'workflow_job', payload: { action: 'completed', workflow_job: { run_id: run.id, name: 'build' } } },
        keys: ['ci-run:30433642'],
      },
      { name: 'a push', sample: { event: 'push', payload: { ref: 'refs/heads/release/1.2' } }, keys: ['branch:release/1.2'] },
      { name: 'a tag pushed', sample: { event: 'push', payload: { ref: 'refs/tags/v1' } }, keys: [] },
      { name: 'a branch', sample: { event: 'create', payload: { ref: 'release/1', ref_type: 'branch' } }, keys: ['branch:release/1'] },
      { name: 'a branch gone', sample: { event: 'delete', payload: { ref: 'release/1', ref_type: 'branch' } }, keys: ['branch:release/1'] },
      { name: 'a tag', sample: { event: 'create', payload: { ref: 'v1', ref_type: 'tag' } }, keys: [] },
      {
        name: 'a pull request',
        sample: { event: 'pull_request', payload: { action: 'closed', number: 7, pull_request: { base: { ref: 'main' } } } },
        keys: ['branch:main'],
      },
      { name: 'a release', sample: { event: 'release', payload: { action: 'published', release: { tag_name: 'v1' } } }, keys: [] },
      { name: 'the first call', sample: { event: 'ping', payload: { zen: 'Keep it logically awesome.' } }, keys: [] },
    ],
    ignored: { event: 'watch', payload: { action: 'started' } },
    close: async () => undefined,
  };
}
