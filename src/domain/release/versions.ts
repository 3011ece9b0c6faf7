import semver from 'semver';
import type { FrozenConfig } from './config.ts';
import { compareNaturally, compareText } from './natural-order.ts';
import type { ReleaseType } from './vocabulary.ts';

/**
 * Versions by scheme. SEMVER is `1.4.0` without a pre-release part (candidates are marked by their tags, not by their version). CALVER is
 * `2025.06` or `2025.06.1`: year, month, and a running number that is 0 when left out. CUSTOM is any label.
 */
export type VersionScheme = FrozenConfig['versionScheme'];

const MAX_LENGTH = 64;
const CALVER = /^(\d{4})\.(0?[1-9]|1[0-2])(?:\.(0|[1-9]\d{0,8}))?$/;
const CUSTOM = /^[0-9A-Za-z.+-]+$/;

/** What is wrong with a version by itself; null = nothing. */
export function checkVersion(scheme: VersionScheme, version: string): string | null {
  if (version === '') return 'is empty';
  if (version.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  switch (scheme) {
    case 'SEMVER':
      return checkSemver(version);
    case 'CALVER':
      return CALVER.test(version) ? null : 'is not a calendar version such as 2025.06 or 2025.06.1';
    case 'CUSTOM':
      return CUSTOM.test(version) ? null : 'may hold only letters, digits and . + -';
    default:
      return scheme satisfies never;
  }
}

/**
 * A total order: negative when `a` comes before `b`, 0 only where neither is later. SemVer's own precedence, the calendar, and for custom
 * labels numbers by value and text by code point. Versions that do not fit the scheme come before all that do.
 */
export function compareVersions(scheme: VersionScheme, a: string, b: string): number {
  const aFits = checkVersion(scheme, a) === null;
  const bFits = checkVersion(scheme, b) === null;
  if (!aFits || !bFits) return aFits === bFits ? compareText(a, b) : aFits ? 1 : -1;
  switch (scheme) {
    case 'SEMVER':
      return semver.compare(a, b);
    case 'CALVER':
      return compareNumbers(calendarParts(a), calendarParts(b));
    case 'CUSTOM':
      return compareNaturally(a, b);
    default:
      return scheme satisfies never;
  }
}

export interface NextVersion {
  scheme: VersionScheme;
  type: ReleaseType;
  version: string;
  /** What it must follow: the highest version of its (platform, target); for a HOTFIX the highest of the line it fixes. null = none yet. */
  latest: string | null;
}

/** What is wrong with a version as the next one; null = nothing. A `latest` of another scheme (the config changed) is no measure. */
export function checkNextVersion({ scheme, type, version, latest }: NextVersion): string | null {
  const problem = checkVersion(scheme, version);
  if (problem !== null) return `The version ${problem}.`;
  if (latest === null || checkVersion(scheme, latest) !== null) return null;
  if (scheme === 'CUSTOM') return checkNextLabel(version, latest);
  if (compareVersions(scheme, version, latest) <= 0) return `The version must be greater than ${latest}.`;
  return scheme === 'SEMVER' ? checkSemverStep(type, version, latest) : checkCalendarStep(type, version, latest);
}

function checkSemver(version: string): string | null {
  const parsed = semver.parse(version);
  // The parser forgives a leading `v` and blanks, which would then appear in tags.
  if (parsed === null || !/^\d/.test(version) || /\s/.test(version)) return 'is not a semantic version such as 1.4.0';
  if (parsed.prerelease.length > 0) return 'has a pre-release part; candidates are marked by their tags';
  return null;
}

function checkSemverStep(type: ReleaseType, version: string, latest: string): string | null {
  const sameMajor = semver.major(version) === semver.major(latest);
  const sameMinor = sameMajor && semver.minor(version) === semver.minor(latest);
  switch (type) {
    case 'MAJOR':
      return sameMajor ? `A major release must raise the first number of ${latest}.` : null;
    case 'MINOR':
      return sameMinor ? `A minor release must raise the first or second number of ${latest}.` : null;
    case 'HOTFIX':
      return sameMinor ? null : `A hotfix raises only the last number of ${latest}.`;
    default:
      return type satisfies never;
  }
}

/** The calendar has no major and minor; only a hotfix is bound to the month it fixes. */
function checkCalendarStep(type: ReleaseType, version: string, latest: string): string | null {
  const sameMonth = compareNumbers(calendarParts(version).slice(0, 2), calendarParts(latest).slice(0, 2)) === 0;
  return type === 'HOTFIX' && !sameMonth ? `A hotfix raises only the last number of ${latest}.` : null;
}

/** Labels that differ only in their numbers have an order that can be broken; others (`spring`, `autumn`) must only differ. */
function checkNextLabel(version: string, latest: string): string | null {
  if (version === latest) return `The version must differ from ${latest}.`;
  const sameShape = version.replaceAll(/\d+/g, '0') === latest.replaceAll(/\d+/g, '0');
  return sameShape && compareNaturally(version, latest) <= 0 ? `The version must be greater than ${latest}.` : null;
}

function calendarParts(version: string): number[] {
  const [, year, month, micro = '0'] = CALVER.exec(version) ?? [];
  return [Number(year), Number(month), Number(micro)];
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (const [index, left] of a.entries()) {
    const difference = left - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
