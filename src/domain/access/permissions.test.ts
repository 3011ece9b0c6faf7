import { describe, expect, it } from 'vitest';
import { can, effectivePermissions, mayGrant, permissions, type Role, roles } from './permissions.ts';

const allOf = (role: Role) => permissions.filter((permission) => can(role, permission));

describe('roles', () => {
  it('contain each other from viewer to owner, each adding something up to admin', () => {
    const ladder = (['viewer', 'contributor', 'release-manager', 'admin'] as const).map(allOf);

    for (const [index, lower] of ladder.slice(0, -1).entries()) {
      expect(ladder[index + 1]).toEqual(expect.arrayContaining(lower));
      expect(ladder[index + 1]?.length).toBeGreaterThan(lower.length);
    }
    expect(allOf('owner')).toEqual([...permissions]);
  });

  it('let CI report builds and read releases, and nothing else', () => {
    expect(allOf('ci')).toEqual(['release:read', 'build:report']);
  });

  it('let a viewer change nothing', () => {
    expect(allOf('viewer').every((permission) => permission.endsWith(':read'))).toBe(true);
  });

  it.each([
    ['contributor', 'task:skip'],
    ['contributor', 'gate:approve'],
    ['release-manager', 'gate:override'],
    ['release-manager', 'integration:write'],
    ['release-manager', 'member:write'],
  ] as const)('do not give a %s %s', (role, permission) => {
    expect(can(role, permission)).toBe(false);
  });
});

describe('effectivePermissions', () => {
  it('are the member’s own without a token', () => {
    expect([...effectivePermissions('contributor', null, [])]).toEqual(allOf('contributor'));
  });

  it('never exceed the member, whatever the token says', () => {
    expect([...effectivePermissions('viewer', 'owner', [])]).toEqual(allOf('viewer'));
  });

  it('never exceed the token, whoever holds it', () => {
    expect([...effectivePermissions('owner', 'ci', [])]).toEqual(allOf('ci'));
  });

  it('are narrowed by scopes, never widened', () => {
    expect([...effectivePermissions('owner', 'viewer', ['release:read', 'member:write'])]).toEqual(['release:read']);
  });

  it('are none for a token with scopes nobody knows', () => {
    expect(effectivePermissions('owner', 'owner', ['everything']).size).toBe(0);
  });
});

describe('mayGrant', () => {
  it('lets only owners make owners', () => {
    expect(roles.filter((role) => mayGrant(role, 'owner'))).toEqual(['owner']);
  });

  it('lets nobody hand out more than they have', () => {
    expect(roles.filter((role) => mayGrant('release-manager', role))).toEqual(['release-manager', 'contributor', 'viewer', 'ci']);
    expect(roles.filter((role) => mayGrant('viewer', role))).toEqual(['viewer']);
  });
});
