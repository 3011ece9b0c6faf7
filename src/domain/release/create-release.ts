import type { FrozenConfig } from './config.ts';
import { checkAreDates, checkDateOrder, isPast, PAST_TOLERANCE_MS } from './dates.ts';
import { checkRefName } from './git-ref.ts';
import { checkWorkflows } from './needed-workflows.ts';
import type { Checked, Problem } from './problem.ts';
import { checkNextVersion } from './versions.ts';
import type { Platform, PlatformTarget, ReleaseStatus, ReleaseType, Target } from './vocabulary.ts';
import { targetsOf } from './vocabulary.ts';

/** What a person asks for. */
export interface NewReleaseInput {
  type: ReleaseType;
  platformTargets: (PlatformTarget & { version: string })[];
  baseBranch?: string;
  branch?: string;
  baseReleaseId?: string;
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
  latestVersions: Partial<Record<`${Platform}/${Target}`, string>>;
  /** The release that `baseReleaseId` names, when the tenant has it. */
  baseRelease: { branch: string; releaseTag: string | null; status: ReleaseStatus } | null;
}

/** A release that may be created, with everything decided. */
export interface NewRelease {
  type: ReleaseType;
  platformTargets: (PlatformTarget & { version: string })[];
  /** The release's platforms, each once. */
  platforms: Platform[];
  branch: string;
  /** What the branch is forked from: a branch, or for a hotfix the tag of its base. Equal to `branch` = the branch exists and is kept. */
  baseBranch: string;
  baseReleaseId: string | null;
  baseTag: string | null;
  /** The final tag; candidates append `-rc.N`. */
  tagBase: string;
  kickOffReminderDate: Date | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  slots: { date: Date; flags: { automation: boolean } }[];
  description: string | null;
}

/** Everything that is wrong with a new release at once, or the release with branch, tag and slots resolved. */
export function validateNewRelease(input: NewReleaseInput, context: NewReleaseContext, now: Date): Checked<NewRelease> {
  const slots = resolveSlots(input, context.config);
  const platforms = [...new Set(input.platformTargets.map(({ platform }) => platform))];
  const refs = resolveRefs(input, context);
  const problems = [
    ...checkConfig(context),
    ...checkTargets(input, context.config),
    ...checkVersions(input, context),
    ...checkBase(input, context),
    ...checkDates(input, now),
    ...checkWorkflows(context.config, input),
    ...checkRefs(input, context, refs),
  ];
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: {
      type: input.type,
      platformTargets: input.platformTargets,
      platforms,
      ...refs,
      baseReleaseId: input.baseReleaseId ?? null,
      baseTag: input.baseTag ?? null,
      kickOffReminderDate: input.kickOffReminderDate ?? null,
      kickOffDate: input.kickOffDate,
      targetReleaseDate: input.targetReleaseDate,
      slots,
      description: input.description ?? null,
    },
  };
}

/** A hotfix without slots has its one cycle right after the kickoff: without a cycle there would be no candidate to release. */
function resolveSlots(input: NewReleaseInput, config: FrozenConfig): NewRelease['slots'] {
  const platforms = input.platformTargets.map(({ platform }) => platform);
  const possible = config.workflows.some((entry) => entry.workflowType === 'AUTOMATION_BUILD' && platforms.includes(entry.platform));
  const flagsOf = (automation = config.automationRuns && possible) => ({ automation });
  if (input.type === 'HOTFIX' && input.regressionSlots.length === 0) return [{ date: input.kickOffDate, flags: flagsOf() }];
  return input.regressionSlots
    .map(({ date, automation }) => ({ date, flags: flagsOf(automation) }))
    .sort((a, b) => a.date.getTime() - b.date.getTime());
}

function resolveRefs(input: NewReleaseInput, { config, baseRelease }: NewReleaseContext) {
  const version = input.platformTargets[0]?.version ?? '';
  const branch = input.branch ?? fill(config.branchPattern, version);
  const tagBase = fill(config.tagPattern, version);
  if (input.type !== 'HOTFIX' || baseRelease === null) return { branch, tagBase, baseBranch: input.baseBranch ?? config.baseBranch };
  const fromBase = branch === baseRelease.branch ? baseRelease.branch : (baseRelease.releaseTag ?? baseRelease.branch);
  return { branch, tagBase, baseBranch: input.baseBranch ?? fromBase };
}

function checkConfig({ config, configActive }: NewReleaseContext): Problem[] {
  const problems: Problem[] = [];
  if (!configActive) problems.push({ field: '/configId', message: 'The release config is not active.' });
  if (config.scmIntegrationId === '') {
    problems.push({ field: '/config/scmIntegrationId', message: 'A release needs a source control connection.' });
  }
  return problems;
}

