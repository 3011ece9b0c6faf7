import { type Author, GitModel } from '../git/git-model.ts';
import { mergeCommits } from '../git/merge.ts';
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

/** Classic protection of one branch. */
export interface FakeProtection {
  approvals: number;
  checks: string[];
  allowsForcePush: boolean;
  enforcesAdmins: boolean;
}

/** An active rule of a ruleset, as the rules of a branch list it. */
export interface FakeRule {
  branch: string;
  type: string;
  rulesetId: number;
  parameters?: Record<string, unknown>;
}

export interface FakeHook {
  id: number;
  url: string;
  secret: string;
  active: boolean;
  events: string[];
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
  /** Whether the tokens administer the repository; true when absent. */
  admin?: boolean;
  /** A mirror shares the history of another repository, whichever provider keeps that; a history of its own when absent. */
  git?: GitModel;
}

export interface NewCommit {
  /** The default branch when absent; created from it when it does not exist. */
  branch?: string;
  message: string;
  author?: Partial<Author>;
  /** Path → content, laid over the parent's files; null removes one. */
  files?: Record<string, string | null>;
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
  /** Whether the tokens administer it: they read and pass its protections, and manage its webhooks. */
  admin: boolean;
  readonly id: number;
  readonly git: GitModel;
  readonly releases: FakeRelease[] = [];
  readonly pulls: FakePull[] = [];
  readonly workflows: FakeWorkflow[] = [];
  readonly runs: FakeRun[] = [];
  /** By branch. */
  readonly protections = new Map<string, FakeProtection>();
  readonly rules: FakeRule[] = [];
  /** What the rulesets let us do: `always`, `pull_requests_only`, `never`; by id. */
  readonly bypasses = new Map<number, string>();
  readonly hooks: FakeHook[] = [];
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
    this.admin = input.admin ?? true;
    this.#nextId = nextId;
    this.#now = now;
    this.id = nextId();
    this.git = input.git ?? new GitModel();
    if (this.git.branches.size === 0) this.pushCommit({ message: 'Initial commit', files: { 'README.md': `# ${input.repo}\n` } });
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

  /** The commit a pull request brings: where its branch stands, or stood when it ended. */
  headOf(pull: FakePull): string {
    return (pull.state === 'open' ? this.git.branches.get(pull.head) : undefined) ?? pull.headSha;
  }

  /** @returns the merge commit */
  mergePull(number: number, message?: string): string {
    const pull = this.#pull(number);
    const base = this.git.branches.get(pull.base) ?? '';
    pull.headSha = this.headOf(pull);
    const snapshot = mergeCommits(this.git, base, pull.headSha);
    if (!snapshot) throw new Error(`pull request ${number} does not merge`);
    const commit = this.git.commit({
      message: message ?? `${pull.title} (#${number})`,
      author: { name: pull.login, email: `${pull.login}@example.com`, login: pull.login },
      date: this.#stamp(),
      parents: [base, pull.headSha].filter((sha, index, all) => sha !== '' && all.indexOf(sha) === index),
      snapshot,
    });
    this.git.branches.set(pull.base, commit.sha);
    pull.state = 'closed';
    pull.mergeCommit = commit.sha;
    pull.mergedAt = this.#stamp();
    return commit.sha;
  }

  closePull(number: number): void {
    const pull = this.#pull(number);
    pull.headSha = this.headOf(pull);
    pull.state = 'closed';
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

  /** Two approvals, the check `build`, and nobody but administrators may push. */
  protect(branch: string, how: Partial<FakeProtection> = {}): void {
    this.protections.set(branch, { approvals: 2, checks: ['build'], allowsForcePush: false, enforcesAdmins: false, ...how });
  }

  addHook(hook: Pick<FakeHook, 'url' | 'secret' | 'active' | 'events'>): FakeHook {
    const added = { ...hook, id: this.#nextId(), createdAt: this.#stamp() };
    this.hooks.push(added);
    return added;
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
