import { type Author, GitModel } from './git-model.ts';
import type { FakeRun, FakeWorkflow } from './run.ts';

export interface FakeRelease {
  id: number;
  tagName: string;
  target: string;
  name: string;
  body: string;
  prerelease: boolean;
  createdAt: string;
}

export interface FakePull {
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  labels: string[];
  login: string;
  base: string;
  head: string;
  headSha: string;
  mergeCommit: string | null;
  mergedAt: string | null;
  createdAt: string;
}

export interface NewRepository {
  owner: string;
  repo: string;
  /** Tokens that see this repository. */
  tokens: string[];
  /** `main` when absent. */
  defaultBranch?: string;
  private?: boolean;
  /** Whether the tokens may write; true when absent. */
  push?: boolean;
  archived?: boolean;
}

export interface NewCommit {
  /** The default branch when absent; created from it when it does not exist. */
  branch?: string;
  message: string;
  author?: Partial<Author>;
  /** Path → content, laid over the parent's files. */
  files?: Record<string, string>;
}

/** One repository of the fake GitHub, with what a test or a demo does to it behind the API's back. */
export class FakeRepository {
  readonly owner: string;
  readonly repo: string;
  readonly tokens: ReadonlySet<string>;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
  push: boolean;
  archived: boolean;
  readonly id: number;
  readonly git = new GitModel();
  readonly releases: FakeRelease[] = [];
  readonly pulls: FakePull[] = [];
  readonly workflows: FakeWorkflow[] = [];
  readonly runs: FakeRun[] = [];
  readonly #nextId: () => number;
  readonly #now: () => Date;

  constructor(input: NewRepository, nextId: () => number, now: () => Date) {
    this.owner = input.owner;
    this.repo = input.repo;
    this.tokens = new Set(input.tokens);
    this.defaultBranch = input.defaultBranch ?? 'main';
    this.isPrivate = input.private ?? true;
    this.push = input.push ?? true;
    this.archived = input.archived ?? false;
    this.#nextId = nextId;
    this.#now = now;
    this.id = nextId();
    this.pushCommit({ message: 'Initial commit', files: { 'README.md': `# ${input.repo}\n` } });
  }

  get fullName(): string {
    return `${this.owner}/${this.repo}`;
  }

  /** @returns the new head of the branch */
  pushCommit({ branch = this.defaultBranch, message, author, files }: NewCommit): string {
    const parent = this.git.branches.get(branch) ?? this.git.branches.get(this.defaultBranch);
    const commit = this.git.commit({
      message,
      author: { name: 'Mona Lisa', email: 'mona@example.com', login: 'mona', ...author },
      date: this.#stamp(),
      parents: parent === undefined ? [] : [parent],
      ...(files ? { files } : {}),
    });
    this.git.branches.set(branch, commit.sha);
    return commit.sha;
  }

  tag(name: string, at: string, options: { annotated: boolean; message?: string } = { annotated: true }): void {
    const message = options.message ?? name;
    const target = options.annotated
      ? this.git.tagObject({ tag: name, message, date: this.#stamp(), object: { sha: at, type: 'commit' } }).sha
      : at;
    this.git.tags.set(name, target);
  }

  addPull(input: { title: string; head: string; base?: string; body?: string; labels?: string[]; login?: string }): FakePull {
    const pull: FakePull = {
      number: this.pulls.length + 1,
      title: input.title,
      body: input.body ?? '',
      state: 'open',
      labels: input.labels ?? [],
      login: input.login ?? 'mona',
      base: input.base ?? this.defaultBranch,
      head: input.head,
      headSha: this.git.branches.get(input.head) ?? this.git.branches.get(this.defaultBranch) ?? '',
      mergeCommit: null,
      mergedAt: null,
      createdAt: this.#stamp(),
    };
    this.pulls.push(pull);
    return pull;
  }

  mergePull(number: number): string {
    const pull = this.#pull(number);
    const base = this.git.branches.get(pull.base) ?? '';
    const commit = this.git.commit({
      message: `${pull.title} (#${number})`,
      author: { name: pull.login, email: `${pull.login}@example.com`, login: pull.login },
      date: this.#stamp(),
      parents: [base, pull.headSha].filter((sha, index, all) => sha !== '' && all.indexOf(sha) === index),
    });
    this.git.branches.set(pull.base, commit.sha);
    pull.state = 'closed';
    pull.mergeCommit = commit.sha;
    pull.mergedAt = this.#stamp();
    return commit.sha;
  }

  closePull(number: number): void {
    this.#pull(number).state = 'closed';
  }

  /** Puts the file on the default branch and makes the workflow known. */
  addWorkflow(input: { path: string; content: string; name: string }): FakeWorkflow {
    this.pushCommit({ message: `Add ${input.path}`, files: { [input.path]: input.content } });
    const workflow: FakeWorkflow = {
      id: this.#nextId(),
      name: input.name,
      path: input.path,
      state: 'active',
      createdAt: this.#stamp(),
    };
    this.workflows.push(workflow);
    return workflow;
  }

  #pull(number: number): FakePull {
    const pull = this.pulls.find((candidate) => candidate.number === number);
    if (!pull) throw new Error(`no pull request ${number}`);
    return pull;
  }

  #stamp(): string {
    return seconds(this.#now());
  }
}

/** GitHub's times have whole seconds. */
export function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
