import { type Ask, dataOf, maybe, REPO, unlessExisting } from './ask.ts';
import * as schema from './schema.ts';

export interface NewCommit {
  message: string;
  /** Object id. */
  tree: string;
  parents: string[];
  /** The account of the token when absent. */
  author?: { name: string; email: string; date: string };
}

/** Refs, objects, history and files. */
export function gitCalls(ask: Ask) {
  const git = `${REPO}/git`;
  return {
    /** @param ref `heads/<branch>` or `tags/<tag>` */
    gitRef: (ref: string) => maybe(ask(`read ${ref}`, `GET ${git}/ref/{ref}`, { ref }, schema.gitRefSchema)),
    createRef: (ref: string, sha: string) =>
      unlessExisting(ask(`create ${ref}`, `POST ${git}/refs`, { ref: `refs/${ref}`, sha }, schema.gitRefSchema)),
    /** Forward only. */
    moveRef: (ref: string, sha: string) =>
      dataOf(ask(`move ${ref} to ${sha}`, `PATCH ${git}/refs/{ref}`, { ref, sha, force: false }, schema.gitRefSchema)),
    deleteRef: (ref: string) => dataOf(ask(`delete ${ref}`, `DELETE ${git}/refs/{ref}`, { ref }, schema.nothingSchema)),
    tagObject: (sha: string) => dataOf(ask('read the tag object', `GET ${git}/tags/{tag_sha}`, { tag_sha: sha }, schema.tagObjectSchema)),
    createTagObject: (tag: string, object: string, message: string) =>
      dataOf(ask(`create the tag object of ${tag}`, `POST ${git}/tags`, { tag, object, message, type: 'commit' }, schema.tagObjectSchema)),
    gitCommit: (sha: string) =>
      maybe(ask(`read commit ${sha}`, `GET ${git}/commits/{commit_sha}`, { commit_sha: sha }, schema.gitCommitSchema)),
    createCommit: (commit: NewCommit) => dataOf(ask('create a commit', `POST ${git}/commits`, { ...commit }, schema.gitCommitSchema)),
    /** The merge commit; `null` when the branch contains the commit already. */
    mergeInto: (branch: string, commit: string) =>
      dataOf(ask(`merge ${commit} into ${branch}`, `POST ${REPO}/merges`, { base: branch, head: commit }, schema.mergeSchema)),
    compare: (base: string, head: string, page: number, perPage: number) =>
      dataOf(
        ask(
          `compare ${base} with ${head}`,
          `GET ${REPO}/compare/{basehead}`,
          { basehead: `${base}...${head}`, page, per_page: perPage },
          schema.comparisonSchema,
        ),
      ),
    /** The files of the comparison come on its first page, all or as many as GitHub tells. */
    changes: (base: string, head: string) =>
      dataOf(
        ask(
          `compare ${base} with ${head}`,
          `GET ${REPO}/compare/{basehead}`,
          { basehead: `${base}...${head}`, page: 1, per_page: 1 },
          schema.changesSchema,
        ),
      ),
    /** One file per page keeps the answer small: we want only the id. */
    commit: (ref: string) => dataOf(ask(`read commit ${ref}`, `GET ${REPO}/commits/{ref}`, { ref, per_page: 1 }, schema.commitShaSchema)),
    content: (path: string, ref: string) =>
      maybe(ask(`read ${path} at ${ref}`, `GET ${REPO}/contents/{path}`, { path, ref }, schema.contentSchema)),
    blob: (sha: string) => dataOf(ask(`read blob ${sha}`, `GET ${git}/blobs/{file_sha}`, { file_sha: sha }, schema.blobSchema)),
  };
}
