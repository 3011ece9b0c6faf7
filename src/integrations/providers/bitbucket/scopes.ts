/** Scopes come in two languages: `pullrequest:write` of access tokens and consumers, `write:pullrequest:bitbucket` of API tokens. */

const NEEDED = ['repository', 'repository:write', 'pullrequest', 'pullrequest:write'] as const;
type Scope = (typeof NEEDED)[number];

/** In the older language a scope brings others along; in the newer one each stands alone. */
const IMPLIES: Readonly<Record<string, readonly Scope[]>> = {
  'repository:write': ['repository'],
  pullrequest: ['repository'],
  'pullrequest:write': ['pullrequest', 'repository:write', 'repository'],
};

const NEWER: Record<Scope, string> = {
  repository: 'read:repository:bitbucket',
  'repository:write': 'write:repository:bitbucket',
  pullrequest: 'read:pullrequest:bitbucket',
  'pullrequest:write': 'write:pullrequest:bitbucket',
};

/** @param header `x-oauth-scopes` of an answer; without it nothing is known to be missing */
export function missingScopes(header: string | null): string[] {
  const granted = (header ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
  if (granted.length === 0) return [];
  if (granted.some((scope) => scope.endsWith(':bitbucket')))
    return NEEDED.map((scope) => NEWER[scope]).filter((scope) => !granted.includes(scope));
  const held = new Set([...granted, ...granted.flatMap((scope) => IMPLIES[scope] ?? [])]);
  return NEEDED.filter((scope) => !held.has(scope));
}
