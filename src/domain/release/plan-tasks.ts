import type { TaskPlan } from '../run.ts';
import type { FrozenConfig } from './config.ts';
import { type ReleaseTaskType, releaseTaskTypes } from './task-types.ts';
import type { Platform, WorkflowType } from './vocabulary.ts';

/** What decides which tasks a release has. */
export interface PlanningFacts {
  config: FrozenConfig;
  /** The release's own platforms, without repetition. */
  platforms: readonly Platform[];
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
}

/** A task that may turn out not to be wanted; whoever depends on it then depends on what it depended on. */
interface Candidate {
  type: ReleaseTaskType;
  wanted: boolean;
  after?: readonly ReleaseTaskType[];
  notBefore?: Date;
}

export function planKickoff(facts: PlanningFacts): TaskPlan[] {
  const { config, kickOffReminderDate } = facts;
  const remind = kickOffReminderDate !== null && hasMessaging(config);
  return build(
    config,
    [
      { type: 'PRE_KICK_OFF_REMINDER', wanted: remind, ...(kickOffReminderDate === null ? {} : { notBefore: kickOffReminderDate }) },
      { type: 'FORK_BRANCH', wanted: true, notBefore: facts.kickOffDate },
      { type: 'CREATE_PROJECT_MANAGEMENT_TICKET', wanted: hasTracker(config), after: ['FORK_BRANCH'] },
      { type: 'CREATE_TEST_SUITE', wanted: hasTestManagement(config), after: ['FORK_BRANCH'] },
      { type: 'TRIGGER_PRE_REGRESSION_BUILDS', wanted: config.preRegressionBuilds, after: ['FORK_BRANCH'] },
    ],
    null,
  );
}

/** @param cycle `automation` is the slot's flag; it means nothing where no automation workflow exists */
export function planCycle(facts: PlanningFacts, cycle: { number: number; automation: boolean }): TaskPlan[] {
  const { config } = facts;
  const automation = cycle.automation && hasWorkflow(facts, 'AUTOMATION_BUILD');
  return build(
    config,
    [
      { type: 'RESET_TEST_SUITE', wanted: cycle.number > 1 && hasTestManagement(config) },
      { type: 'CREATE_RC_TAG', wanted: true },
      { type: 'CREATE_RELEASE_NOTES', wanted: true, after: ['CREATE_RC_TAG'] },
      { type: 'TRIGGER_REGRESSION_BUILDS', wanted: true, after: ['CREATE_RC_TAG'] },
      { type: 'TRIGGER_AUTOMATION_RUNS', wanted: automation, after: ['TRIGGER_REGRESSION_BUILDS'] },
      { type: 'AUTOMATION_RUNS', wanted: automation, after: ['TRIGGER_AUTOMATION_RUNS'] },
      {
        type: 'SEND_REGRESSION_BUILD_MESSAGE',
        wanted: hasMessaging(config),
        after: ['TRIGGER_REGRESSION_BUILDS', 'CREATE_RELEASE_NOTES'],
      },
    ],
    { cycle: cycle.number },
  );
}

/**
 * The gate out of regression.
 * @param round 1 for the first gate of a stage attempt; more when an earlier one of the same attempt was cancelled, because task keys are
 *   unique within an attempt
 */
export function planGate(facts: PlanningFacts, lastCycle: number, round = 1): TaskPlan[] {
  const [gate] = build(facts.config, [{ type: 'APPROVE_REGRESSION', wanted: true }], { cycle: lastCycle });
  return gate === undefined ? [] : [round === 1 ? gate : { ...gate, key: `${gate.key}_${round}` }];
}

export function planPostRegression(facts: PlanningFacts, lastCycle: number): TaskPlan[] {
  const { config, platforms } = facts;
  const work: Candidate[] = [
    { type: 'PRE_RELEASE_CHERRY_PICKS_REMINDER', wanted: hasMessaging(config) },
    { type: 'CHECK_PROJECT_RELEASE_APPROVAL', wanted: hasTracker(config) },
    { type: 'CREATE_RELEASE_TAG', wanted: true, after: ['CHECK_PROJECT_RELEASE_APPROVAL'] },
    { type: 'CREATE_FINAL_RELEASE_NOTES', wanted: true, after: ['CREATE_RELEASE_TAG'] },
    { type: 'TRIGGER_TEST_FLIGHT_BUILD', wanted: platforms.includes('IOS'), after: ['CREATE_RELEASE_TAG'] },
    { type: 'CREATE_AAB_BUILD', wanted: platforms.includes('ANDROID'), after: ['CREATE_RELEASE_TAG'] },
  ];
  const last: Candidate = { type: 'SEND_POST_REGRESSION_MESSAGE', wanted: hasMessaging(config), after: work.map(({ type }) => type) };
  return build(config, [...work, last], { cycle: lastCycle });
}

const hasTracker = (config: FrozenConfig) => config.projectManagementConfigId !== null;
const hasTestManagement = (config: FrozenConfig) => config.testManagementConfigId !== null;
const hasMessaging = (config: FrozenConfig) => config.commsConfigId !== null;

function hasWorkflow(facts: PlanningFacts, workflowType: WorkflowType): boolean {
  return facts.config.workflows.some((workflow) => workflow.workflowType === workflowType && facts.platforms.includes(workflow.platform));
}

/** Candidates come predecessors first, so that an unwanted one's own dependencies are settled when somebody inherits them. */
function build(config: FrozenConfig, candidates: readonly Candidate[], input: Record<string, unknown> | null): TaskPlan[] {
  const standsFor = new Map<ReleaseTaskType, readonly ReleaseTaskType[]>();
  const plans: TaskPlan[] = [];
  for (const { type, wanted, after = [], notBefore = null } of candidates) {
    const dependsOn = [...new Set(after.flatMap((predecessor) => standsFor.get(predecessor) ?? []))];
    standsFor.set(type, wanted ? [type] : dependsOn);
    const { maxAttempts, onDeadline } = releaseTaskTypes[type];
    const deadlineMs = deadlineOf(type, config);
    if (wanted) plans.push({ key: type, type, dependsOn, notBefore, input, maxAttempts, deadlineMs, onDeadline });
  }
  return plans;
}

const manualBuilds: readonly ReleaseTaskType[] = [
  'TRIGGER_PRE_REGRESSION_BUILDS',
  'TRIGGER_REGRESSION_BUILDS',
  'TRIGGER_TEST_FLIGHT_BUILD',
  'CREATE_AAB_BUILD',
];
const MANUAL_BUILD_DEADLINE_MS = 14 * 86_400_000;

/** A machine that has not built within hours hangs; a person may take days. */
function deadlineOf(type: ReleaseTaskType, config: FrozenConfig): number {
  return config.buildMode === 'MANUAL' && manualBuilds.includes(type) ? MANUAL_BUILD_DEADLINE_MS : releaseTaskTypes[type].deadlineMs;
}
