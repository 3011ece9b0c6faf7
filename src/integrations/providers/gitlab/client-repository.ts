import { Branches, Commits, Repositories, RepositoryFiles, Tags } from '@gitbeaker/rest';
import { data, EXPANDED, type Gitbeaker, maybe, PAGE_SIZE, paged } from './call.ts';
import * as schema from './schema.ts';

/** Branches, tags, commits and files. */
export function repositoryCalls({ options, call, project }: Gitbeaker) {
  const branches = new Branches(options);
  const tags = new Tags(options);
  const commits = new Commits(options);
  return {
    branch: (name: string) => maybe(call(`read branch ${name}`, branches.show(project, name, EXPANDED), schema.branchSchema)),
    branches: (page: number) => call('list branches', branches.all(project, paged(page)), schema.branchesSchema),
    createBranch: (name: string, ref: string) =>
      data(call(`create branch ${name}`, branches.create(project, name, ref, EXPANDED), schema.branchSchema)),
    deleteBranch: (name: string) => data(call(`delete branch ${name}`, branches.remove(project, name, EXPANDED), schema.takenSchema)),
    tag: (name: string) => maybe(call(`read tag ${name}`, tags.show(project, name, EXPANDED), schema.tagSchema)),
    createTag: (name: string, ref: string, message: string) =>
      data(call(`create tag ${name}`, tags.create(project, name, ref, { ...EXPANDED, message }), schema.tagSchema)),
    deleteTag: (name: string) => data(call(`delete tag ${name}`, tags.remove(project, name, EXPANDED), schema.takenSchema)),
    /** @param ref branch, tag or commit */
    commit: (ref: string) => data(call(`read commit ${ref}`, commits.show(project, ref, EXPANDED), schema.commitSchema)),
    /** Reachable from `head` and not from `base`, children before parents. */
    commitsBetween(base: string, head: string, page: number, perPage = PAGE_SIZE) {
      const range = commits.all(project, { ...EXPANDED, page, perPage, refName: `${base}..${head}`, order: 'topo' });
      return call(`list commits from ${base} to ${head}`, range, schema.commitsSchema);
    },
    mergeBase(one: string, other: string) {
      const base = new Repositories(options).mergeBase(project, [one, other], EXPANDED);
      return maybe(call(`find the merge base of ${one} and ${other}`, base, schema.commitSchema));
    },
    /** Of the two commits as they are, not of one with their common ancestor. */
    changes(base: string, head: string) {
      const compared = new Repositories(options).compare(project, base, head, { ...EXPANDED, straight: true });
      return data(call(`compare ${base} with ${head}`, compared, schema.changesSchema));
    },
    cherryPick(sha: string, branch: string, message: string) {
      const picked = commits.cherryPick(project, sha, branch, { ...EXPANDED, message });
      return data(call(`cherry-pick ${sha} onto ${branch}`, picked, schema.commitSchema));
    },
    file: (path: string, ref: string) =>
      maybe(call(`read ${path} at ${ref}`, new RepositoryFiles(options).show(project, path, ref, EXPANDED), schema.fileSchema)),
  };
}
