import type { BranchProtection } from '../../capabilities/source-control.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { BitbucketClient } from './client.ts';
import type { BitbucketBranchingModel, BitbucketRestriction } from './schema.ts';

export async function branchProtection(client: BitbucketClient, branch: string): Promise<BranchProtection | null> {
  if (!(await client.branch(branch))) return null;
  const all: BitbucketRestriction[] = [];
  for await (const restriction of client.restrictions()) all.push(restriction);
  const byModel = all.some((restriction) => restriction.branch_match_kind === 'branching_model');
  const types = byModel ? typesOf(await client.branchingModel(), branch) : [];
  const rules = all.filter((rule) => (isByModel(rule) ? types.includes(rule.branch_type ?? '') : globMatches(rule.pattern ?? '', branch)));
  if (rules.length === 0) return null;
  const ofKind = (...kinds: string[]) => rules.filter((rule) => kinds.includes(rule.kind));
  const builds = Math.max(0, ...ofKind('require_passing_builds_to_merge').map((rule) => rule.value ?? 1));
  const approvals = ofKind('require_approvals_to_merge', 'require_default_reviewer_approvals_to_merge');
  return {
    mayPush: await mayPush(client, ofKind('push')),
    allowsForcePush: ofKind('force').length === 0,
    requiredApprovals: Math.max(0, ...approvals.map((rule) => rule.value ?? 1)),
    // Bitbucket counts passing builds and names none.
    requiredChecks: builds === 0 ? [] : [`${builds} passing ${builds === 1 ? 'build' : 'builds'}`],
  };
}

const isByModel = (rule: BitbucketRestriction) => rule.branch_match_kind === 'branching_model';

/** `*` stands for any characters, slashes too; everything else for itself. */
function globMatches(pattern: string, branch: string): boolean {
  const source = pattern
    .split('*')
    .map((literal) => literal.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 's').test(branch);
}

/** What the branching model takes the branch for: `production`, `development`, `release`, … */
function typesOf({ development, production, branch_types: types }: BitbucketBranchingModel, branch: string): string[] {
  return [
    ...(development?.branch?.name === branch ? ['development'] : []),
    ...(production?.branch?.name === branch ? ['production'] : []),
    ...(types ?? []).filter(({ prefix }) => branch.startsWith(prefix)).map(({ kind }) => kind),
  ];
}

/** A rule names who may push in spite of it. Who is in a group is not told, so only an empty list of groups says no. */
async function mayPush(client: BitbucketClient, rules: readonly BitbucketRestriction[]): Promise<boolean | null> {
  if (rules.length === 0) return true;
  const uuid = rules.some((rule) => (rule.users ?? []).length > 0) ? await ownUuid(client) : null;
  const answers = rules.map(({ users, groups }) => {
    if ((users ?? []).some((user) => uuid !== null && user.uuid === uuid)) return true;
    const unsure = (groups ?? []).length > 0 || (uuid === null && (users ?? []).length > 0);
    return unsure ? null : false;
  });
  if (answers.includes(false)) return false;
  return answers.includes(null) ? null : true;
}

/** Access tokens have no account, and API tokens may lack the scope to read it. */
async function ownUuid(client: BitbucketClient): Promise<string | null> {
  try {
    return (await client.user()).uuid ?? null;
  } catch (error) {
    if (error instanceof ProviderError && ['unauthorized', 'forbidden', 'not-found'].includes(error.kind)) return null;
    throw error;
  }
}
