import { type Author, GitModel, type ModelCommit } from '../git/git-model.ts';
import { type Files, mergeCommits } from '../git/merge.ts';
import type { FakePipeline } from './pipeline.ts';

/** Roles as the API counts them. */
export const GUEST = 10;
export const DEVELOPER = 30;
export const MAINTAINER = 40;

export interface FakeMergeRequest {
  id: number;
  iid: number;
  title: string;
  description: string;
  state: 'opened' | 'closed' | 'locked' | 'merged';
  labels: string[];
  author: string;
  source: string;
  target: string;
  /** Fixed when it ends; follows the source branch until then. */
  endSha: string | null;
  mergeCommit: string | null;
  mergedAt: string | null;
  createdAt: string;
  /** Merges refused because GitLab is still checking. */
  checksLeft: number;
}

export interface FakeRelease {
  tag: string;
  name: string;
  description: string;
  createdAt: string;
}

export interface FakeHook {
  id: number;
  url: string;
  token: string | null;
  /** Switches that are on. */
  events: Set<string>;
  alertStatus: 'executable' | 'temporarily_disabled' | 'disabled';
  createdAt: string;
}

/** Applies to a branch, or with `*` to many. */
export interface FakeProtection {
  id: number;
  name: string;
  /** Role that may push; 0: nobody. */
  push: number;
  allowForcePush: boolean;
}

export interface NewProject {
  /** `group/subgroup/name` */
  path: string;
  /** `main` when absent. */
  defaultBranch?: string;
  visibility?: 'private' | 'internal' | 'public';
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

/** One project of the fake GitLab, with what a test or a demo does to it behind the API's back. */
export class FakeProject {
  readonly id: number;
  readonly path: string;
  readonly defaultBranch: string;
  readonly visibility: string;
  readonly git: GitModel;
  /** User name → role. */
  readonly members = new Map<string, number>();
  readonly mergeRequests: FakeMergeRequest[] = [];
  readonly releases: FakeRelease[] = [];
  readonly hooks: FakeHook[] = [];
  readonly protections: FakeProtection[] = [];
  readonly pipelines: FakePipeline[] = [];
  /** Of paid tiers: approvals that every merge into these branches needs. */
  readonly approvalRules: { id: number; name: string; approvals: number; branches: string[] }[] = [];
  readonly statusChecks: { id: number; name: string; branches: string[] }[] = [];
  archived = false;
  buildsAccess: 'enabled' | 'private' | 'disabled' = 'enabled';
  ciConfigPath = '';
  variablesRole: 'developer' | 'maintainer' | 'owner' | 'no_one_allowed' = 'developer';
  mergeNeedsPipeline = false;
  readonly #nextId: () => number;
  readonly #now: () => Date;

  constructor(input: NewProject, nextId: () => number, now: () => Date) {
    this.path = input.path;
    this.defaultBranch = input.defaultBranch ?? 'main';
    this.visibility = input.visibility ?? 'private';
    this.#nextId = nextId;
    this.#now = now;
    this.id = nextId();
    this.git = input.git ?? new GitModel();
    if (this.git.branches.size === 0) this.pushCommit({ message: 'Initial commit', files: { 'README.md': `# ${input.path}\n` } });
  }

  /** @returns the new head of the branch */
  pushCommit({ branch = this.defaultBranch, message, author, files }: NewCommit): string {
    const parent = this.git.branches.get(branch) ?? this.git.branches.get(this.defaultBranch);
    const commit = this.git.commit({
      message,
      author: { name: 'Sidney Jones', email: 'sidney@example.com', login: 'sidney', ...author },
      date: this.stamp(),
      parents: parent === undefined ? [] : [parent],
      ...(files ? { files } : {}),
    });
    this.git.branches.set(branch, commit.sha);
    return commit.sha;
  }

  tag(name: string, at: string, message: string | null): void {
    // Git takes the white space off the ends of a message.
    const object = message?.trim()
      ? this.git.tagObject({ tag: name, message: message.trim(), date: this.stamp(), object: { sha: at, type: 'commit' } })
      : null;
    this.git.tags.set(name, object?.sha ?? at);
  }

