import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarDay } from './calendar-day.ts';
import { calverScheme } from './calver.ts';
import type { SchemeName, VersionRule } from './scheme.ts';
import { checkNextVersion, checkRule, checkVersion, compareVersions, isOfLine, suggestVersion } from './versions.ts';

const rule = (scheme: SchemeName, format: string | null = null): VersionRule => ({ scheme, format });

describe('checkVersion', () => {
  it.each(['1.4.0', '0.0.1', '10.20.30', '1.4.0+57'])('takes %s for semantic', (version) => {
    expect(checkVersion(rule('SEMVER'), version)).toBeNull();
  });

  it.each(['1.4', 'v1.4.0', ' 1.4.0', '1.4.0 ', '01.4.0', '=1.4.0', 'latest'])('does not take "%s" for semantic', (version) => {
    expect(checkVersion(rule('SEMVER'), version)).toContain('is not a semantic version');
  });

  it('refuses a pre-release part: candidates are marked by their tags', () => {
    expect(checkVersion(rule('SEMVER'), '1.4.0-beta.1')).toContain('pre-release');
  });

  it.each(['2025.06', '2025.6', '2025.12.0', '2025.06.11'])('takes %s for a calendar version', (version) => {
    expect(checkVersion(rule('CALVER'), version)).toBeNull();
  });

  it.each(['2025', '2025.13', '2025.00', '25.06', '2025.06.01', '2025.06.1.1', '2025-06'])(
    'does not take "%s" for a calendar version',
    (version) => {
      expect(checkVersion(rule('CALVER'), version)).toContain('is not a calendar version');
    },
  );

  it('takes any label of letters, digits and . + - for custom, up to 64 characters', () => {
    expect(['spring-2025', 'A+1', 'x'.repeat(64)].map((version) => checkVersion(rule('CUSTOM'), version))).toEqual([null, null, null]);
    expect(checkVersion(rule('CUSTOM'), 'spring 2025')).toContain('may hold only');
    expect(checkVersion(rule('CUSTOM'), 'x'.repeat(65))).toContain('longer than 64');
  });

  it.each(['SEMVER', 'CALVER', 'CUSTOM'] as const)('takes nothing for no version (%s)', (scheme) => {
    expect(checkVersion(rule(scheme), '')).toBe('is empty');
  });
});

describe('checkNextVersion', () => {
  const problem = (scheme: 'SEMVER' | 'CALVER' | 'CUSTOM', type: 'MAJOR' | 'MINOR' | 'HOTFIX', version: string, latest: string | null) =>
    checkNextVersion({ rule: rule(scheme), type, version, latest });

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
    expect(compareVersions(rule(scheme), lower, higher)).toBeLessThan(0);
    expect(compareVersions(rule(scheme), higher, lower)).toBeGreaterThan(0);
  });

  it.each(['SEMVER', 'CALVER', 'CUSTOM'] as const)('is a total order (%s)', (scheme) => {
    fc.assert(
      fc.property(anything, anything, anything, (a, b, c) => {
        const sign = (left: string, right: string) => Math.sign(compareVersions(rule(scheme), left, right));

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

        expect(Math.sign(compareVersions(rule('SEMVER'), a ?? '', b ?? ''))).toBe(Math.sign((weights[0] ?? 0) - (weights[1] ?? 0)));
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
        const refused = checkNextVersion({ rule: rule(scheme), type, version, latest }) !== null;

        if (compareVersions(rule(scheme), version, latest) <= 0) expect(refused).toBe(true);
      }),
    );
  });
});

