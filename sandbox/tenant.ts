import type { CheckmateFake } from '../test/fakes/checkmate/index.ts';
import type { FakeRepository, GithubFake } from '../test/fakes/github/index.ts';
import type { JiraFake } from '../test/fakes/jira/index.ts';
import type { FakeWorkspace, SlackFake } from '../test/fakes/slack/index.ts';
import { type SeedClock, seedRepository } from './seed/repository.ts';
import { seedTests, seedTracker, seedWorkspace, testLabels, testPlatforms } from './seed/tools.ts';

export interface Fakes {
  github: GithubFake;
  jira: JiraFake;
  checkmate: CheckmateFake;
  slack: SlackFake;
}

/** What a person would type into the forms of the connections. */
export interface TenantAccess {
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

export function seedTenant(fakes: Fakes, clock: SeedClock, names: TenantNames): SandboxTenant {
  const { name, owner, repo, project } = names;
  const token = (kind: string) => `${kind}-sandbox-${owner}`;
  const github = { origin: fakes.github.origin, token: token('ghp'), owner, repo };
  const jira = { origin: fakes.jira.origin, email: `release-bot@${owner}.example`, token: token('atatt'), project };
  const repository = seedRepository(fakes.github.world, clock, github);
  seedTracker(fakes.jira.world, { ...jira, name: `${name} shop` });
  const projectId = seedTests(fakes.checkmate.world, { token: token('cm'), name });
  const { workspace, channels } = seedWorkspace(fakes.slack, { token: token('xoxb'), name });
  return {
    ...{ name, repository, workspace, github, jira, seeded: new Set<string>() },
    checkmate: { origin: fakes.checkmate.origin, token: token('cm'), projectId, labels: testLabels, platforms: testPlatforms },
    slack: { origin: fakes.slack.origin, baseUrl: fakes.slack.baseUrl, token: token('xoxb'), channels },
  };
}

export function accessOf({ github, jira, checkmate, slack }: SandboxTenant): TenantAccess {
  return { github, jira, checkmate, slack };
}
