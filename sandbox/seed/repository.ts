import type { FakeRepository, GithubWorld } from '../../test/fakes/github/index.ts';
import { history, laterWork, type Step } from './history.ts';
import { gitlabConfiguration, workflowFiles } from './workflow-files.ts';

/** A clock that can be turned back while the past is written; it shows the true time otherwise. */
export interface SeedClock {
  now: () => Date;
  /** Runs `write` in the past: the first `tick` is `days` ago, the last one close to now. */
  inThePast<T>(days: number, ticks: number, write: (tick: () => void) => T): T;
}

const DAY_MS = 86_400_000;

export function createSeedClock(): SeedClock {
  let at: number | null = null;
  return {
    now: () => (at === null ? new Date() : new Date(at)),
    inThePast(days, ticks, write) {
      const step = (days * DAY_MS) / (ticks + 1);
      const from = Date.now() - days * DAY_MS;
      let done = 0;
      at = from;
      try {
        return write(() => {
          done += 1;
          at = from + Math.min(done, ticks) * step;
        });
      } finally {
        at = null;
      }
    },
  };
}

const PAST_DAYS = 24;

export function seedRepository(
  world: GithubWorld,
  clock: SeedClock,
  input: { owner: string; repo: string; token: string },
): FakeRepository {
  return clock.inThePast(PAST_DAYS, history.length + workflowFiles.length, (tick) => {
    const repository = world.addRepository({ owner: input.owner, repo: input.repo, tokens: [input.token] });
    for (const file of workflowFiles) {
      repository.addWorkflow(file);
      tick();
    }
    // The repository may be mirrored to a GitLab, whose pipelines read this.
    repository.pushCommit({ message: 'Add .gitlab-ci.yml', files: { '.gitlab-ci.yml': gitlabConfiguration } });
    for (const step of history) {
      take(repository, step);
      tick();
    }
    return repository;
  });
}

/** A released version this repository does not know yet: its tag, and the work that followed. Knows it already: nothing happens. */
export function addReleasedVersion(repository: FakeRepository, clock: SeedClock, tag: string): boolean {
  if (repository.git.tags.has(tag)) return false;
  clock.inThePast(1, laterWork.length + 1, (tick) => {
    for (const step of [{ kind: 'tag', name: tag } as const, ...laterWork]) {
      take(repository, step);
      tick();
    }
  });
  return true;
}

function take(repository: FakeRepository, step: Step): void {
  const { git, defaultBranch } = repository;
  const head = git.branches.get(defaultBranch) ?? '';
  switch (step.kind) {
    case 'commit':
      repository.pushCommit({ message: step.message, author: step.by, files: touched(step.touches, step.message) });
      return;
    case 'pull': {
      repository.pushCommit({ branch: step.head, message: step.title, author: step.by, files: touched(step.touches, step.title) });
      const { number } = repository.addPull({ title: step.title, head: step.head, labels: step.labels, login: step.by.login ?? 'ghost' });
      repository.mergePull(number);
      git.branches.delete(step.head);
      return;
    }
    case 'revert': {
      const reverted = [...git.commits.values()].findLast(({ message }) => message === step.subject);
      if (reverted === undefined) throw new Error(`nothing to revert: ${step.subject}`);
      repository.pushCommit({ message: `Revert "${step.subject}"\n\nThis reverts commit ${reverted.sha}.`, author: step.by });
      return;
    }
    case 'tag':
      repository.tag(step.name, head, { annotated: true, message: `Release ${step.name}` });
      return;
    default:
      step satisfies never;
  }
}

const touched = (path: string, message: string) => ({ [path]: `${message}\n` });