describe('a format of calendar versions', () => {
  it.each([
    ['YYYY.MM.MICRO', '2026.6.3', ['2026.06.3', '26.6.3', '2026.13.0', '2026.6', '2026.0.1', '2026.6.03']],
    ['YY.MM.MICRO', '6.12.0', ['06.12.0', '2026.12.0', '6.12']],
    ['YY.MINOR.MICRO', '106.1.0', ['1006.1.0', '6.01.0']],
    ['0Y.0W.MICRO', '06.07.0', ['6.07.0', '06.7.0', '06.54.0', '06.00.0']],
    ['YY.WW.MICRO', '26.53.0', ['27.53.0', '26.54.0', '26.05.0']],
    ['YYYY.0W', '2032.53', ['2031.53', '2032.5']],
    ['YYYY.0M.0D', '2028.02.29', ['2027.02.29', '2028.04.31', '2028.2.29']],
    ['YYYY0M0D', '20261121', ['2026.11.21', '2026112', '20261321']],
    ['YYYY-0M-DD+MICRO', '2026-11-3+1', ['2026-11-03+1', '2026-11-3']],
    ['MAJOR.YYYY0M.MICRO', '3.202611.0', ['3.20261.0', '202611.0']],
    ['YY.0M[.MICRO]', '24.04', ['24.4', '24.04.', '24.04.01']],
    ['YY.0M[.MICRO]', '24.04.2', ['24.04.2.1', '24.04.2-rc.1']],
  ])('%s takes %s and not its neighbours', (format, version, others) => {
    expect(checkRule(rule('CALVER', format))).toBeNull();
    expect(checkVersion(rule('CALVER', format), version)).toBeNull();
    for (const other of others) expect(checkVersion(rule('CALVER', format), other), other).not.toBeNull();
  });

  it.each([
    ['MM.MICRO', 'must name the year'],
    ['YYYY.0M.MODIFIER', 'MODIFIER'],
    ['YYYY.YY', 'twice'],
    ['YYYY.MM.0M', 'twice'],
    ['YYYY.WW.DD', 'do not nest'],
    ['YYYY.DD', 'without its month'],
    ['MM.YYYY', 'year before month'],
    ['YYYY.MICRO.MINOR', 'MAJOR before MINOR'],
    ['YYYY.HH', 'holds "HH"'],
    ['YYYY MM', 'holds " "'],
    ['vYYYY', 'holds "v"'],
    ['YYMM', 'where the first one ends'],
    ['YYYYMM.MICRO', null],
    ['YYYY.MMMICRO', 'where the first one ends'],
    ['YYYY.', 'begin and end'],
    ['YYYY..0M', 'in a row'],
    ['YYYY[.0M]', 'counters only'],
    ['[YYYY].0M', 'brackets once'],
    ['YYYY[.MICRO', 'brackets once'],
    ['', 'must name the year'],
    [`YYYY${'.MICRO'.repeat(12)}`, 'longer than 64'],
  ])('"%s" is judged when it is written', (format, says) => {
    const problem = checkRule(rule('CALVER', format));

    if (says === null) expect(problem).toBeNull();
    else expect(problem).toContain(says);
  });
});

describe('a pattern of numbers by name', () => {
  it.each([
    ['{major}.{minor}.{build}', '1.4.57', ['1.4', '1.04.57', 'v1.4.57', '1.4.57.1', '1.4.9999999999']],
    ['build-{build}', 'build-7', ['7', 'build-', 'Build-7']],
    ['{major}.{minor}[.{fix}]', '3.1', ['3', '3.1.']],
    ['{major}.{minor}[.{fix}]', '3.1.2', ['3.1.2.4']],
  ])('%s takes %s and not its neighbours', (format, version, others) => {
    expect(checkRule(rule('CUSTOM', format))).toBeNull();
    expect(checkVersion(rule('CUSTOM', format), version)).toBeNull();
    for (const other of others) expect(checkVersion(rule('CUSTOM', format), other), other).not.toBeNull();
  });

  it.each([
    ['release', 'must hold a number'],
    ['[{build}]', 'not optional'],
    ['{build}[-x]', 'without a number'],
    ['{major}{minor}', 'that is no digit'],
    ['1{minor}', 'that is no digit'],
    ['{minor}0', 'that is no digit'],
    ['{Major}', 'in lower case'],
    ['{a', 'in lower case'],
    ['{a} {b}', 'may hold only'],
    ['{a}/{b}', 'may hold only'],
    ['{a}.{a}', 'twice'],
    ['{minor}.{major}.{patch}', 'must have {major} before {minor}'],
    ['{fix}.{major}.{minor}', 'must have {major} before {minor}'],
    ['[{a}][{b}]', 'brackets once'],
  ])('"%s" is judged when it is written', (format, says) => {
    expect(checkRule(rule('CUSTOM', format))).toContain(says);
  });

  it('means nothing to semantic versions, and none is needed', () => {
    expect(checkRule(rule('SEMVER', '{major}'))).toContain('one form only');
    expect((['SEMVER', 'CALVER', 'CUSTOM'] as const).map((scheme) => checkRule(rule(scheme)))).toEqual([null, null, null]);
  });

  it('lets each type raise its own number, or one before it', () => {
    const step = (type: 'MAJOR' | 'MINOR' | 'HOTFIX', version: string) =>
      checkNextVersion({ rule: rule('CUSTOM', '{epoch}.{major}.{minor}.{patch}.{build}'), type, version, latest: '1.2.3.4.5' });

    expect(step('MAJOR', '1.3.0.0.0')).toBeNull();
    expect(step('MAJOR', '2.0.0.0.0')).toBeNull();
    expect(step('MAJOR', '1.2.4.0.0')).toContain('{major}');
    expect(step('MINOR', '1.2.4.0.0')).toBeNull();
    expect(step('MINOR', '1.2.3.5.0')).toContain('{minor}');
    expect(step('HOTFIX', '1.2.3.5.0')).toBeNull();
    expect(step('HOTFIX', '1.2.3.4.6')).toBeNull();
    expect(step('HOTFIX', '1.2.4.0.0')).toContain('{patch}');
    expect(step('MINOR', '1.2.3.4.5')).toContain('must be greater');
  });
});

