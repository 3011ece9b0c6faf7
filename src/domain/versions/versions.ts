import { compareText } from '../release/natural-order.ts';
import type { ReleaseType } from '../release/vocabulary.ts';
import { calendarDay } from './calendar-day.ts';
import { calverScheme } from './calver.ts';
import { checkCalverFormat } from './calver-format.ts';
import { checkCustomPattern, customScheme } from './custom.ts';
import { checkNextLabel, labelScheme } from './label.ts';
import type { Scheme, VersionRule } from './scheme.ts';
import { semverScheme } from './semver.ts';

/* Versions of one (platform, target), by the rule of its release config. */

const VERSION_MAX_LENGTH = 64;

/** What is wrong with the rule itself, as the end of a sentence about its format; null = nothing. */
export function checkRule({ scheme, format }: VersionRule): string | null {
  if (format === null) return null;
  if (format.length > VERSION_MAX_LENGTH) return `is longer than ${VERSION_MAX_LENGTH} characters`;
  switch (scheme) {
    case 'SEMVER':
      return 'means nothing to SEMVER, which has one form only';
    case 'CALVER':
      return checkCalverFormat(format);
    case 'CUSTOM':
      return checkCustomPattern(format);
    default:
      return scheme satisfies never;
  }
}

function schemeOf({ scheme, format }: VersionRule): Scheme {
  switch (scheme) {
    case 'SEMVER':
      return semverScheme;
    case 'CALVER':
      return calverScheme(format);
    case 'CUSTOM':
      return format === null ? labelScheme : customScheme(format);
    default:
      return scheme satisfies never;
  }
}

const isLabels = ({ scheme, format }: VersionRule) => scheme === 'CUSTOM' && format === null;

/** What is wrong with a version by itself; null = nothing. */
export function checkVersion(rule: VersionRule, version: string): string | null {
  if (version === '') return 'is empty';
  if (version.length > VERSION_MAX_LENGTH) return `is longer than ${VERSION_MAX_LENGTH} characters`;
  return schemeOf(rule).check(version);
}

/** A total order: negative when `a` comes before `b`, 0 only where neither is later. Versions that do not fit come before all that do. */
export function compareVersions(rule: VersionRule, a: string, b: string): number {
  const aFits = checkVersion(rule, a) === null;
  const bFits = checkVersion(rule, b) === null;
  if (!aFits || !bFits) return aFits === bFits ? compareText(a, b) : aFits ? 1 : -1;
  return schemeOf(rule).compare(a, b);
}

/** Whether a hotfix of `base` counts on from `version`; null = the scheme knows no lines, and only who fixes whom tells. */
export function isOfLine(rule: VersionRule, base: string, version: string): boolean | null {
  if (checkVersion(rule, base) !== null) return null;
  const scheme = schemeOf(rule);
  const line = scheme.lineOf(base);
  if (line === null) return null;
  return checkVersion(rule, version) === null && scheme.lineOf(version) === line;
}

export interface NextVersion {
  rule: VersionRule;
  type: ReleaseType;
  version: string;
  /** What it must follow: the highest version of its (platform, target); for a HOTFIX the highest of the line it fixes. null = none yet. */
  latest: string | null;
}

/** What is wrong with a version as the next one; null = nothing. A `latest` of another scheme (the config changed) is no measure. */
export function checkNextVersion({ rule, type, version, latest }: NextVersion): string | null {
  const problem = checkVersion(rule, version);
  if (problem !== null) return `The version ${problem}.`;
  if (latest === null || checkVersion(rule, latest) !== null) return null;
  if (isLabels(rule)) return checkNextLabel(version, latest);
  if (compareVersions(rule, version, latest) <= 0) return `The version must be greater than ${latest}.`;
  return schemeOf(rule).checkStep(type, version, latest);
}

export interface Suggestion {
  /** null = a person must say. */
  version: string | null;
  /** What it follows. */
  after: string | null;
  /** A whole sentence. */
  why: string;
}

/** The version that a release of this type would have. @param at when it is planned to be out; a calendar takes the day it is then, by UTC */
export function suggestVersion({ rule, type, latest, at }: Omit<NextVersion, 'version'> & { at: Date }): Suggestion {
  if (isLabels(rule))
    return { version: null, after: latest, why: 'The release config takes any label: which comes next is for people to say.' };
  const measure = latest !== null && checkVersion(rule, latest) === null ? latest : null;
  if (type === 'HOTFIX' && measure === null)
    return { version: null, after: latest, why: 'There is no version to fix that the scheme can count on from.' };
  const version = schemeOf(rule).next(type, measure, calendarDay(at));
  if (version === null || checkNextVersion({ rule, type, version, latest: measure }) !== null) {
    return { version: null, after: latest, why: `No version of the format can follow ${latest ?? 'nothing'} on ${dateOf(at)}.` };
  }
  return { version, after: latest, why: whyThis(rule, type, latest, measure, at) };
}

function whyThis({ scheme }: VersionRule, type: ReleaseType, latest: string | null, measure: string | null, at: Date): string {
  const dated = scheme === 'CALVER' && type !== 'HOTFIX' ? ` for ${dateOf(at)}` : '';
  if (latest === null) return `It is the first version there is${dated}.`;
  if (measure === null) return `${latest} is not of this scheme: the count begins anew${dated}.`;
  return `It is what a ${type} release makes of ${measure}${dated}.`;
}

const dateOf = (at: Date) => at.toISOString().slice(0, 10);
