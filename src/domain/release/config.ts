import type { BuildMode, Platform, PlatformTarget, ReleaseType, WorkflowType } from './vocabulary.ts';

/** What a person writes in a release config. Ids name configs of the same tenant; `null` = not used. */
export interface ReleaseConfigBody {
  releaseType: ReleaseType;
  platformTargets: PlatformTarget[];
  baseBranch: string;
  /** `{version}` stands for the first platform's version. */
  branchPattern: string;
  /** RC tags append `-rc.N`. */
  tagPattern: string;
  buildMode: BuildMode;
  scmIntegrationId: string;
  ciConfigId: string | null;
  projectManagementConfigId: string | null;
  testManagementConfigId: string | null;
  commsConfigId: string | null;
  versionScheme: 'SEMVER' | 'CALVER' | 'CUSTOM';
  /** Builds before the first regression cycle. */
  preRegressionBuilds: boolean;
  /** Automation runs after the builds of each cycle, unless the slot says otherwise. */
  automationRuns: boolean;
  /** Percentage of automated tests that must pass, 0 to 100. */
  automationPassThresholdPercent: number;
  gates: {
    /** Whether regression → post-regression needs a person. */
    preReleaseApproval: 'manual' | 'automatic';
    /** How many people must approve. */
    quorum: number;
    /** Whether whoever created the release may approve it. */
    allowSelfApproval: boolean;
  };
}

/** The copy inside a release: the body, plus what the planner must know without asking anybody. */
export interface FrozenConfig extends ReleaseConfigBody {
  configName: string;
  /** Workflows present at creation. */
  workflows: { platform: Platform; workflowType: WorkflowType }[];
}
