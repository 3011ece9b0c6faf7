import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type Ask, asker, dataOf, maybe, PAGE_SIZE, REPO, unlessExisting } from './ask.ts';
import { githubAuth } from './auth.ts';
import { actionsCalls } from './client-actions.ts';
import { gitCalls } from './client-git.ts';
import { pullCalls } from './client-pulls.ts';
import type { GithubConnection } from './identity.ts';
import * as schema from './schema.ts';

export type GithubClient = ReturnType<typeof githubClient>;

/** Every URL of GitHub that we call, bound to one repository. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function githubClient(connection: GithubConnection, deps: AdapterDeps) {
  const ask = asker(connection, deps, githubAuth(connection, deps));
  return {
    ...accountCalls(ask),
    ...gitCalls(ask),
    ...branchCalls(ask),
    ...pullCalls(ask),
    ...releaseCalls(ask),
    ...actionsCalls(ask),
    ...hookCalls(ask),
  };
}

function accountCalls(ask: Ask) {
  return {
    user: () => ask('read the account', 'GET /user', {}, schema.userSchema),
    repository: () => ask('read the repository', `GET ${REPO}`, {}, schema.repositorySchema),
    repositoriesOfUser: (page: number) =>
      ask('list repositories', 'GET /user/repos', { sort: 'full_name', per_page: PAGE_SIZE, page }, schema.repositoriesSchema),
    repositoriesOfInstallation: (page: number) =>
      ask('list repositories', 'GET /installation/repositories', { per_page: PAGE_SIZE, page }, schema.installationRepositoriesSchema),
  };
}

function branchCalls(ask: Ask) {
  const branch = `${REPO}/branches/{branch}`;
  return {
    branches: (page: number) => ask('list branches', `GET ${REPO}/branches`, { per_page: PAGE_SIZE, page }, schema.branchesSchema),
    branch: (name: string) => maybe(ask(`read branch ${name}`, `GET ${branch}`, { branch: name }, schema.branchSchema)),
    /** Only for who may read the administration of the repository. */
    protection: (name: string) =>
      dataOf(ask(`read the protection of ${name}`, `GET ${branch}/protection`, { branch: name }, schema.protectionSchema)),
    rules: (name: string, page: number) =>
      ask(
        `read the rules of ${name}`,
        `GET ${REPO}/rules/branches/{branch}`,
        { branch: name, per_page: PAGE_SIZE, page },
        schema.rulesSchema,
      ),
    ruleset: (id: number) =>
      maybe(ask(`read ruleset ${id}`, `GET ${REPO}/rulesets/{ruleset_id}`, { ruleset_id: id }, schema.rulesetSchema)),
  };
}

function releaseCalls(ask: Ask) {
  const { releaseSchema } = schema;
  return {
    releaseByTag: (tag: string) => maybe(ask(`read the release of ${tag}`, `GET ${REPO}/releases/tags/{tag}`, { tag }, releaseSchema)),
    createRelease: (release: { tag_name: string; target_commitish: string; name: string; body: string; prerelease: boolean }) =>
      // `legacy`: a hotfix of an older line must not become "latest" by being newer in time.
      unlessExisting(
        ask(`create the release of ${release.tag_name}`, `POST ${REPO}/releases`, { ...release, make_latest: 'legacy' }, releaseSchema),
      ),
    updateRelease: (id: number, release: { name: string; body: string; prerelease: boolean }) =>
      dataOf(ask('update the release', `PATCH ${REPO}/releases/{release_id}`, { release_id: id, ...release }, releaseSchema)),
  };
}

interface HookBody {
  active: boolean;
  events: readonly string[];
  config: { url: string; content_type: 'json'; secret: string; insecure_ssl: '0' };
}

function hookCalls(ask: Ask) {
  const hook = `${REPO}/hooks/{hook_id}`;
  return {
    hooks: (page: number) => ask('list webhooks', `GET ${REPO}/hooks`, { per_page: PAGE_SIZE, page }, schema.hooksSchema),
    createHook: (body: HookBody) =>
      unlessExisting(ask('create the webhook', `POST ${REPO}/hooks`, { name: 'web', ...body }, schema.hookSchema)),
    updateHook: (id: string, body: HookBody) =>
      dataOf(ask(`update webhook ${id}`, `PATCH ${hook}`, { hook_id: id, ...body }, schema.hookSchema)),
    deleteHook: (id: string) => maybe(ask(`delete webhook ${id}`, `DELETE ${hook}`, { hook_id: id }, schema.nothingSchema)),
  };
}
