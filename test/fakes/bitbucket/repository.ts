import { type Author, GitModel, type ModelCommit } from '../git/git-model.ts';
import { mergeCommits } from '../git/merge.ts';
import { Blobs } from './blobs.ts';

export interface FakePull {
  id: number;
  title: string;
  description: string;
  state: 'OPEN' | 'MERGED' | 'DECLINED' | 'SUPERSEDED';
  author: string;
  source: string;
  /** Another repository's `full_name` for a pull request from a fork; ours when absent. */
  fork?: string;
  destination: string;
  /** The heads when it ended; an open one follows its branch. */
  endedAt: { source: string; base: string } | null;
  mergeCommit: string | null;
  createdAt: string;
  updatedAt: string;
  /** Questions after a slow merge that are still answered with PENDING. */
  pendingPolls: number;
}

export interface FakeRestriction {
  id: number;
  kind: string;
  branch_match_kind: 'glob' | 'branching_model';
  pattern: string;
  branch_type?: string;
  value: number | null;
  users: { type: string; uuid: string; display_name: string }[];
  groups: { type: string; slug: string; name: string }[];
}

export interface FakeHook {
  uuid: string;
  url: string;
  description: string;
  active: boolean;
  events: string[];
  secret: string | null;
  createdAt: string;
}

export interface NewRepository {
  workspace: string;
  repo: string;
  /** `main` when absent. */
  defaultBranch?: string;
  private?: boolean;
  /** A mirror shares the history of another repository, whichever provider keeps that; a history of its own when absent. */
  git?: GitModel;
}

export interface NewCommit {
  /** The default branch when absent; created from it when it does not exist. */
  branch?: string;
  message: string;
  author?: Partial<Author>;
  /** Path → content, laid over the parent's files; `null` removes, bytes and attributes as in `blobs`. */
  files?: Record<string, string | null | { bytes: Uint8Array; attributes?: string[] }>;
}

/** One repository of the fake Bitbucket, with what a test or a demo does to it behind the API's back. */
export class FakeRepository {
  readonly workspace: string;
  readonly repo: string;
  readonly uuid: string;
  readonly defaultBranch: string;
  readonly isPrivate: boolean;
  readonly git: GitModel;
  readonly blobs = new Blobs();
  readonly pulls: FakePull[] = [];
  readonly restrictions: FakeRestriction[] = [];
  readonly hooks: FakeHook[] = [];
  /** Prefixes of the branching model by branch type. */
  readonly branchTypes: { kind: string; prefix: string }[] = [{ kind: 'release', prefix: 'release/' }];
  /** The index behind "pull requests of a commit". */
  links: 'ready' | 'indexing' | 'absent' = 'ready';
  /** Merges from now on end only after this many questions; 0: at once. */
  slowMergePolls = 0;
  readonly #nextId: () => number;
  readonly #now: () => Date;

  constructor(input: NewRepository, nextId: () => number, now: () => Date) {
    this.workspace = input.workspace;
    this.repo = input.repo;
    this.defaultBranch = input.defaultBranch ?? 'main';
    this.isPrivate = input.private ?? true;
    this.#nextId = nextId;
    this.#now = now;
    this.uuid = uuidOf(nextId());
    this.git = input.git ?? new GitModel();
    if (this.git.branches.size === 0) this.pushCommit({ message: 'Initial commit', files: { 'README.md': `# ${input.repo}\n` } });
  }

  get fullName(): string {
    return `${this.workspace}/${this.repo}`;
  }

  /** @returns the new head of the branch */
  pushCommit({ branch = this.defaultBranch, message, author, files = {} }: NewCommit): string {
    const parent = this.git.branches.get(branch) ?? this.git.branches.get(this.defaultBranch);
    const snapshot = new Map(this.git.commits.get(parent ?? '')?.files);
    for (const [path, content] of Object.entries(files)) {
      if (content === null) snapshot.delete(path);
      else snapshot.set(path, typeof content === 'string' ? content : this.blobs.put(Buffer.from(content.bytes), content.attributes));
    }
    return this.commit({
      branch,
      message,
      author: { name: 'Emma Paris', email: 'emma@example.com', login: 'emma', ...author },
      parents: parent === undefined ? [] : [parent],
      snapshot,
    }).sha;
  }

  commit(input: {
    branch: string;
    message: string;
    author: Author;
    parents: string[];
    snapshot: ReadonlyMap<string, string>;
  }): ModelCommit {
    const { branch, ...commit } = input;
    const made = this.git.commit({ ...commit, date: this.stamp() });
    this.git.branches.set(branch, made.sha);
    return made;
  }

  tag(name: string, at: string, message: string | null): void {
    if (message === null) this.git.tags.set(name, at);
    else this.git.tags.set(name, this.git.tagObject({ tag: name, message, date: this.stamp(), object: { sha: at, type: 'commit' } }).sha);
  }

  addPull(input: { title: string; source: string; destination?: string; description?: string; author?: string; fork?: string }): FakePull {
    const now = this.stamp();
    const pull: FakePull = {
      id: this.pulls.length + 1,
      title: input.title,
      description: input.description ?? '',
      state: 'OPEN',
      author: input.author ?? 'emma',
      source: input.source,
      ...(input.fork === undefined ? {} : { fork: input.fork }),
      destination: input.destination ?? this.defaultBranch,
      endedAt: null,
      mergeCommit: null,
      createdAt: now,
      updatedAt: now,
      pendingPolls: 0,
    };
    this.pulls.push(pull);
    return pull;
  }

  /** @returns `false`: the branches conflict, and nothing has changed */
  mergePull(pull: FakePull): boolean {
    const heads = this.heads(pull);
    const snapshot = mergeCommits(this.git, heads.base, heads.source);
    if (snapshot === null) return false;
    const merged = this.commit({
      branch: pull.destination,
      message: `Merged in ${pull.source} (pull request #${pull.id})\n\n${pull.title}\n`,
      author: { name: pull.author, email: `${pull.author}@example.com`, login: pull.author },
      parents: [heads.base, heads.source],
      snapshot,
    });
    this.end(pull, 'MERGED');
    pull.endedAt = heads;
    pull.mergeCommit = merged.sha;
    return true;
  }

  end(pull: FakePull, state: FakePull['state']): void {
    pull.endedAt = this.heads(pull);
    pull.state = state;
    pull.updatedAt = this.stamp();
  }

  heads(pull: FakePull): { source: string; base: string } {
    const head = (branch: string) => this.git.branches.get(branch) ?? '';
    return pull.endedAt ?? { source: head(pull.source), base: head(pull.destination) };
  }

  addRestriction(rule: { kind: string } & Partial<FakeRestriction>): void {
    const blank = { branch_match_kind: 'glob' as const, pattern: '', value: null, users: [], groups: [] };
    this.restrictions.push({ id: this.#nextId(), ...blank, ...rule });
  }

  addHook(hook: Omit<FakeHook, 'uuid' | 'createdAt' | 'description'> & { description?: string }): FakeHook {
    const added = { description: '', ...hook, uuid: uuidOf(this.#nextId()), createdAt: this.stamp() };
    this.hooks.push(added);
    return added;
  }

  /** Bitbucket's times have microseconds and an offset; later ones are later. */
  stamp(): string {
    return `${this.#now().toISOString().slice(0, 19)}.${String(this.#nextId()).padStart(6, '0').slice(-6)}+00:00`;
  }
}

export function uuidOf(number: number): string {
  return `{00000000-0000-4000-8000-${String(number).padStart(12, '0')}}`;
}
