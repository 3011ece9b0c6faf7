import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReleaseType } from '../../src/domain/release/vocabulary.ts';
import type { VersionRule } from '../../src/domain/versions/scheme.ts';
import {
  checkNextVersion,
  checkRule,
  checkVersion,
  compareVersions,
  isOfLine,
  suggestVersion,
} from '../../src/domain/versions/versions.ts';

const rules: readonly VersionRule[] = [
  { scheme: 'SEMVER', format: null },
  { scheme: 'CALVER', format: null },
  ...[
    'YYYY.MM.MICRO',
    'YY.WW.MICRO',
    'YYYY.0M.0D',
    'YYYY0M0D',
    '0Y.0W[.MICRO]',
    'YY.MINOR.MICRO',
    'MAJOR.YYYY0M.MICRO',
    'YYYY.MAJOR.MINOR.MICRO',
    'MAJOR.YY.0M.DD',
  ].map((format) => ({ scheme: 'CALVER' as const, format })),
  ...['{major}.{minor}.{build}', 'b{build}', '{epoch}-{minor}.{fix}[+{x}]', '{major}.{minor}[.{patch}]'].map((format) => ({
    scheme: 'CUSTOM' as const,
    format,
  })),
];

const anyRule = fc.constantFrom(...rules);
const anyType = fc.constantFrom<ReleaseType>('MAJOR', 'MINOR', 'HOTFIX');
const anyDay = fc.date({ min: new Date('2001-01-01'), max: new Date('2199-12-31'), noInvalidDate: true });
const history = fc.array(fc.record({ type: anyType, at: anyDay }), { minLength: 1, maxLength: 40 });

/** Every version that somebody gets who always takes what is suggested, whatever the calendar says meanwhile. */
function suggestAll(rule: VersionRule, steps: readonly { type: ReleaseType; at: Date }[]): { type: ReleaseType; version: string }[] {
  const made: { type: ReleaseType; version: string }[] = [];
  for (const { type, at } of steps) {
    const { version } = suggestVersion({ rule, type, latest: made.at(-1)?.version ?? null, at });
    if (version !== null) made.push({ type, version });
  }
  return made;
}

describe('versions', () => {
  it('are written by rules that are valid', () => {
    expect(rules.map(checkRule)).toEqual(rules.map(() => null));
  });

  it('suggested after any history are greater than all before, fit their scheme, and would be accepted from a person', () => {
    fc.assert(
      fc.property(anyRule, history, (rule, steps) => {
        const made = suggestAll(rule, steps);

        for (const [index, { type, version }] of made.entries()) {
          expect(checkVersion(rule, version)).toBeNull();
          expect(checkNextVersion({ rule, type, version, latest: made[index - 1]?.version ?? null })).toBeNull();
          for (const before of made.slice(0, index)) expect(compareVersions(rule, version, before.version)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('suggested for a hotfix stay on its line, where the scheme knows lines', () => {
    fc.assert(
      fc.property(anyRule, history, anyDay, (rule, steps, at) => {
        const base = suggestAll(rule, steps).at(-1)?.version;
        if (base === undefined) return;

        const { version } = suggestVersion({ rule, type: 'HOTFIX', latest: base, at });

        if (version !== null) expect(isOfLine(rule, base, version)).not.toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('have a total order in every scheme, whatever the text', () => {
    const written = anyRule.chain((rule) => history.map((steps) => suggestAll(rule, steps).at(-1)?.version ?? ''));
    const text = fc.oneof(written, fc.string({ maxLength: 10 }), fc.stringMatching(/^[0-9]{1,4}([.-][0-9]{1,2}){1,3}$/));
    fc.assert(
      fc.property(anyRule, text, text, text, (rule, a, b, c) => {
        const sign = (left: string, right: string) => Math.sign(compareVersions(rule, left, right));

        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never count as less than themselves an instant later', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rules.filter(({ scheme }) => scheme === 'CALVER')),
        anyDay,
        fc.nat(40 * 86_400_000),
        (rule, at, later) => {
          const first = suggestVersion({ rule, type: 'MINOR', latest: null, at }).version ?? '';
          const second = suggestVersion({ rule, type: 'MINOR', latest: null, at: new Date(at.getTime() + later) }).version ?? '';

          expect(compareVersions(rule, first, second)).toBeLessThanOrEqual(0);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
