import * as bodies from './bodies.ts';
import type { FakeProtection, FakeRepository } from './repository.ts';
import { webUrl } from './repository-bodies.ts';

export function shortBranch(repository: FakeRepository, name: string) {
  const sha = repository.git.branches.get(name) ?? '';
  const commit = { sha, url: bodies.apiUrl(repository, `/commits/${sha}`) };
  return { name, commit, protected: isProtected(repository, name) };
}

/** By classic rules or by rulesets. */
function isProtected(repository: FakeRepository, name: string): boolean {
  return repository.protections.has(name) || repository.rules.some((rule) => rule.branch === name);
}

/** `null`: there is no such branch. */
export function branch(repository: FakeRepository, name: string) {
  const head = repository.git.commits.get(repository.git.branches.get(name) ?? '');
  if (!head) return null;
  const protection = repository.protections.get(name);
  const url = bodies.apiUrl(repository, `/branches/${encodeURIComponent(name)}`);
  const contexts = protection?.checks ?? [];
  return {
    name,
    commit: bodies.commit(repository, head),
    _links: { self: url, html: webUrl(repository, `/tree/${encodeURIComponent(name)}`) },
    protected: isProtected(repository, name),
    protection: {
      enabled: protection !== undefined,
      required_status_checks: {
        enforcement_level: contexts.length > 0 ? 'non_admins' : 'off',
        contexts,
        checks: contexts.map((context) => ({ context, app_id: null })),
      },
    },
    protection_url: `${url}/protection`,
  };
}

export function protection(from: FakeProtection) {
  return {
    ...(from.checks.length > 0
      ? {
          required_status_checks: {
            strict: false,
            contexts: from.checks,
            checks: from.checks.map((context) => ({ context, app_id: null })),
          },
        }
      : {}),
    ...(from.approvals > 0
      ? {
          required_pull_request_reviews: {
            dismiss_stale_reviews: false,
            require_code_owner_reviews: false,
            required_approving_review_count: from.approvals,
          },
        }
      : {}),
    enforce_admins: { enabled: from.enforcesAdmins },
    allow_force_pushes: { enabled: from.allowsForcePush },
    allow_deletions: { enabled: false },
    lock_branch: { enabled: false },
  };
}
