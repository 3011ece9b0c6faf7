import { analysisMinimumMs } from '../deployment/analysis-plan.ts';
import type { TaskPlan } from '../run.ts';
import type { FrozenConfig, FrozenStore } from './config.ts';
import { type ReleaseTaskType, releaseTaskTypes } from './task-types.ts';
import type { Platform, Target, WorkflowType } from './vocabulary.ts';

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
      { type: 'WAIT_FOR_TURN', wanted: config.concurrency.perType !== null, notBefore: facts.kickOffDate },
      { type: 'FORK_BRANCH', wanted: true, after: ['WAIT_FOR_TURN'], notBefore: facts.kickOffDate },
      { type: 'CREATE_PROJECT_MANAGEMENT_TICKET', wanted: hasTracker(config), after: ['FORK_BRANCH'] },
      { type: 'CREATE_TEST_SUITE', wanted: hasTestManagement(config), after: ['FORK_BRANCH'] },
      { type: 'TRIGGER_PRE_REGRESSION_BUILDS', wanted: config.preRegressionBuilds, after: ['FORK_BRANCH'] },
    ],
    null,
  );
}

/**
 * @param cycle `automation` is the slot's flag; it means nothing where no automation workflow exists. `supersedes`: the last of the earlier
 *   cycles whose CI runs may still be under way; absent = none
 */
export function planCycle(
  facts: PlanningFacts,
  { supersedes = null, ...cycle }: { number: number; automation: boolean; supersedes?: number | null },
): TaskPlan[] {
  const { config } = facts;
  // A hotfix may go without: its cycle marks the candidate that people approve and that is built for the stores.
  const tested = !config.skipped.regression;
  const automation = tested && cycle.automation && hasWorkflow(facts, 'AUTOMATION_BUILD');
  const work = build(
    config,
    [
      { type: 'RESET_TEST_SUITE', wanted: cycle.number > 1 && hasTestManagement(config) },
      { type: 'CREATE_RC_TAG', wanted: true },
      { type: 'CREATE_RELEASE_NOTES', wanted: true, after: ['CREATE_RC_TAG'] },
      { type: 'TRIGGER_REGRESSION_BUILDS', wanted: tested, after: ['CREATE_RC_TAG'] },
      { type: 'TRIGGER_AUTOMATION_RUNS', wanted: automation, after: ['TRIGGER_REGRESSION_BUILDS'] },
      { type: 'AUTOMATION_RUNS', wanted: automation, after: ['TRIGGER_AUTOMATION_RUNS'] },
      {
        type: 'SEND_REGRESSION_BUILD_MESSAGE',
        wanted: tested && hasMessaging(config),
        after: ['TRIGGER_REGRESSION_BUILDS', 'CREATE_RELEASE_NOTES'],
      },
    ],
    { cycle: cycle.number },
  );
  return [...(supersedes === null ? [] : planCancellation(facts, supersedes)), ...work];
}

/** Nothing waits for it: the runs of a CI that is away must not keep the next candidate. @param through the last cycle whose runs it stops */
export function planCancellation({ config }: Pick<PlanningFacts, 'config'>, through: number): TaskPlan[] {
  const plan = taskOf('CANCEL_SUPERSEDED_BUILDS', config);
  return [{ ...plan, key: cancellationKey(through), input: { through }, startsNothing: true }];
}

export const cancellationKey = (through: number): string => `CANCEL_SUPERSEDED_BUILDS/${through}`;

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
  const gate: Candidate = {
    type: 'APPROVE_DISTRIBUTION',
    wanted: config.stores.length > 0,
    after: [...work, last].map(({ type }) => type),
  };
  return build(config, [...work, last, gate], { cycle: lastCycle });
}

const submissionTo: Record<Target, ReleaseTaskType | null> = {
  APP_STORE: 'SUBMIT_TO_APP_STORE',
  PLAY_STORE: 'SUBMIT_TO_PLAY_STORE',
  WEB: null,
};

/** Target by target, none waiting for another; empty where the release goes to no store. */
export function planDistribution({ config }: Pick<PlanningFacts, 'config'>, lastCycle: number): TaskPlan[] {
  const perTarget = config.stores.flatMap((store): TaskPlan[] => {
    const type = submissionTo[store.target];
    if (type === null) return [];
    const keyOf = (of: ReleaseTaskType) => `${of}/${store.target}`;
    const input = { target: store.target, cycle: lastCycle };
    const submission = { ...taskOf(type, config), key: keyOf(type), input };
    const rollout = { ...taskOf('ROLL_OUT', config), key: keyOf('ROLL_OUT'), dependsOn: [submission.key], input };
    return [submission, { ...rollout, deadlineMs: rollout.deadlineMs + plannedWaitMs(store) }];
  });
  if (perTarget.length === 0) return [];
  const rollouts = perTarget.filter(({ type }) => type === 'ROLL_OUT').map(({ key }) => key);
  return [...perTarget, { ...taskOf('COMPLETE_RELEASE', config), dependsOn: rollouts, input: { cycle: lastCycle } }];
}

/** What a plan itself takes is no delay. */
function plannedWaitMs({ rolloutPlan }: FrozenStore): number {
  if (rolloutPlan.kind !== 'staged') return 0;
  return rolloutPlan.steps.reduce(
    (sum, { waitMinutes, analysis }) => sum + Math.max((waitMinutes ?? 0) * 60_000, analysisMinimumMs(analysis)),
    0,
  );
}

/** Without tickets of its own there is none to check; the tracker still tells what tickets in the notes are called. */
const hasTracker = (config: FrozenConfig) =>
  config.projectManagementConfigId !== null && !config.skipped.tasks.includes('CREATE_PROJECT_MANAGEMENT_TICKET');
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
    if (wanted) plans.push({ ...taskOf(type, config), dependsOn, notBefore, input });
  }
  return plans;
}

/** A task of this type that waits for nothing. */
function taskOf(type: ReleaseTaskType, config: FrozenConfig): TaskPlan {
  const { maxAttempts, onDeadline } = releaseTaskTypes[type];
  const plan = { key: type, type, dependsOn: [], notBefore: null, input: null, maxAttempts, onDeadline };
  return { ...plan, deadlineMs: deadlineOf(type, config) };
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
