import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNextVersion, checkVersion, compareVersions } from './versions.ts';

describe('checkVersion', () => {
  it.each(['1.4.0', '0.0.1', '10.20.30', '1.4.0+57'])('takes %s for semantic', (version) => {
    expect(checkVersion('SEMVER', version)).toBeNull();
  });

  it.each(['1.4', 'v1.4.0', ' 1.4.0', '1.4.0 ', '01.4.0', '=1.4.0', 'latest'])('does not take "%s" for semantic', (version) => {
    expect(checkVersion('SEMVER', version)).toContain('is not a semantic version');
  });

  it('refuses a pre-release part: candidates are marked by their tags', () => {
    expect(checkVersion('SEMVER', '1.4.0-beta.1')).toContain('pre-release');
  });

  it.each(['2025.06', '2025.6', '2025.12.0', '2025.06.11'])('takes %s for a calendar version', (version) => {
    expect(checkVersion('CALVER', version)).toBeNull();
  });

  it.each(['2025', '2025.13', '2025.00', '25.06', '2025.06.01', '2025.06.1.1', '2025-06'])(
    'does not take "%s" for a calendar version',
    (version) => {
      expect(checkVersion('CALVER', version)).toContain('is not a calendar version');
    },
  );

  it('takes any label of letters, digits and . + - for custom, up to 64 characters', () => {
    expect(['spring-2025', 'A+1', 'x'.repeat(64)].map((version) => checkVersion('CUSTOM', version))).toEqual([null, null, null]);
    expect(checkVersion('CUSTOM', 'spring 2025')).toContain('may hold only');
    expect(checkVersion('CUSTOM', 'x'.repeat(65))).toContain('longer than 64');
  });

  it.each(['SEMVER', 'CALVER', 'CUSTOM'] as const)('takes nothing for no version (%s)', (scheme) => {
    expect(checkVersion(scheme, '')).toBe('is empty');
  });
});

describe('checkNextVersion', () => {
  const problem = (scheme: 'SEMVER' | 'CALVER' | 'CUSTOM', type: 'MAJOR' | 'MINOR' | 'HOTFIX', version: string, latest: string | null) =>
    checkNextVersion({ scheme, type, version, latest });

  it.each([
    ['MAJOR', '2.0.0'],
    ['MAJOR', '3.1.0'],
    ['MINOR', '1.5.0'],
    ['MINOR', '1.10.0'],
    ['MINOR', '2.0.0'],
    ['HOTFIX', '1.4.4'],
    ['HOTFIX', '1.4.10'],
  ] as const)('lets a %s release go from 1.4.3 to %s', (type, version) => {
    expect(problem('SEMVER', type, version, '1.4.3')).toBeNull();
  });

  it.each([
    ['MAJOR', '1.5.0', 'must raise the first number'],
    ['MINOR', '1.4.4', 'must raise the first or second number'],
    ['HOTFIX', '1.5.0', 'raises only the last number'],
    ['HOTFIX', '2.4.4', 'raises only the last number'],
    ['HOTFIX', '1.4.3', 'must be greater than 1.4.3'],
    ['MINOR', '1.3.9', 'must be greater than 1.4.3'],
    ['MAJOR', '0.9.0', 'must be greater than 1.4.3'],
    ['MINOR', '1.4', 'is not a semantic version'],
  ] as const)('does not let a %s release go from 1.4.3 to %s', (type, version, says) => {
    expect(problem('SEMVER', type, version, '1.4.3')).toContain(says);
  });

  it('does not let build metadata alone make a version greater', () => {
    expect(problem('SEMVER', 'HOTFIX', '1.4.3+2', '1.4.3+1')).toContain('must be greater');
  });

  it('lets the first release have any version, and the first of a new scheme too', () => {
    expect(problem('SEMVER', 'MINOR', '0.1.0', null)).toBeNull();
    expect(problem('CALVER', 'MINOR', '2025.06', '1.4.3')).toBeNull();
  });

  it('compares calendar versions by value and binds a hotfix to its month', () => {
    expect(problem('CALVER', 'MINOR', '2025.10', '2025.9.3')).toBeNull();
    expect(problem('CALVER', 'MINOR', '2025.06.1', '2025.06')).toBeNull();
    expect(problem('CALVER', 'MAJOR', '2025.06.0', '2025.06')).toContain('must be greater');
    expect(problem('CALVER', 'HOTFIX', '2025.06.2', '2025.06.1')).toBeNull();
    expect(problem('CALVER', 'HOTFIX', '2025.07', '2025.06.1')).toContain('raises only the last number');
  });

  it('demands progress of labels that differ in their numbers only, and difference of all others', () => {
    expect(problem('CUSTOM', 'MINOR', 'build-10', 'build-9')).toBeNull();
    expect(problem('CUSTOM', 'MINOR', 'build-8', 'build-9')).toContain('must be greater');
    expect(problem('CUSTOM', 'MINOR', 'autumn', 'spring')).toBeNull();
    expect(problem('CUSTOM', 'MINOR', 'spring', 'spring')).toContain('must differ');
  });
});

