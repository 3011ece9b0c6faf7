import { Commits, ExternalStatusChecks, MergeRequestApprovals, MergeRequests, ProtectedBranches } from '@gitbeaker/rest';
import { data, EXPANDED, type Gitbeaker, paged } from './call.ts';
import * as schema from './schema.ts';

export interface MergeRequestFilter {
  /** Any when absent. */
  state?: 'opened' | 'closed' | 'merged';
  sourceBranch?: string;
  targetBranch?: string;
}

/** Merge requests, and the rules that stand before a merge. */
export function mergeRequestCalls({ options, call, project }: Gitbeaker) {
  const requests = new MergeRequests(options);
  return {
    mergeRequests(filter: MergeRequestFilter, page: number) {
      const list = requests.all({ projectId: project, ...paged(page), ...filter, orderBy: 'created_at', sort: 'desc' });
      return call('list merge requests', list, schema.mergeRequestsSchema);
    },
    mergeRequestsOf(sha: string, page: number) {
      const list = new Commits(options).allMergeRequests(project, sha, paged(page));
      return call(`list merge requests of ${sha}`, list, schema.mergeRequestsSchema);
    },
    mergeRequest: (iid: number) =>
      data(call(`read merge request !${iid}`, requests.show(project, iid, EXPANDED), schema.mergeRequestSchema)),
    createMergeRequest(source: string, target: string, title: string, description: string) {
      const created = requests.create(project, source, target, title, { ...EXPANDED, description });
      return data(call(`create a merge request of ${source} into ${target}`, created, schema.mergeRequestSchema));
    },
    merge(iid: number, sha: string) {
      const merged = requests.merge(project, iid, { ...EXPANDED, sha, squash: false, shouldRemoveSourceBranch: false });
      return data(call(`merge !${iid}`, merged, schema.mergeRequestSchema));
    },
    protectedBranches: (page: number) =>
      call('list protected branches', new ProtectedBranches(options).all(project, paged(page)), schema.protectedBranchesSchema),
    approvalRules: (page: number) =>
      call('list approval rules', new MergeRequestApprovals(options).allApprovalRules(project, paged(page)), schema.approvalRulesSchema),
    statusChecks: (page: number) =>
      call('list external status checks', new ExternalStatusChecks(options).all(project, paged(page)), schema.statusChecksSchema),
  };
}