describe('the version that is suggested', () => {
  const suggest = (given: VersionRule, type: 'MAJOR' | 'MINOR' | 'HOTFIX', latest: string | null, at = '2026-11-21T10:00:00Z') =>
    suggestVersion({ rule: given, type, latest, at: new Date(at) }).version;

  it.each([
    ['MAJOR', '1.4.3', '2.0.0'],
    ['MINOR', '1.4.3', '1.5.0'],
    ['HOTFIX', '1.4.3', '1.4.4'],
    ['MINOR', null, '1.0.0'],
    ['HOTFIX', null, null],
    ['MINOR', '2025.06', '1.0.0'],
  ] as const)('is for a %s release after %s: %s', (type, latest, version) => {
    expect(suggest(rule('SEMVER'), type, latest)).toBe(version);
  });

  it.each([
    [null, 'MINOR', null, '2026.11'],
    [null, 'MINOR', '2026.10.4', '2026.11'],
    [null, 'MINOR', '2026.11', '2026.11.1'],
    [null, 'HOTFIX', '2026.9.1', '2026.09.2'],
    ['YYYY.MM.MICRO', 'MINOR', '2026.11.0', '2026.11.1'],
    ['YYYY.MM.MICRO', 'MINOR', '2026.10.7', '2026.11.0'],
    ['YYYY.MM.MICRO', 'MINOR', '2027.1.2', '2027.1.3'],
    ['YYYY.MM.MICRO', 'HOTFIX', '2026.3.0', '2026.3.1'],
    ['YY.MINOR.MICRO', 'MINOR', '26.3.2', '26.4.0'],
    ['YY.MINOR.MICRO', 'MINOR', '25.9.9', '26.0.0'],
    ['YY.MINOR.MICRO', 'HOTFIX', '25.9.9', '25.9.10'],
    ['MAJOR.YY.MICRO', 'MAJOR', '3.26.4', '4.26.0'],
    ['MAJOR.YY.MICRO', 'MINOR', '3.26.4', '3.26.5'],
    ['MAJOR.YY.MICRO', 'MINOR', '3.25.4', '3.26.0'],
    ['MAJOR.YY.MICRO', 'MAJOR', '3.25.4', '4.26.0'],
    ['YYYY.0M.0D', 'MINOR', '2026.11.20', '2026.11.21'],
    ['YYYY.0M.0D', 'MINOR', '2026.11.21', null],
    ['YYYY.0M.0D', 'HOTFIX', '2026.11.20', '2026.11.21'],
    ['YYYY.0M.0D[.MICRO]', 'MINOR', '2026.11.21', '2026.11.21.1'],
    ['YYYY0M0D', 'MINOR', '20261101', '20261121'],
    ['0Y.0M.MICRO', 'MINOR', null, '26.11.0'],
  ] as const)('by the calendar %s is for a %s release after %s: %s', (format, type, latest, version) => {
    expect(suggest(rule('CALVER', format), type, latest)).toBe(version);
  });

  it.each([
    ['2026-12-31T23:59:59Z', '26.53.0', '2026.12.31'],
    ['2027-01-01T00:00:00Z', '26.53.0', '2027.1.1'],
    ['2027-01-03T12:00:00Z', '26.53.0', '2027.1.3'],
    ['2027-01-04T00:00:00Z', '27.1.0', '2027.1.4'],
    ['2024-12-30T00:00:00Z', '25.1.0', '2024.12.30'],
    ['2024-12-29T00:00:00Z', '24.52.0', '2024.12.29'],
    ['2021-01-03T00:00:00Z', '20.53.0', '2021.1.3'],
    ['2028-02-29T00:00:00Z', '28.9.0', '2028.2.29'],
    ['2026-11-21T01:30:00+05:30', '26.47.0', '2026.11.20'],
  ])('counts ISO weeks with their own years, and days by UTC (%s)', (at, week, day) => {
    expect(suggest(rule('CALVER', 'YY.WW.MICRO'), 'MINOR', null, at)).toBe(week);
    expect(suggest(rule('CALVER', 'YYYY.MM.DD'), 'MINOR', null, at)).toBe(day);
  });

  it.each([
    ['{major}.{minor}.{build}', 'MAJOR', '1.4.57', '2.0.0'],
    ['{major}.{minor}.{build}', 'MINOR', '1.4.57', '1.5.0'],
    ['{major}.{minor}.{build}', 'HOTFIX', '1.4.57', '1.4.58'],
    ['build-{build}', 'MINOR', 'build-9', 'build-10'],
    ['build-{build}', 'MAJOR', null, 'build-1'],
    ['{major}.{minor}[.{fix}]', 'MINOR', '1.4.2', '1.5'],
    ['{major}.{minor}[.{fix}]', 'HOTFIX', '1.5', '1.5.1'],
    ['{build}', 'MINOR', '999999999', null],
  ] as const)('by the pattern %s is for a %s release after %s: %s', (format, type, latest, version) => {
    expect(suggest(rule('CUSTOM', format), type, latest)).toBe(version);
  });

  it('is none of a label, which people choose, and says so', () => {
    expect(suggestVersion({ rule: rule('CUSTOM'), type: 'MINOR', latest: 'spring', at: new Date(0) })).toEqual({
      version: null,
      after: 'spring',
      why: expect.stringContaining('for people to say'),
    });
  });

  it('is none by a calendar that counts nothing within the same day', () => {
    const today = calendarDay(new Date('2026-11-21T00:00:00Z'));

    expect(calverScheme('YYYY.0M.0D').next('MINOR', '2026.11.21', today)).toBeNull();
  });

  it('says what it follows, and when that counts for nothing', () => {
    const at = new Date('2026-11-21T00:00:00Z');

    expect(suggestVersion({ rule: rule('SEMVER'), type: 'MINOR', latest: '1.4.3', at })).toEqual({
      version: '1.5.0',
      after: '1.4.3',
      why: 'It is what a MINOR release makes of 1.4.3.',
    });
    expect(suggestVersion({ rule: rule('CALVER', 'YYYY.MM.MICRO'), type: 'MINOR', latest: '1.4', at }).why).toBe(
      '1.4 is not of this scheme: the count begins anew for 2026-11-21.',
    );
    expect(suggestVersion({ rule: rule('CALVER', 'YYYY.0M.0D'), type: 'MINOR', latest: '2026.11.21', at }).why).toContain('2026-11-21');
  });
});

describe('a line', () => {
  it.each([
    [rule('SEMVER'), '1.4.0', '1.4.7', '1.5.0'],
    [rule('CALVER'), '2026.06', '2026.6.3', '2026.07'],
    [rule('CALVER', 'YY.MINOR.MICRO'), '26.3.0', '26.3.4', '26.4.0'],
    [rule('CUSTOM', '{major}.{minor}.{build}'), '1.4.0', '1.4.7', '2.4.0'],
  ])('holds what differs in the number of hotfixes only', (given, base, same, other) => {
    expect(isOfLine(given, base, same)).toBe(true);
    expect(isOfLine(given, base, other)).toBe(false);
    expect(isOfLine(given, base, 'nonsense')).toBe(false);
  });

  it('is unknown to labels, to calendars that count nothing, and to a base of another scheme', () => {
    expect(isOfLine(rule('CUSTOM'), 'spring', 'spring-1')).toBeNull();
    expect(isOfLine(rule('CALVER', 'YYYY.0M.0D'), '2026.11.21', '2026.11.22')).toBeNull();
    expect(isOfLine(rule('SEMVER'), 'spring', '1.0.0')).toBeNull();
  });
});