describe('compareVersions', () => {
  const semantic = fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)).map((parts) => parts.join('.'));
  const calendar = fc
    .tuple(fc.integer({ min: 2020, max: 2030 }), fc.integer({ min: 1, max: 12 }), fc.nat(20))
    .map((parts) => parts.join('.'));
  const label = fc.stringMatching(/^[0-9a-c.+-]{1,8}$/);
  const anything = fc.oneof(semantic, calendar, label, fc.string({ maxLength: 8 }));

  it.each([
    ['SEMVER', '1.9.0', '1.10.0'],
    ['CALVER', '2025.9', '2025.10'],
    ['CALVER', '2024.12.9', '2025.01'],
    ['CUSTOM', 'rc.2', 'rc.10'],
    ['CUSTOM', 'rc', 'rc.1'],
    ['CUSTOM', '1.01', '1.1'],
    ['CUSTOM', 'a1', 'ab'],
    ['SEMVER', 'not a version', '0.0.1'],
    ['SEMVER', 'a', 'b'],
  ] as const)('puts %s %s before %s', (scheme, lower, higher) => {
    expect(compareVersions(scheme, lower, higher)).toBeLessThan(0);
    expect(compareVersions(scheme, higher, lower)).toBeGreaterThan(0);
  });

  it.each(['SEMVER', 'CALVER', 'CUSTOM'] as const)('is a total order (%s)', (scheme) => {
    fc.assert(
      fc.property(anything, anything, anything, (a, b, c) => {
        const sign = (left: string, right: string) => Math.sign(compareVersions(scheme, left, right));

        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('agrees with the numbers of semantic versions', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30), fc.nat(30)), { minLength: 2, maxLength: 2 }), (pair) => {
        const [a, b] = pair.map((parts) => parts.join('.'));
        const weights = pair.map(([major, minor, patch]) => major * 10_000 + minor * 100 + patch);

        expect(Math.sign(compareVersions('SEMVER', a ?? '', b ?? ''))).toBe(Math.sign((weights[0] ?? 0) - (weights[1] ?? 0)));
      }),
    );
  });

  it('never lets a version follow itself or go back, whatever the type', () => {
    const types = fc.constantFrom('MAJOR', 'MINOR', 'HOTFIX');
    const schemes = fc.oneof(
      fc.record({ scheme: fc.constant('SEMVER' as const), pair: fc.tuple(semantic, semantic) }),
      fc.record({ scheme: fc.constant('CALVER' as const), pair: fc.tuple(calendar, calendar) }),
    );
    fc.assert(
      fc.property(schemes, types, ({ scheme, pair: [latest, version] }, type) => {
        const refused = checkNextVersion({ scheme, type, version, latest }) !== null;

        if (compareVersions(scheme, version, latest) <= 0) expect(refused).toBe(true);
      }),
    );
  });
});