function checkTargets(input: NewReleaseInput, config: FrozenConfig): Problem[] {
  if (input.platformTargets.length === 0) return [{ field: '/platformTargets', message: 'A release needs a platform.' }];
  const seen = new Set<string>();
  return input.platformTargets.flatMap(({ platform, target }, index) => {
    const pair = `${platform}/${target}`;
    const twice = seen.has(pair);
    seen.add(pair);
    const field = `/platformTargets/${index}`;
    if (!targetsOf[platform].includes(target)) return [{ field: `${field}/target`, message: `${platform} cannot go to ${target}.` }];
    if (twice) return [{ field, message: `${pair} is named twice.` }];
    const allowed = config.platformTargets.some((entry) => entry.platform === platform && entry.target === target);
    return allowed ? [] : [{ field: `${field}/platform`, message: `The release config does not cover ${pair}.` }];
  });
}

function checkVersions(input: NewReleaseInput, { config, latestVersions }: NewReleaseContext): Problem[] {
  return input.platformTargets.flatMap(({ platform, target, version }, index) => {
    const latest = latestVersions[`${platform}/${target}`] ?? null;
    const message = checkNextVersion({ scheme: config.versionScheme, type: input.type, version, latest });
    return message === null ? [] : [{ field: `/platformTargets/${index}/version`, message }];
  });
}

function checkBase(input: NewReleaseInput, { baseRelease }: NewReleaseContext): Problem[] {
  const field = '/baseReleaseId';
  if (input.baseReleaseId === undefined) {
    return input.type === 'HOTFIX' ? [{ field, message: 'A hotfix needs the release it fixes.' }] : [];
  }
  if (baseRelease === null) return [{ field, message: 'There is no such release.' }];
  if (input.type !== 'HOTFIX') return [];
  const problems: Problem[] = [];
  if (baseRelease.status !== 'COMPLETED') {
    problems.push({ field, message: `A hotfix fixes a completed release; this one is ${baseRelease.status}.` });
  }
  const { baseBranch } = input;
  if (baseBranch !== undefined && baseBranch !== baseRelease.branch && baseBranch !== baseRelease.releaseTag) {
    problems.push({ field: '/baseBranch', message: 'A hotfix starts from the branch or the tag of the release it fixes.' });
  }
  return problems;
}

function checkDates(input: NewReleaseInput, now: Date): Problem[] {
  const { kickOffReminderDate: reminder, kickOffDate: kickoff, targetReleaseDate: target } = input;
  const slots = input.regressionSlots.map(({ date }, index) => ({ date, field: `/regressionSlots/${index}/date` }));
  const named = [
    ...(reminder === undefined ? [] : [{ date: reminder, field: '/kickOffReminderDate', past: 'The reminder', toleranceMs: 0 }]),
    { date: kickoff, field: '/kickOffDate', past: 'The kickoff', toleranceMs: PAST_TOLERANCE_MS },
    ...slots.map((slot) => ({ ...slot, past: 'A regression slot', toleranceMs: PAST_TOLERANCE_MS })),
    { date: target, field: '/targetReleaseDate', past: 'The target release date', toleranceMs: 0 },
  ];
  const past = named
    .filter(({ date, toleranceMs }) => isPast(date, now, toleranceMs))
    .map(({ field, past }) => ({ field, message: `${past} must not be in the past.` }));
  const missing =
    slots.length === 0 && input.type !== 'HOTFIX' ? [{ field: '/regressionSlots', message: 'A release needs a regression slot.' }] : [];
  const order = checkDateOrder({ kickOffReminderDate: reminder ?? null, kickOffDate: kickoff, targetReleaseDate: target, slots });
  return [...checkAreDates(named), ...past, ...missing, ...order];
}

function checkRefs(
  input: NewReleaseInput,
  { config }: NewReleaseContext,
  refs: Pick<NewRelease, 'branch' | 'baseBranch' | 'tagBase'>,
): Problem[] {
  const versionField = '/platformTargets/0/version';
  const branchField = input.branch !== undefined ? '/branch' : faultyPart(config.branchPattern, '/config/branchPattern', versionField);
  const tagField = faultyPart(config.tagPattern, '/config/tagPattern', versionField);
  const baseField = input.baseBranch !== undefined ? '/baseBranch' : '/config/baseBranch';
  const named = [
    { field: branchField, what: 'branch', name: refs.branch },
    { field: baseField, what: 'base branch', name: refs.baseBranch },
    { field: tagField, what: 'tag', name: refs.tagBase },
    ...(input.baseTag === undefined ? [] : [{ field: '/baseTag', what: 'base tag', name: input.baseTag }]),
  ];
  const problems: Problem[] = named.flatMap(({ field, what, name }) => {
    const says = checkRefName(name);
    return says === null ? [] : [{ field, message: `The ${what} name "${name}" ${says}.` }];
  });
  if (!config.tagPattern.includes('{version}')) {
    problems.push({ field: '/config/tagPattern', message: 'The tag pattern must hold {version}: releases would share one tag.' });
  }
  if (refs.branch === refs.baseBranch && input.type !== 'HOTFIX') {
    problems.push({ field: branchField, message: 'The release branch must not be its own base branch.' });
  }
  return problems;
}

/** A pattern that makes a good name of a harmless version is not at fault. */
function faultyPart(pattern: string, patternField: string, versionField: string): string {
  return checkRefName(fill(pattern, '1.0.0')) === null ? versionField : patternField;
}

const fill = (pattern: string, version: string) => pattern.replaceAll('{version}', () => version);
