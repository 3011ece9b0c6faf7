import type { BranchProtection } from '../../capabilities/source-control.ts';
import type { Answer } from './call.ts';
import type { GitlabClient } from './client.ts';
import { GitlabRefusal } from './gitlab-error.ts';
import { collect, eachItem } from './pages.ts';

/** What GitLab calls the condition that the merge request's pipeline has succeeded. */
const PIPELINE_CHECK = 'pipeline';

export async function branchProtection(client: GitlabClient, name: string): Promise<BranchProtection | null> {
  const branch = await client.branch(name);
  if (!branch?.protected) return null;
  const rules = await collect(eachItem(client.protectedBranches));
  return {
    mayPush: branch.can_push ?? null,
    // Where several rules match, the most permissive one decides.
    allowsForcePush: rules.some((rule) => matches(rule.name, name) && rule.allow_force_push === true),
    requiredApprovals: await requiredApprovals(client, name),
    requiredChecks: await requiredChecks(client, name),
  };
}

/** One approval may count for several rules, so the largest number is what is needed at least. */
async function requiredApprovals(client: GitlabClient, name: string): Promise<number> {
  const rules = await ofPaidTier(client.approvalRules);
  return Math.max(0, ...rules.filter((rule) => concerns(rule, name)).map((rule) => rule.approvals_required));
}

async function requiredChecks(client: GitlabClient, name: string): Promise<string[]> {
  const project = (await client.project()).data;
  const checks = project.only_allow_merge_if_all_status_checks_passed ? await ofPaidTier(client.statusChecks) : [];
  return [
    ...(project.only_allow_merge_if_pipeline_succeeds ? [PIPELINE_CHECK] : []),
    ...checks.filter((check) => concerns(check, name)).map((check) => check.name),
  ];
}

/** Approval rules and status checks are of paid tiers; where a project has none of them, nothing is required by them. */
async function ofPaidTier<Item>(read: (page: number) => Promise<Answer<Item[]>>): Promise<Item[]> {
  try {
    return await collect(eachItem(read));
  } catch (error) {
    if (error instanceof GitlabRefusal && (error.kind === 'not-found' || error.kind === 'forbidden')) return [];
    throw error;
  }
}

interface Scoped {
  protected_branches?: { name: string }[] | null | undefined;
  applies_to_all_protected_branches?: boolean | null | undefined;
}

/** A rule that names no branch concerns every branch. */
function concerns({ protected_branches, applies_to_all_protected_branches }: Scoped, name: string): boolean {
  if (applies_to_all_protected_branches || !protected_branches || protected_branches.length === 0) return true;
  return protected_branches.some((rule) => matches(rule.name, name));
}

/** `*` in a protection rule stands for any text, slashes included. */
export function matches(rule: string, name: string): boolean {
  const pattern = rule.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`, 's').test(name);
}
