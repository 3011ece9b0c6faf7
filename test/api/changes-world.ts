import { createGithubFake, type FakeRepository, type GithubFake } from '../fakes/github/index.ts';
import { createGitlabFake, type FakeProject, MAINTAINER } from '../fakes/gitlab/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';
import { connect, type StartedRelease, startedRelease } from './repository-world.ts';

/** Releases whose branches stand in a repository at GitHub and in one at GitLab. */
export interface ChangesWorld {
  api: ApiHarness;
  world: ReleaseWorld;
  github: GithubFake;
  repository: FakeRepository;
  project: FakeProject;
  /** Of the connections. */
  ids: { github: string; gitlab: string };
  headOf(branch: string): string;
  /** Somebody pushes a commit, with a file of its own where none is named. @returns its id */
  push(branch: string, message: string, files?: Record<string, string>): string;
  /** A release whose branch stands on what `main` is now. */
  forked(): Promise<StartedRelease & { fork: string }>;
  /** No fault is left, and every connection works. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export const TOKEN = 'ghp_a-very-secret-token-of-the-changes-test';
const GITLAB_TOKEN = 'glpat-0123456789abcdefABCD';

let files = 0;
/** A file that no other commit changes. */
export function newFile(): Record<string, string> {
  files += 1;
  return { [`src/file-${files}.ts`]: `export const n = ${files};\n` };
}

/** First lines of messages, in the answer's order. */
export const subjects = (body: { items: { message: string }[] }) => body.items.map(({ message }) => message.split('\n', 1)[0]);

export async function openChanges(): Promise<ChangesWorld> {
  const [api, github, gitlab] = await Promise.all([startApi(), createGithubFake(), createGitlabFake({ root: '/gitlab' })]);
  const repository = github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKEN] });
  gitlab.world.addToken({ value: GITLAB_TOKEN, username: 'bot' });
  const project = gitlab.world.addProject({ path: 'acme/app', members: { bot: MAINTAINER } });
  const world = await releaseWorld(api);
  const ids = {
    github: await connect(api, world, 'scm', {
      ...{ provider: 'github', baseUrl: github.origin, credentials: { token: TOKEN }, settings: { owner: 'acme', repo: 'app' } },
    }),
    gitlab: await connect(api, world, 'scm', {
      ...{ provider: 'gitlab', baseUrl: gitlab.baseUrl, credentials: { token: GITLAB_TOKEN }, settings: { project: 'acme/app' } },
    }),
  };
  const headOf = (branch: string) => repository.git.branches.get(branch) ?? '';
  return {
    ...{ api, world, github, repository, project, ids, headOf },
    push: (branch, message, changed = newFile()) => repository.pushCommit({ branch, message, files: changed }),
    async forked() {
      const release = await startedRelease(world, ids.github);
      const fork = headOf('main');
      repository.git.branches.set(release.branch, fork);
      await api.db.run('UPDATE releases SET fork_commit = ? WHERE id = ?', [fork, release.id]);
      return { ...release, fork };
    },
    async mend() {
      github.clearFaults();
      await api.db.run("UPDATE tenant_scm_integrations SET verification_status = 'VALID', verification_error = NULL");
    },
    close: async () => void (await Promise.all([api.close(), github.close(), gitlab.close()])),
  };
}
