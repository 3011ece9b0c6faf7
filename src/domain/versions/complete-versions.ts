import type { Platform, PlatformTarget, ReleaseType, Target } from '../release/vocabulary.ts';
import type { VersionRule } from './scheme.ts';
import { type Suggestion, suggestVersion } from './versions.ts';

/** The highest version per (platform, target). */
export type LatestVersions = Partial<Record<`${Platform}/${Target}`, string>>;

export interface VersionQuestion {
  rule: VersionRule;
  type: ReleaseType;
  latestVersions: LatestVersions;
  /** When the release is planned to be out. */
  at: Date;
}

export const suggestFor = ({ platform, target }: PlatformTarget, { latestVersions, ...question }: VersionQuestion): Suggestion =>
  suggestVersion({ ...question, latest: latestVersions[`${platform}/${target}`] ?? null });

/** Each target with its version, and why there is none where nobody named one and none can be suggested. */
export function completeVersions<Asked extends PlatformTarget & { version?: string | undefined }>(
  targets: readonly Asked[],
  question: VersionQuestion,
): (Omit<Asked, 'version'> & { version: string; missing: string | null })[] {
  return targets.map((asked) => {
    if (asked.version !== undefined) return { ...asked, version: asked.version, missing: null };
    const { version, why } = suggestFor(asked, question);
    return { ...asked, version: version ?? '', missing: version === null ? `${why} Name a version.` : null };
  });
}
