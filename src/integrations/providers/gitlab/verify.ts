import type { AdapterDeps, Category, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { readRateLimit } from '../../kit/rate-limit.ts';
import { type GitlabClient, gitlabClient } from './client.ts';
import type { GitlabConnection } from './identity.ts';
import type { GitlabProject } from './schema.ts';

const DEVELOPER = 30;
const roles: Readonly<Record<string, number>> = { developer: DEVELOPER, maintainer: 40, owner: 50 };
/** What `/personal_access_tokens/self` is to tokens that are none, and to servers before 15.5. */
const NOT_TOLD = ['not-found', 'invalid', 'forbidden'];

/** Asks what a release would need: the token and its scope, the account, the project, its role in it, and for CI that pipelines run. */
export async function verifyGitlab(connection: GitlabConnection, deps: AdapterDeps, category: Category): Promise<Verification> {
  const client = gitlabClient(connection, deps);
  const where = connection.settings.project;

  const account = await asked(client.user());
  if (account.refusal) return { ok: false, problems: [accountProblem(account.refusal)] };
  const token = await asked(client.token());
  if (token.refusal && !NOT_TOLD.includes(token.refusal.kind)) return { ok: false, problems: [accountProblem(token.refusal)] };
  const scopes = token.answer?.data.scopes ?? null;
  if (scopes !== null && !scopes.includes('api')) {
    return { ok: false, problems: [`The token has the scopes ${scopes.join(', ')}: create one with the scope api.`] };
  }
  const project = await asked(client.project());
  if (project.refusal) return { ok: false, problems: [projectProblem(project.refusal, where)] };

  const user = account.answer.data;
  const role = user.is_admin ? Number.MAX_SAFE_INTEGER : await roleIn(client, project.answer.data, user.id);
  const found = projectProblems(project.answer.data, role, where);
  if (category === 'ci-cd') found.push(...ciProblems(project.answer.data, role, where));
  if (found.length > 0) return { ok: false, problems: found };

  const head = readRateLimit(project.answer.headers, deps.now());
  return {
    ok: true,
    account: user.username,
    expiresAt: expiry(token.answer?.data.expires_at),
    rateLimit: head && { ...head, resetsAt: head.resetsAt?.toISOString() ?? null },
  };
}

type Asked<T> = { answer: T; refusal: null } | { answer: null; refusal: ProviderError };

/** A refusal is an answer to our question; only when GitLab could not be asked does the error go on. */
async function asked<T>(call: Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await call, refusal: null };
  } catch (error) {
    const couldNotAsk = ['timeout', 'unavailable', 'rate-limited'];
    if (error instanceof ProviderError && !couldNotAsk.includes(error.kind)) return { answer: null, refusal: error };
    throw error;
  }
}

function accountProblem(refusal: ProviderError): string {
  if (refusal.kind === 'unauthorized') {
    return 'The token is not valid, was revoked or has expired: create a new one with the scope api and save it in this connection.';
  }
  if (refusal.kind === 'forbidden') return `The token may not use the API: create one with the scope api. GitLab says: ${refusal.message}`;
  return 'The base URL does not answer like GitLab: it is the address of the instance, such as https://gitlab.com, without /api/v4.';
}

function projectProblem(refusal: ProviderError, where: string): string {
  if (refusal.kind === 'not-found') {
    return `The token cannot see the project ${where}: check the path, and make the token's account a member with the role Developer or higher.`;
  }
  return `GitLab does not let the token use the project ${where}: ${refusal.message}`;
}

function projectProblems(project: GitlabProject, role: number, where: string): string[] {
  const found: string[] = [];
  if (project.archived) found.push(`The project ${where} is archived: GitLab accepts no changes to it. Unarchive it.`);
  if (project.repository_access_level === 'disabled')
    found.push(`The project ${where} has its repository switched off: enable it in its settings.`);
  if (role < DEVELOPER) {
    const need = 'Developer, or Maintainer where release branches or tags are protected and for setting up webhooks';
    found.push(`The token's account may not push to ${where}: give it the role ${need}.`);
  }
  return found;
}

function ciProblems(project: GitlabProject, role: number, where: string): string[] {
  if (project.builds_access_level === 'disabled') return [`CI/CD is switched off in ${where}: enable it in the settings of the project.`];
  const needed = roles[project.ci_pipeline_variables_minimum_override_role ?? ''];
  if (needed === undefined || role >= needed || role < DEVELOPER) return [];
  const setting = 'Settings, CI/CD, Variables, "Minimum role to use pipeline variables"';
  return [`The token's account may not pass variables to pipelines of ${where}: raise its role, or lower ${setting}.`];
}

/** What the project says covers direct and group membership; invited groups show in the list of members only. */
async function roleIn(client: GitlabClient, project: GitlabProject, userId: number): Promise<number> {
  const { project_access, group_access } = project.permissions ?? {};
  const told = Math.max(project_access?.access_level ?? 0, group_access?.access_level ?? 0);
  if (told >= DEVELOPER) return told;
  const member = await asked(client.member(userId));
  return Math.max(told, member.answer?.access_level ?? 0);
}

/** A token ends at the beginning of its last day, UTC. */
function expiry(day: string | null | undefined): string | null {
  const time = Date.parse(day ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
