import type { RolloutPlan } from '../rollout/plan.ts';
import type { ReleaseSchedule } from '../schedule/schedule.ts';
import type { SchemeName } from '../versions/scheme.ts';
import type { GateRules } from './gate-rules.ts';
import type {
  BuildMode,
  Platform,
  PlatformTarget,
  ReleaseType,
  SkippableTask,
  SlotCatchUp,
  StoreTarget,
  WorkflowType,
} from './vocabulary.ts';

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
  /** Targets that Signalbox brings to their store, one entry each; none = the release ends after post-regression. */
  stores: StoreChoice[];
  versionScheme: SchemeName;
  /** Of CALVER and CUSTOM, e.g. `YYYY.MM.MICRO` or `{major}.{minor}.{build}`; null = the month with a running number, or any label. */
  versionFormat: string | null;
  hotfix: HotfixPolicy;
  /** How many releases of this config and one type may be past their kickoff at a time; null = any number. Hotfixes never wait. */
  concurrency: { perType: number | null };
  /** Where dates come from that a new release does not name; null = people name them all. */
  schedule: ReleaseSchedule | null;
  /** Of several slots that are late at once: each has its cycle, oldest first, or only the newest has. */
  slotCatchUp: SlotCatchUp;
  /** Builds before the first regression cycle. */
  preRegressionBuilds: boolean;
  /** Automation runs after the builds of each cycle, unless the slot says otherwise. */
  automationRuns: boolean;
  /** Percentage of automated tests that must pass, 0 to 100. */
  automationPassThresholdPercent: number;
  gates: GateRules;
}

/** What hotfixes of a release config may do without. */
export interface HotfixPolicy {
  skipTasks: SkippableTask[];
  /** Then a cycle only tags the candidate and writes its notes, nothing tests it, and a person must approve it whatever else the config says. */
  skipRegression: boolean;
}

/** One target's way into its store. */
export interface StoreChoice {
  target: StoreTarget;
  storeConfigId: string;
  rolloutPlan: RolloutPlan;
}

/** The same inside a release, with what its store config said at creation. */
export interface FrozenStore extends StoreChoice {
  integrationId: string;
  /** Provider id: with `appId` it names what locks serialise. */
  provider: string;
  appId: string;
  track: string;
  uploadBy: 'CI' | 'SIGNALBOX';
  updatePriority: number | null;
}

/** The copy inside a release: the body, plus what the planner must know without asking anybody. */
export interface FrozenConfig extends Omit<ReleaseConfigBody, 'stores'> {
  stores: FrozenStore[];
  configName: string;
  /** What this very release does without. */
  skipped: { tasks: SkippableTask[]; regression: boolean };
  /** Workflows present at creation. */
  workflows: { platform: Platform; workflowType: WorkflowType }[];
}
