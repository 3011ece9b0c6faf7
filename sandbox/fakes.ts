import { type AscFake, createAscFake } from '../test/fakes/app-store-connect/index.ts';
import { type AsanaFake, createAsanaFake } from '../test/fakes/asana/index.ts';
import { type BitbucketFake, createBitbucketFake } from '../test/fakes/bitbucket/index.ts';
import { type CheckmateFake, createCheckmateFake } from '../test/fakes/checkmate/index.ts';
import { type ClickupFake, createClickupFake } from '../test/fakes/clickup/index.ts';
import { createGithubFake, type GithubFake } from '../test/fakes/github/index.ts';
import { createGitlabFake, type GitlabFake } from '../test/fakes/gitlab/index.ts';
import { createGooglePlayFake, type GooglePlayFake } from '../test/fakes/google-play/index.ts';
import { createJenkinsFake, type JenkinsFake } from '../test/fakes/jenkins/index.ts';
import { createJiraFake, type JiraFake } from '../test/fakes/jira/index.ts';
import { createLinearFake, type LinearFake } from '../test/fakes/linear/index.ts';
import { createMondayFake, type MondayFake } from '../test/fakes/monday/index.ts';
import { createSlackFake, type SlackFake } from '../test/fakes/slack/index.ts';
import type { SeedClock } from './seed/repository.ts';

/** The servers of the sandbox. Those that nobody has chosen are null, but for the ones everybody starts with. */
export interface Fakes {
  /** Where the developers push to, whatever the team's source control is: the others mirror its history. */
  github: GithubFake;
  gitlab: GitlabFake | null;
  bitbucket: BitbucketFake | null;
  jenkins: JenkinsFake | null;
  /** The tracker of every team that has not chosen another. */
  jira: JiraFake;
  linear: LinearFake | null;
  asana: AsanaFake | null;
  monday: MondayFake | null;
  clickup: ClickupFake | null;
  checkmate: CheckmateFake;
  /** Only where the teams release to stores. */
  appStoreConnect: AscFake | null;
  googlePlay: GooglePlayFake | null;
  slack: SlackFake;
}

/** They serve for hours: what is kept of their calls is little. */
const MAX_CALLS = 200;

interface Opening {
  ports: Partial<Record<keyof Fakes, number>>;
  /** Ids of those that somebody has chosen. */
  wanted: ReadonlySet<string>;
  clock: SeedClock;
  /** Takes note of each server, so that it is closed when a later one does not open. */
  opening<T extends { close(): Promise<void> }>(start: Promise<T>): Promise<T>;
}

export async function openFakes({ ports, wanted, clock, opening }: Opening): Promise<Fakes> {
  const { now } = clock;
  const where = <T extends { close(): Promise<void> }>(name: keyof Fakes, start: (port: number) => Promise<T>): Promise<T | null> =>
    wanted.has(name) ? opening(start(ports[name] ?? 0)) : Promise.resolve(null);
  return {
    github: await opening(createGithubFake({ port: ports.github ?? 0, now, maxCalls: MAX_CALLS })),
    gitlab: await where('gitlab', (port) => createGitlabFake({ port, now, maxCalls: MAX_CALLS })),
    bitbucket: await where('bitbucket', (port) => createBitbucketFake({ port, now, maxCalls: MAX_CALLS })),
    jenkins: await where('jenkins', (port) => createJenkinsFake({ port, tokens: {} })),
    jira: await opening(createJiraFake({ port: ports.jira ?? 0 })),
    linear: await where('linear', (port) => createLinearFake({ port })),
    asana: await where('asana', (port) => createAsanaFake({ port })),
    monday: await where('monday', (port) => createMondayFake({ port })),
    clickup: await where('clickup', (port) => createClickupFake({ port })),
    appStoreConnect: await where('appStoreConnect', (port) => createAscFake({ port })),
    googlePlay: await where('googlePlay', (port) => createGooglePlayFake({ port })),
    checkmate: await opening(createCheckmateFake({ port: ports.checkmate ?? 0 })),
    slack: await opening(createSlackFake({ port: ports.slack ?? 0 })),
  };
}

/** A server that somebody's choice needs. */
export function chosen<T>(host: T | null): T {
  if (host === null) throw new Error('the sandbox was started without this provider');
  return host;
}
