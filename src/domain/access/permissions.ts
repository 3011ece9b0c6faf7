/** Who may do what. A role is a set of permissions; a token narrows its account's role and never widens it. */

export const roles = ['owner', 'admin', 'release-manager', 'contributor', 'viewer', 'ci'] as const;
export type Role = (typeof roles)[number];

export const permissions = [
  'release:read',
  'release:create',
  'release:update',
  'release:archive',
  'release:pause',
  'deployment:create',
  'deployment:cancel',
  'deployment:rollback',
  'deployment:approve',
  'task:retry',
  'task:skip',
  'task:complete',
  'gate:approve',
  'gate:override',
  'build:report',
  'integration:read',
  'integration:write',
  'config:read',
  'config:write',
  'token:write',
  'member:write',
] as const;
export type Permission = (typeof permissions)[number];

const viewer: readonly Permission[] = ['release:read', 'integration:read', 'config:read'];
const contributor: readonly Permission[] = [...viewer, 'build:report', 'task:retry'];
const releaseManager: readonly Permission[] = [
  ...contributor,
  'release:create',
  'release:update',
  'release:archive',
  'release:pause',
  'deployment:create',
  'deployment:cancel',
  'deployment:rollback',
  'deployment:approve',
  'task:skip',
  'task:complete',
  'gate:approve',
  'config:write',
];
const admin: readonly Permission[] = [...releaseManager, 'gate:override', 'integration:write', 'token:write', 'member:write'];

const permissionsOf: Record<Role, ReadonlySet<Permission>> = {
  owner: new Set(permissions),
  admin: new Set(admin),
  'release-manager': new Set(releaseManager),
  contributor: new Set(contributor),
  viewer: new Set(viewer),
  ci: new Set<Permission>(['build:report', 'release:read']),
};

export const can = (role: Role, permission: Permission): boolean => permissionsOf[role].has(permission);

/**
 * What a request may do: no more than the member, no more than the token's role, and of that only the token's scopes when it has any.
 * @param tokenRole null = the account itself, not one of its tokens
 * @param scopes empty = all of the role. A scope nobody knows grants nothing, and narrows all the same.
 */
export function effectivePermissions(memberRole: Role, tokenRole: Role | null, scopes: readonly string[]): ReadonlySet<Permission> {
  return new Set(
    permissions.filter(
      (permission) =>
        can(memberRole, permission) &&
        (tokenRole === null || can(tokenRole, permission)) &&
        (scopes.length === 0 || scopes.includes(permission)),
    ),
  );
}

/** Whether somebody may give this role to a member or a token: nobody hands out more than they have, and only an owner makes owners. */
export function mayGrant(granter: Role, granted: Role): boolean {
  if (granted === 'owner') return granter === 'owner';
  return [...permissionsOf[granted]].every((permission) => can(granter, permission));
}
