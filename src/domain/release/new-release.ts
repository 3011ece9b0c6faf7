import type { LatestVersions } from '../versions/complete-versions.ts';
import type { FrozenConfig } from './config.ts';
import type { HotfixOrigin, Platform, PlatformTarget, ReleaseStatus, ReleaseType, SkippableTask } from './vocabulary.ts';

/** The names a release has in the repository. */
export interface ReleaseRefs {
  branch: string;
  /** What the branch is forked from: a branch, or for a hotfix the tag of its base. Equal to `branch` = the branch exists and is kept. */
  baseBranch: string;
  /** The final tag; candidates append `-rc.N`. */
  tagBase: string;
}

/** Another release of the repository with the same branch or tag. */
export interface TakenRefs {
  displayId: string;
  branch: string;
  tagBase: string;
  status: ReleaseStatus;
}

/** What a person asks for. */
export interface NewReleaseInput {
  type: ReleaseType;
  /** Without a version: what the scheme suggests. */
  platformTargets: (PlatformTarget & { version?: string | undefined })[];
  baseBranch?: string;
  branch?: string;
  baseReleaseId?: string;
  /** Of a hotfix; absent: on the base's branch where that is named, else from its tag. */
  branchFrom?: HotfixOrigin;
  /** Of a hotfix, as far as the config lets it. */
  skipTasks?: SkippableTask[];
  skipRegression?: boolean;
  /** Where the notes begin when the release before this one was not made here. */
  baseTag?: string;
  kickOffReminderDate?: Date;
  kickOffDate: Date;
  targetReleaseDate: Date;
  regressionSlots: { date: Date; automation?: boolean }[];
  description?: string;
}

/** What the decision needs to know of the tenant. */
export interface NewReleaseContext {
  /** The config with its workflows, as it would be frozen into the release. */
  config: FrozenConfig;
  configActive: boolean;
  /** Highest version per (platform, target); for a HOTFIX the highest of the line of its base release. */
  latestVersions: LatestVersions;
  /** The release that `baseReleaseId` names, when the tenant has it. */
  baseRelease: { branch: string; releaseTag: string | null; status: ReleaseStatus } | null;
  /** Other releases of the repository, archived ones aside, whose branch or tag is one of this one's. */
  taken: readonly TakenRefs[];
}

/** The same with every version said; '' where none was and none can be suggested. */
export type VersionedInput = Omit<NewReleaseInput, 'platformTargets'> & { platformTargets: (PlatformTarget & { version: string })[] };

/** A release that may be created, with everything decided. */
export interface NewRelease extends ReleaseRefs {
  /** The context's, without what this release leaves out. */
  config: FrozenConfig;
  type: ReleaseType;
  platformTargets: (PlatformTarget & { version: string })[];
  /** The release's platforms, each once. */
  platforms: Platform[];
  baseReleaseId: string | null;
  baseTag: string | null;
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  slots: { date: Date; flags: { automation: boolean } }[];
  description: string | null;
}
