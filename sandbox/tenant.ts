import type { FakeRepository } from '../test/fakes/github/index.ts';
import type { FakeWorkspace } from '../test/fakes/slack/index.ts';
import { chosen, type Fakes } from './fakes.ts';
import { addBitbucketRepository } from './hosts/bitbucket.ts';
import { githubActions, githubCode } from './hosts/github.ts';
import { addGitlabProject, gitlabCi, gitlabCode } from './hosts/gitlab.ts';
import type { CiChoice, CiHost, CodeHost, ConnectionAccess, ScmChoice, WorkflowChoice } from './hosts/host.ts';
import { addJenkinsFolder, type JenkinsHost } from './hosts/jenkins.ts';
import { type SeedClock, seedRepository } from './seed/repository.ts';
import { seedTests, seedWorkspace, testLabels, testPlatforms } from './seed/tools.ts';
import { addAscApp } from './stores/app-store-connect.ts';
import { addPlayApp } from './stores/google-play.ts';
import type { StoreAccess, StoreHost, StoreTeam } from './stores/store.ts';
import { addTracker } from './trackers/add-tracker.ts';
import type { TrackerAccess, TrackerChoice, TrackerHost } from './trackers/tracker.ts';
import type { Webhooks } from './webhooks.ts';

/** What a person would type into the forms of the connections. */
export interface TenantAccess {
  scm: ConnectionAccess;
  ci: ConnectionAccess & { workflows: readonly WorkflowChoice[] };
  github: { origin: string; token: string; owner: string; repo: string };
  tracker: TrackerAccess;
  stores: readonly StoreAccess[];
  checkmate: {
    origin: string;
    token: string;
    projectId: number;
    labels: Record<keyof typeof testLabels, number>;
    platforms: Record<keyof typeof testPlatforms, number>;
  };
  /** `baseUrl` is what a connection names; `channels`: name → id. */
  slack: { origin: string; baseUrl: string; token: string; channels: Record<string, string> };
}

/** One team of the sandbox: its own repository, tokens, tracker project, Checkmate project and Slack workspace on the shared servers. */
export interface SandboxTenant extends Omit<TenantAccess, 'stores'> {
  name: string;
  code: CodeHost;
  builds: CiHost;
  /** The team's folder, where it builds with Jenkins. */
  jenkins: JenkinsHost | null;
  tickets: TrackerHost;
  /** None where the sandbox was started without stores. */
  stores: readonly StoreHost[];
  /** The developers' own. */
  repository: FakeRepository;
  workspace: FakeWorkspace;
  /** Marks of what was there from the beginning; see `effects`. */
  seeded: Set<string>;
}

export interface TenantNames {
  /** `Acme` */
  name: string;
  owner: string;
  repo: string;
  /** `SHOP`: begins the keys of tickets where the tracker lets a team choose. */
  key: string;
}

export interface TenantChoice {
  scm: ScmChoice;
  ci: CiChoice;
  tracker: TrackerChoice;
}

export function seedTenant(fakes: Fakes, clock: SeedClock, webhooks: Webhooks, names: TenantNames, choice: TenantChoice): SandboxTenant {
  const { name, owner, repo, key } = names;
  const token = (kind: string) => `${kind}-sandbox-${owner}`;
  const github = { origin: fakes.github.origin, token: token('ghp'), owner, repo };
  const repository = seedRepository(fakes.github.world, clock, github);
  const projectId = seedTests(fakes.checkmate.world, { token: token('cm'), name });
  const { workspace, channels } = seedWorkspace(fakes.slack, { token: token('xoxb'), name });
  const tickets = addTracker(fakes, choice.tracker, { name, owner, key, webhooks });
  const stores = storesOf(fakes, { name, owner, webhooks });
  const hosts = hostsOf(fakes, webhooks, { repository, token, owner, repo }, choice);
  return {
    ...{ name, repository, workspace, github, tickets, stores, seeded: new Set<string>(), ...hosts },
    ...{ scm: hosts.code.access, ci: { ...hosts.builds.access, workflows: hosts.builds.workflows }, tracker: tickets.access },
    checkmate: { origin: fakes.checkmate.origin, token: token('cm'), projectId, labels: testLabels, platforms: testPlatforms },
    slack: { origin: fakes.slack.origin, baseUrl: fakes.slack.baseUrl, token: token('xoxb'), channels },
  };
}

interface HostParts {
  repository: FakeRepository;
  token: (kind: string) => string;
  owner: string;
  repo: string;
}

/** The team's code and builds at the providers that were chosen. */
function hostsOf(fakes: Fakes, webhooks: Webhooks, parts: HostParts, { scm, ci }: TenantChoice) {
  const { repository, token, owner, repo } = parts;
  const { git } = repository;
  const github = { origin: fakes.github.origin, token: token('ghp'), repository };
  const gitlab =
    scm === 'gitlab' || ci === 'gitlab'
      ? addGitlabProject(chosen(fakes.gitlab), { owner, repo, git, token: `glpat-sandbox-${owner}` })
      : null;
  const jenkins =
    ci === 'jenkins'
      ? addJenkinsFolder({
          fake: chosen(fakes.jenkins),
          folder: owner,
          user: `${owner}-release-bot`,
          token: token('jenkins'),
          git,
          webhooks,
        })
      : null;
  const code = (): CodeHost => {
    switch (scm) {
      case 'github':
        return githubCode(github, webhooks);
      case 'gitlab':
        return gitlabCode(chosen(gitlab), webhooks);
      case 'bitbucket':
        return addBitbucketRepository({ fake: chosen(fakes.bitbucket), owner, repo, git, token: token('atctt'), webhooks });
      default:
        return scm satisfies never;
    }
  };
  return { code: code(), builds: jenkins ?? (ci === 'gitlab' ? gitlabCi(chosen(gitlab)) : githubActions(github)), jenkins };
}

function storesOf({ googlePlay, appStoreConnect }: Fakes, team: StoreTeam): StoreHost[] {
  return [
    ...(googlePlay === null ? [] : [addPlayApp(googlePlay, team)]),
    ...(appStoreConnect === null ? [] : [addAscApp(appStoreConnect, team)]),
  ];
}

export function accessOf({ scm, ci, tracker, stores, github, checkmate, slack }: SandboxTenant): TenantAccess {
  return { scm, ci, tracker, stores: stores.map(({ access }) => access), github, checkmate, slack };
}