  openMergeRequest(input: { title: string; source: string; target?: string; description?: string; labels?: string[]; author?: string }) {
    const request: FakeMergeRequest = {
      id: this.#nextId(),
      iid: this.mergeRequests.length + 1,
      title: input.title,
      description: input.description ?? '',
      state: 'opened',
      labels: input.labels ?? [],
      author: input.author ?? 'sidney',
      source: input.source,
      target: input.target ?? this.defaultBranch,
      endSha: null,
      mergeCommit: null,
      mergedAt: null,
      createdAt: this.stamp(),
      checksLeft: 0,
    };
    this.mergeRequests.push(request);
    return request;
  }

  headOf(request: FakeMergeRequest): string {
    return request.endSha ?? this.git.branches.get(request.source) ?? '';
  }

  /** Files after the merge; `null`: conflict. */
  mergeable(request: FakeMergeRequest): Files | null {
    return mergeCommits(this.git, request.target, this.headOf(request));
  }

  /** @returns the merge commit */
  merge(iid: number): string {
    const request = this.mergeRequest(iid);
    const [base, head] = [this.git.branches.get(request.target) ?? '', this.headOf(request)];
    const commit = this.git.commit({
      message: `Merge branch '${request.source}' into '${request.target}'\n\n${request.title}\n\nSee merge request ${this.path}!${iid}`,
      author: { name: request.author, email: `${request.author}@example.com`, login: request.author },
      date: this.stamp(),
      parents: [base, head].filter((sha, index, all) => sha !== '' && all.indexOf(sha) === index),
      files: Object.fromEntries(this.mergeable(request) ?? []),
    });
    this.git.branches.set(request.target, commit.sha);
    request.endSha = head;
    request.state = 'merged';
    request.mergeCommit = commit.sha;
    request.mergedAt = this.stamp();
    return commit.sha;
  }

  close(iid: number): void {
    const request = this.mergeRequest(iid);
    request.endSha = this.headOf(request);
    request.state = 'closed';
  }

  mergeRequest(iid: number): FakeMergeRequest {
    const request = this.mergeRequests.find((each) => each.iid === iid);
    if (!request) throw new Error(`no merge request !${iid}`);
    return request;
  }

  protect(name: string, rule: { push?: number; allowForcePush?: boolean } = {}): void {
    this.protections.push({ id: this.#nextId(), name, push: rule.push ?? MAINTAINER, allowForcePush: rule.allowForcePush ?? false });
  }

  protectionOf(branch: string): FakeProtection | undefined {
    return this.protections.find(({ name }) => covers(name, branch));
  }

  mayPush(branch: string, role: number): boolean {
    const rules = this.protections.filter(({ name }) => covers(name, branch));
    return role >= DEVELOPER && (rules.length === 0 || rules.some(({ push }) => push > 0 && role >= push));
  }

  addApprovalRule(approvals: number, branches: string[]): void {
    this.approvalRules.push({ id: this.#nextId(), name: 'Reviewers', approvals, branches });
  }

  addStatusCheck(name: string, branches: string[]): void {
    this.statusChecks.push({ id: this.#nextId(), name, branches });
  }

  addHook(hook: { url: string; token: string | null; events: Iterable<string>; alertStatus?: FakeHook['alertStatus'] }): FakeHook {
    const added: FakeHook = {
      id: this.#nextId(),
      url: hook.url,
      token: hook.token,
      events: new Set(hook.events),
      alertStatus: hook.alertStatus ?? 'executable',
      createdAt: this.stamp(),
    };
    this.hooks.push(added);
    return added;
  }

  nextId(): number {
    return this.#nextId();
  }

  now(): Date {
    return this.#now();
  }

  /** ISO 8601 with milliseconds, as GitLab's times are. */
  stamp(): string {
    return this.#now().toISOString();
  }

  commitOf(name: string): ModelCommit | null {
    return this.git.resolve(name);
  }
}

export function covers(rule: string, name: string): boolean {
  if (!rule.includes('*')) return rule === name;
  const pattern = rule.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(name);
}
