import type { BranchProtection } from '../../capabilities/source-control.ts';
import type { GithubClient } from './client.ts';
import { GithubRefusal, githubTrouble } from './github-error.ts';
import { eachItem } from './pages.ts';
import type { GithubProtection, GithubRule } from './schema.ts';

/** Rules that refuse a direct push. */
const PUSH_STOPPERS = ['update', 'pull_request', 'required_status_checks', 'merge_queue', 'required_deployments'];

/** Classic protection and rulesets stand beside each other, and the stricter of the two holds. */
export async function branchProtection(client: GithubClient, name: string): Promise<BranchProtection | null> {
  const branch = await client.branch(name);
  if (!branch) return null;
  const rules = await activeRules(client, name);
  // A branch counts as protected by its rulesets alone, too.
  const isClassic = branch.protection?.enabled ?? (branch.protected && rules.length === 0);
  const classic = branch.protected ? await readClassic(client, name, isClassic) : null;
  if (!classic && rules.length === 0) return null;
  const parts = [...(classic ? [classic] : []), ...(rules.length > 0 ? [await ofRules(client, rules)] : [])];
  return parts.reduce((a, b) => ({
    mayPush: bothMayPush(a.mayPush, b.mayPush),
    allowsForcePush: a.allowsForcePush && b.allowsForcePush,
    requiredApprovals: Math.max(a.requiredApprovals, b.requiredApprovals),
    requiredChecks: [...new Set([...a.requiredChecks, ...b.requiredChecks])],
  }));
}

function bothMayPush(a: boolean | null, b: boolean | null): boolean | null {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

async function activeRules(client: GithubClient, name: string): Promise<GithubRule[]> {
  const rules: GithubRule[] = [];
  try {
    for await (const rule of eachItem(
      (page) => client.rules(name, page),
      (list) => list,
    )) {
      rules.push(rule);
    }
  } catch (error) {
    // Servers from before rulesets do not know the address.
    if (!(error instanceof GithubRefusal && error.kind === 'not-found')) throw error;
  }
  return rules;
}

/** @param isClassic GitHub says that there are such rules, whether or not we may read them */
async function readClassic(client: GithubClient, name: string, isClassic: boolean): Promise<BranchProtection | null> {
  try {
    const protection = await client.protection(name);
    return ofClassic(protection, (await client.repository()).data.permissions?.admin === true);
  } catch (error) {
    const isHidden = error instanceof GithubRefusal && (error.kind === 'not-found' || error.kind === 'forbidden');
    if (!isHidden) throw error;
    if (!isClassic || /not protected/i.test(error.words)) return null;
    // Silence would read as "no approvals needed".
    const needed = 'grant the token Administration: read (classic: an account that administers the repository)';
    throw githubTrouble('forbidden', `${name} is protected by rules that the token may not read: ${needed}`);
  }
}

function ofClassic(protection: GithubProtection, isAdmin: boolean): BranchProtection {
  const { required_pull_request_reviews: reviews, required_status_checks: checks, restrictions } = protection;
  const requiredChecks = checks?.contexts ?? checks?.checks?.map((check) => check.context) ?? [];
  const stopsPushes = Boolean(reviews || restrictions || protection.lock_branch?.enabled || checks);
  const exceptions = [reviews?.bypass_pull_request_allowances, restrictions];
  const hasExceptions = exceptions.some((actors) => Object.values(actors ?? {}).some((list) => Array.isArray(list) && list.length > 0));
  const exempt = isAdmin && protection.enforce_admins?.enabled !== true;
  return {
    // Exceptions name people, teams and apps; whether we are among them is not told.
    mayPush: !stopsPushes || exempt ? true : hasExceptions ? null : false,
    allowsForcePush: protection.allow_force_pushes?.enabled === true,
    requiredApprovals: reviews?.required_approving_review_count ?? 0,
    requiredChecks,
  };
}

async function ofRules(client: GithubClient, rules: GithubRule[]): Promise<BranchProtection> {
  const stoppers = rules.filter((rule) => PUSH_STOPPERS.includes(rule.type));
  let mayPush: boolean | null = true;
  for (const id of new Set(stoppers.map((rule) => rule.ruleset_id))) {
    mayPush = bothMayPush(mayPush, id === undefined ? null : await mayBypass(client, id));
  }
  return {
    mayPush,
    allowsForcePush: !rules.some((rule) => rule.type === 'non_fast_forward'),
    requiredApprovals: Math.max(0, ...rules.map((rule) => rule.parameters?.required_approving_review_count ?? 0)),
    requiredChecks: [...new Set(rules.flatMap((rule) => rule.parameters?.required_status_checks ?? []).map((check) => check.context))],
  };
}

/** Rulesets of an organization may be hidden from us: then nobody tells. */
async function mayBypass(client: GithubClient, rulesetId: number): Promise<boolean | null> {
  const ruleset = await client.ruleset(rulesetId);
  const may = ruleset?.current_user_can_bypass;
  return may === undefined ? null : may === 'always' || may === 'exempt';
}
