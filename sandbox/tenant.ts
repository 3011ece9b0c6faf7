import type { BitbucketFake } from '../test/fakes/bitbucket/index.ts';
import type { CheckmateFake } from '../test/fakes/checkmate/index.ts';
import type { FakeRepository, GithubFake } from '../test/fakes/github/index.ts';
import type { GitlabFake } from '../test/fakes/gitlab/index.ts';
import type { JenkinsFake } from '../test/fakes/jenkins/index.ts';
import type { JiraFake } from '../test/fakes/jira/index.ts';
import type { FakeWorkspace, SlackFake } from '../test/fakes/slack/index.ts';
import { addBitbucketRepository } from './hosts/bitbucket.ts';
import { githubActions, githubCode } from './hosts/github.ts';
import { addGitlabProject, gitlabCi, gitlabCode } from './hosts/gitlab.ts';
import type { CiChoice, CiHost, CodeHost, ConnectionAccess, ScmChoice, WorkflowChoice } from './hosts/host.ts';
import { addJenkinsFolder, type JenkinsHost } from './hosts/jenkins.ts';
import { type SeedClock, seedRepository } from './seed/repository.ts';
import { seedTests, seedTracker, seedWorkspace, testLabels, testPlatforms } from './seed/tools.ts';
import type { Webhooks } from './webhooks.ts';

export interface Fakes {
  /** Where the developers push to, whatever the team's source control is: the others mirror its history. */
  github: GithubFake;
  /** Those of source control and CI that were chosen. */
  gitlab: GitlabFake | null;
  bitbucket: BitbucketFake | null;
  jenkins: JenkinsFake | null;
  jira: JiraFake;
  checkmate: CheckmateFake;
  slack: SlackFake;
}

/** What a person would type into the forms of the connections. */
export interface TenantAccess {
  scm: ConnectionAccess;
  ci: ConnectionAccess & { workflows: readonly WorkflowChoice[] };
  github: { origin: string; token: string; owner: string; repo: string };
  jira: { origin: string; email: string; token: string; project: string };
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

/** One team of the sandbox: its own repository, tokens, Jira project, Checkmate project and Slack workspace on the shared servers. */
export interface SandboxTenant extends TenantAccess {
  name: string;
  code: CodeHost;
  builds: CiHost;
  /** The team's folder, where it builds with Jenkins. */
  jenkins: JenkinsHost | null;
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
  project: string;
}

export interface TenantChoice {
  scm: ScmChoice;
  ci: CiChoice;
}

export function seedTenant(fakes: Fakes, clock: SeedClock, webhooks: Webhooks, names: TenantNames, choice: TenantChoice): SandboxTenant {
  const { name, owner, repo, project } = names;
  const token = (kind: string) => `${kind}-sandbox-${owner}`;
  const github = { origin: fakes.github.origin, token: token('ghp'), owner, repo };
  const jira = { origin: fakes.jira.origin, email: `release-bot@${owner}.example`, token: token('atatt'), project };
  const repository = seedRepository(fakes.github.world, clock, github);
  seedTracker(fakes.jira.world, { ...jira, name: `${name} shop` });
  const projectId = seedTests(fakes.checkmate.world, { token: token('cm'), name });
  const { workspace, channels } = seedWorkspace(fakes.slack, { token: token('xoxb'), name });
  const hosts = hostsOf(fakes, webhooks, { repository, token, owner, repo }, choice);
  return {
    ...{ name, repository, workspace, github, jira, seeded: new Set<string>(), ...hosts },
    ...{ scm: hosts.code.access, ci: { ...hosts.builds.access, workflows: hosts.builds.workflows } },
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

function chosen<T>(host: T | null): T {
  if (host === null) throw new Error('the sandbox was started without this provider');
  return host;
}

export function accessOf({ scm, ci, github, jira, checkmate, slack }: SandboxTenant): TenantAccess {
  return { scm, ci, github, jira, checkmate, slack };
}
