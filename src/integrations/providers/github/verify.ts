import type { AdapterDeps, Category, Verification } from '../../kit/define-provider.ts';
import type { ProviderError } from '../../kit/provider-error.ts';
import { readRateLimit } from '../../kit/rate-limit.ts';
import { asked } from './asked.ts';
import { type GithubClient, githubClient } from './client.ts';
import type { GithubConnection } from './identity.ts';
import { verifyInstallation } from './verify-app.ts';

/** Asks what a release would need: the account, the repository, the right to push, and for CI that Actions answers. */
export async function verifyGithub(connection: GithubConnection, deps: AdapterDeps, category: Category): Promise<Verification> {
  const client = githubClient(connection, deps);
  const { credentials, settings } = connection;
  const where = `${settings.owner}/${settings.repo}`;

  const isApp = 'kind' in credentials;
  const { account, problems } = isApp
    ? await verifyInstallation(connection, credentials, deps, category)
    : await verifyAccount(client, settings.owner);
  if (account === null) return { ok: false, problems };

  const repository = await asked(client.repository());
  if (repository.refusal) return { ok: false, problems: [repositoryProblem(repository.refusal, where)] };

  const { data, headers } = repository.answer;
  const found: string[] = [];
  if (data.archived || data.disabled) found.push(`The repository ${where} is archived or disabled: GitHub accepts no changes to it.`);
  // Of an app the repository's answer tells nothing; its installation has told.
  if (!isApp && !mayPush(data, headers)) {
    found.push(`The token may not push to ${where}: grant write access (classic: scope repo; fine-grained: Contents read and write).`);
  }
  if (category === 'ci-cd') found.push(...(await actionsProblems(client, where)));
  if (found.length > 0) return { ok: false, problems: found };

  return { ok: true, account, expiresAt: isApp ? null : expiry(headers), rateLimit: rateLimit(headers, deps.now()) };
}

async function verifyAccount(client: GithubClient, owner: string): Promise<{ account: string | null; problems: string[] }> {
  const { answer, refusal } = await asked(client.user());
  if (refusal?.kind === 'unauthorized') {
    return { account: null, problems: ['The token is not valid or has expired: create a new one and save it in this connection.'] };
  }
  if (refusal?.kind === 'not-found' || refusal?.kind === 'malformed') {
    return {
      account: null,
      problems: ['The base URL does not answer like the API of GitHub (GitHub Enterprise Server: https://<host>/api/v3).'],
    };
  }
  // An installation token pasted as a token has no user; the repository's owner is what people recognise.
  return { account: answer?.data.login ?? `GitHub App on ${owner}`, problems: [] };
}

function repositoryProblem(refusal: ProviderError, where: string): string {
  if (refusal.kind === 'not-found') {
    return `The token cannot see the repository ${where}: check owner and name, and give the token access to this repository.`;
  }
  return `GitHub does not let the token use the repository ${where}: ${refusal.message}`;
}

/** `permissions` speaks of the account; a classic token may be narrower, which only its scopes header tells. */
function mayPush(repository: { private: boolean; permissions?: { push?: boolean | undefined } | undefined }, headers: Headers): boolean {
  if (repository.permissions?.push !== true) return false;
  const scopes = headers.get('x-oauth-scopes');
  if (scopes === null) return true;
  const granted = scopes.split(',').map((scope) => scope.trim());
  return granted.includes('repo') || (!repository.private && granted.includes('public_repo'));
}

async function actionsProblems(client: GithubClient, where: string): Promise<string[]> {
  const actions = await asked(client.workflows(1, 1));
  if (actions.answer) return [];
  return [`GitHub Actions of ${where} cannot be reached: enable Actions and grant the token Actions read and write.`];
}

/** `2026-12-31 23:59:59 UTC`, sometimes with an offset instead of the name. */
function expiry(headers: Headers): string | null {
  const time = Date.parse(headers.get('github-authentication-token-expiration') ?? '');
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function rateLimit(headers: Headers, now: Date): { limit: number; remaining: number; resetsAt: string | null } | null {
  const head = readRateLimit(headers, now);
  return head && { ...head, resetsAt: head.resetsAt?.toISOString() ?? null };
}
