import { createHash } from 'node:crypto';

/** The part of git a release needs, in memory: a commit graph with file snapshots, branches, tags. */

export interface Author {
  name: string;
  email: string;
  /** Account at the provider, when the e-mail address belongs to one. */
  login: string | null;
}

export interface ModelCommit {
  sha: string;
  message: string;
  author: Author;
  date: string;
  parents: string[];
  /** Order of creation: parents always come before children. */
  order: number;
  files: ReadonlyMap<string, string>;
  /** Id of these files: equal files, equal id. */
  tree: string;
}

export interface TagObject {
  sha: string;
  tag: string;
  message: string;
  date: string;
  object: { sha: string; type: 'commit' | 'tag' | 'tree' };
}

export interface ModelComparison {
  base: ModelCommit;
  mergeBase: ModelCommit;
  status: 'identical' | 'ahead' | 'behind' | 'diverged';
  /** In head and not in base, oldest first. */
  ahead: ModelCommit[];
  behind: ModelCommit[];
}

export class GitModel {
  readonly commits = new Map<string, ModelCommit>();
  readonly branches = new Map<string, string>();
  /** To a commit (lightweight) or a tag object (annotated). */
  readonly tags = new Map<string, string>();
  readonly tagObjects = new Map<string, TagObject>();
  /** Files by the id of their tree. */
  readonly trees = new Map<string, ReadonlyMap<string, string>>();
  #order = 0;

  /** @param input `files` are laid over those of the first parent (null removes one), `snapshot` is all there is */
  commit(input: {
    message: string;
    author: Author;
    date: string;
    parents: string[];
    files?: Record<string, string | null>;
    snapshot?: ReadonlyMap<string, string>;
  }): ModelCommit {
    const { message, author, date, parents } = input;
    this.#order += 1;
    const sha = objectId('commit', [...parents, message, date, String(this.#order)]);
    const parent = this.commits.get(parents[0] ?? '');
    const inherited = parent?.files ?? new Map<string, string>();
    const files = input.snapshot ?? (input.files ? laidOver(inherited, input.files) : inherited);
    const tree = parent?.files === files ? parent.tree : objectId('tree', [...files].sort(byPath).flat());
    this.trees.set(tree, files);
    const commit = { sha, message, author, date, parents, order: this.#order, files, tree };
    this.commits.set(sha, commit);
    return commit;
  }

  tagObject(input: Omit<TagObject, 'sha'>): TagObject {
    this.#order += 1;
    const sha = objectId('tag', [input.tag, input.message, input.object.sha, input.date, String(this.#order)]);
    const object = { ...input, sha };
    this.tagObjects.set(sha, object);
    return object;
  }

  /** A branch, a tag or a commit id, full or abbreviated. */
  resolve(name: string): ModelCommit | null {
    const sha = this.branches.get(name) ?? this.peel(this.tags.get(name) ?? '') ?? name;
    const exact = this.commits.get(sha);
    if (exact || !/^[0-9a-f]{7,39}$/.test(sha)) return exact ?? null;
    const matches = [...this.commits.values()].filter((commit) => commit.sha.startsWith(sha));
    return matches.length === 1 ? (matches[0] ?? null) : null;
  }

  peel(sha: string): string | null {
    if (this.commits.has(sha)) return sha;
    const object = this.tagObjects.get(sha);
    return object ? this.peel(object.object.sha) : null;
  }

  /** `null` when either is unknown or they share no history. */
  compare(baseName: string, headName: string): ModelComparison | null {
    const base = this.resolve(baseName);
    const head = this.resolve(headName);
    if (!base || !head) return null;
    const inBase = this.#history(base.sha);
    const inHead = this.#history(head.sha);
    const mergeBase = byAge([...inBase].filter((sha) => inHead.has(sha)).flatMap((sha) => this.commits.get(sha) ?? [])).at(-1);
    if (!mergeBase) return null;
    const ahead = byAge([...inHead].filter((sha) => !inBase.has(sha)).flatMap((sha) => this.commits.get(sha) ?? []));
    const behind = byAge([...inBase].filter((sha) => !inHead.has(sha)).flatMap((sha) => this.commits.get(sha) ?? []));
    const apart = behind.length > 0 ? (['behind', 'diverged'] as const) : (['identical', 'ahead'] as const);
    return { base, mergeBase, status: apart[ahead.length > 0 ? 1 : 0] ?? 'diverged', ahead, behind };
  }

  #history(from: string): Set<string> {
    const seen = new Set<string>();
    const queue = [from];
    for (let sha = queue.pop(); sha !== undefined; sha = queue.pop()) {
      if (seen.has(sha)) continue;
      seen.add(sha);
      queue.push(...(this.commits.get(sha)?.parents ?? []));
    }
    return seen;
  }
}

function laidOver(under: ReadonlyMap<string, string>, files: Record<string, string | null>): Map<string, string> {
  const over = new Map(under);
  for (const [path, content] of Object.entries(files)) {
    if (content === null) over.delete(path);
    else over.set(path, content);
  }
  return over;
}

function byAge(commits: ModelCommit[]): ModelCommit[] {
  return commits.sort((a, b) => a.order - b.order);
}

function byPath([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}

function objectId(kind: string, parts: string[]): string {
  return createHash('sha1')
    .update([kind, ...parts].join('\0'))
    .digest('hex');
}
