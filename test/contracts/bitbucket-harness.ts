import type { SourceArchive } from '../../src/integrations/capabilities/source-archive.ts';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import type { WebhookRegistrar } from '../../src/integrations/capabilities/webhook-registrar.ts';
import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { BitbucketConnection } from '../../src/integrations/providers/bitbucket/identity.ts';
import { bitbucketSourceArchive } from '../../src/integrations/providers/bitbucket/source-archive.ts';
import { bitbucketSourceControl } from '../../src/integrations/providers/bitbucket/source-control.ts';
import { bitbucketEvents, bitbucketWebhook } from '../../src/integrations/providers/bitbucket/webhook.ts';
import { bitbucketWebhookRegistrar } from '../../src/integrations/providers/bitbucket/webhook-registrar.ts';
import { Secret } from '../../src/platform/secret.ts';
import { type BitbucketFake, bitbucketWrites, createBitbucketFake, type FakeRepository, signedHeaders } from '../fakes/bitbucket/index.ts';
import { seedOrphan } from '../fakes/git/diff.ts';
import { type AdapterHarness, type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { SourceArchiveHarness, SourceArchiveWorld } from './source-archive.contract.ts';
import type { SourceControlHarness, SourceControlWorld } from './source-control.contract.ts';
import type { WebhookRegistrarHarness, WebhookRegistrarWorld } from './webhook-registrar.contract.ts';
import type { WebhookHarness } from './webhook-source.contract.ts';

export const BITBUCKET_TOKEN = 'ATATT3xFfGF0123456789abcdefghijABCDEFGHIJ';
export const BITBUCKET_EMAIL = 'bot@example.com';

export function bitbucketConnection(
  baseUrl: string,
  credentials: BitbucketConnection['credentials'] = { kind: 'api-token', email: BITBUCKET_EMAIL, apiToken: new Secret(BITBUCKET_TOKEN) },
): BitbucketConnection {
  return { id: 'c-1', baseUrl, credentials, settings: { workspace: 'acme', repo: 'app' } };
}

export interface BitbucketSetup {
  fake: BitbucketFake;
  repository: FakeRepository;
  observed: ProviderCall[];
  deps(options?: ConnectOptions): AdapterDeps;
  connection: BitbucketConnection;
}

/** A fake Bitbucket with one empty repository and a connection to it. */
export async function bitbucketSetup(): Promise<BitbucketSetup> {
  const fake = await createBitbucketFake();
  fake.world.addCredential({ kind: 'api-token', user: BITBUCKET_EMAIL, secret: BITBUCKET_TOKEN });
  const repository = fake.world.addRepository({ workspace: 'acme', repo: 'app' });
  const observed: ProviderCall[] = [];
  return {
    fake,
    repository,
    observed,
    connection: bitbucketConnection(fake.baseUrl),
    deps: (options) => guardedDeps('bitbucket', observed, options),
  };
}

type Factory<Subject> = (connection: BitbucketConnection, deps: AdapterDeps) => Subject;

function harnessOf<Subject, World>(setup: BitbucketSetup, factory: Factory<Subject>, world: World): AdapterHarness<Subject, World> {
  const { fake, observed } = setup;
  return {
    connect: (options) => factory(setup.connection, setup.deps(options)),
    world: { ...world, calls: fake.calls, failNext: fake.failNext, clearFaults: fake.clearFaults },
    secret: BITBUCKET_TOKEN,
    observed,
    close: fake.close,
  };
}

const ends = { MERGED: 'merged', DECLINED: 'closed', SUPERSEDED: 'closed', OPEN: 'open' } as const;

export async function bitbucketSourceArchiveHarness(): Promise<SourceArchiveHarness> {
  const setup = await bitbucketSetup();
  return harnessOf<SourceArchive, SourceArchiveWorld>(setup, bitbucketSourceArchive, {
    seedCommit: (files) => setup.repository.pushCommit({ message: 'Files', files }),
    endpoints: { ask: { method: 'GET', path: /\/get\// }, deliver: { method: 'GET', path: /\/get\// } },
  });
}

export async function bitbucketSourceControlHarness(): Promise<SourceControlHarness> {
  const setup = await bitbucketSetup();
  const { repository, fake } = setup;
  return harnessOf<SourceControl, SourceControlWorld>(setup, bitbucketSourceControl, {
    defaultBranch: repository.defaultBranch,
    seedCommits: (branch, count) =>
      Array.from({ length: count }, (_each, index) => repository.pushCommit({ branch, message: `Commit ${index} on ${branch}` })),
    seedLightweightTag: (name, at) => repository.tag(name, at, null),
    seedPullRequests(pulls) {
      for (const { end, title, head, base } of pulls) {
        const pull = repository.addPull({ title, source: head, destination: base });
        if (end === 'merged') repository.mergePull(pull);
        if (end === 'closed') repository.end(pull, 'DECLINED');
      }
    },
    branches: () => Object.fromEntries(repository.git.branches),
    tags: () => Object.fromEntries([...repository.git.tags].map(([name, sha]) => [name, repository.git.peel(sha) ?? ''])),
    seedChange: (branch, files, message) => repository.pushCommit({ branch, files, message }),
    seedUnrelated: (branch) => seedOrphan(repository.git, branch),
    file: (branch, path) => repository.git.resolve(branch)?.files.get(path) ?? null,
    protect: (branch) => protect(repository, branch),
    seedRepositories(count) {
      for (let index = 0; index < count; index += 1) fake.world.addRepository({ workspace: 'acme', repo: `other-${index}` });
    },
    self: {
      fullName: 'acme/app',
      settings: { workspace: 'acme', repo: 'app', defaultBranch: 'main' },
      defaultBranch: 'main',
      isPrivate: true,
      url: 'https://bitbucket.org/acme/app',
    },
    pullRequests: () =>
      repository.pulls.map(({ id, source, destination, state }) => ({ number: id, head: source, base: destination, state: ends[state] })),
    endpoints: {
      findBranch: { method: 'GET', path: /\/refs\/branches\// },
      createBranch: bitbucketWrites.branch,
      deleteBranch: bitbucketWrites.deleteBranch,
      createTag: bitbucketWrites.tag,
      deleteTag: bitbucketWrites.deleteTag,
      createPullRequest: bitbucketWrites.pullRequest,
      mergePullRequest: bitbucketWrites.merge,
      cherryPick: bitbucketWrites.commit,
    },
  });
}

/** Nobody may push, two approvals, one passing build, and the rule that makes these more than advice. */
export function protect(repository: FakeRepository, pattern: string): void {
  repository.addRestriction({ kind: 'push', pattern });
  repository.addRestriction({ kind: 'force', pattern });
  repository.addRestriction({ kind: 'delete', pattern });
  repository.addRestriction({ kind: 'require_approvals_to_merge', pattern, value: 2 });
  repository.addRestriction({ kind: 'require_passing_builds_to_merge', pattern, value: 1 });
  repository.addRestriction({ kind: 'enforce_merge_checks', pattern });
}

export async function bitbucketRegistrarHarness(): Promise<WebhookRegistrarHarness> {
  const setup = await bitbucketSetup();
  const { repository } = setup;
  return harnessOf<WebhookRegistrar, WebhookRegistrarWorld>(setup, bitbucketWebhookRegistrar, {
    hooks: () => repository.hooks.map(({ uuid, url, secret, active, events }) => ({ id: uuid, url, secret, active, events })),
    seedHook: (hook) => void repository.addHook(hook),
    events: [...bitbucketEvents],
    otherEvents: ['repo:fork', 'issue:created'],
    endpoints: { createHook: bitbucketWrites.hook },
  });
}

export async function bitbucketWebhookHarness(): Promise<WebhookHarness> {
  const secret = 'whsec-bitbucket';
  const change = (side: 'new' | 'old' | 'both', type: string, name: string) => ({
    new: side === 'old' ? null : { type, name },
    old: side === 'new' ? null : { type, name },
  });
  const push = (...changes: unknown[]) => ({ event: 'repo:push', payload: { push: { changes } } });
  const pull = (event: string) => ({
    event,
    payload: { pullrequest: { id: 7, source: { branch: { name: 'fix' } }, destination: { branch: { name: 'main' } } } },
  });
  const status = (event: string, refname: string | null) => ({
    event,
    payload: { commit_status: { key: 'build-1', state: 'FAILED', refname } },
  });
  return {
    subject: bitbucketWebhook,
    secret,
    deliver({ event, payload }, deliveryId) {
      const body = JSON.stringify(payload);
      return { headers: signedHeaders(secret, event, deliveryId, body), rawBody: Buffer.from(body) };
    },
    hints: [
      { name: 'a push', sample: push(change('both', 'branch', 'release/1.2')), keys: ['branch:release/1.2'] },
      {
        name: 'a push to two branches',
        sample: push(change('new', 'branch', 'release/1'), change('old', 'branch', 'fix')),
        keys: ['branch:release/1', 'branch:fix'],
      },
      { name: 'a tag pushed', sample: push(change('new', 'tag', 'v1')), keys: [] },
      { name: 'a pull request opened', sample: pull('pullrequest:created'), keys: ['branch:main'] },
      { name: 'a pull request changed', sample: pull('pullrequest:updated'), keys: ['branch:main'] },
      { name: 'a pull request merged', sample: pull('pullrequest:fulfilled'), keys: ['branch:main'] },
      { name: 'a pull request declined', sample: pull('pullrequest:rejected'), keys: ['branch:main'] },
      { name: 'a build reported', sample: status('repo:commit_status_created', 'release/1'), keys: ['branch:release/1'] },
      { name: 'a build ends', sample: status('repo:commit_status_updated', 'release/1'), keys: ['branch:release/1'] },
      { name: 'a build of no branch', sample: status('repo:commit_status_updated', null), keys: [] },
    ],
    ignored: { event: 'repo:fork', payload: { fork: { full_name: 'other/app' } } },
    close: async () => undefined,
  };
}
