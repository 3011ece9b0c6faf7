import type { ReleaseType } from '../release/vocabulary.ts';
import type { CalendarDay } from './calendar-day.ts';

export const schemeNames = ['SEMVER', 'CALVER', 'CUSTOM'] as const;
export type SchemeName = (typeof schemeNames)[number];

/** How a release config wants versions written. */
export interface VersionRule {
  scheme: SchemeName;
  /** Of CALVER the tokens of calver.org, of CUSTOM a pattern such as `{major}.{minor}.{build}`; null = as it was before there were formats. */
  format: string | null;
}

export const ruleOf = (config: { versionScheme: SchemeName; versionFormat: string | null }): VersionRule => ({
  scheme: config.versionScheme,
  format: config.versionFormat,
});

/** One way to write versions, put in order. All but `check` are asked about versions that fit only. */
export interface Scheme {
  /** What is wrong with a version by itself, as the end of a sentence; null = nothing. */
  check(version: string): string | null;
  /** A total order: 0 only where neither is later. */
  compare(a: string, b: string): number;
  /** Why `version` cannot follow `latest` by a release of this type; null = it can. */
  checkStep(type: ReleaseType, version: string, latest: string): string | null;
  /** The version that follows; null = the scheme has none, or leaves the choice to people. */
  next(type: ReleaseType, latest: string | null, day: CalendarDay): string | null;
  /** What versions have in common that hotfixes of each other share; null = the scheme knows no lines. */
  lineOf(version: string): string | null;
}
