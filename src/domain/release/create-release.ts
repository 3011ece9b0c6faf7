import { completeVersions } from '../versions/complete-versions.ts';
import { ruleOf } from '../versions/scheme.ts';
import { checkNextVersion } from '../versions/versions.ts';
import type { FrozenConfig } from './config.ts';
import { checkAreDates, checkDateOrder, isPast, PAST_TOLERANCE_MS } from './dates.ts';
import { checkSkips, withoutSkipped } from './hotfix.ts';
import { checkWorkflows } from './needed-workflows.ts';
import type { NewRelease, NewReleaseContext, NewReleaseInput, ReleaseRefs, VersionedInput } from './new-release.ts';
import { checkRefs, resolveRefs } from './new-release-refs.ts';
import type { Checked, Problem } from './problem.ts';
import { targetsOf } from './vocabulary.ts';

/** Branch and tag as the release would have them, for whoever looks whether they are taken. */
export const refsOf = (asked: NewReleaseInput, context: NewReleaseContext): ReleaseRefs =>
  resolveRefs(complete(asked, context).input, context);

/** Everything that is wrong with a new release at once, or the release with versions, branch, tag and slots resolved. */
export function validateNewRelease(asked: NewReleaseInput, given: NewReleaseContext, now: Date): Checked<NewRelease> {
  const config = withoutSkipped(given.config, asked);
  const context = { ...given, config };
  const { input, unsaid } = complete(asked, context);
  const platforms = [...new Set(input.platformTargets.map(({ platform }) => platform))];
  const refs = resolveRefs(input, context);
  const badVersions = [...unsaid, ...checkVersions(asked, input, context)];
  const problems = [
    ...checkConfig(context),
    ...checkTargets(input, config),
    ...badVersions,
    ...checkBase(input, context),
    ...checkSkips(asked, config),
    ...checkDates(input, now),
    ...checkWorkflows(config, input),
    // A version that is wrong by itself makes names that are wrong for no other reason.
    ...checkRefs(input, context, refs).filter((problem) => !badVersions.some(({ field }) => field === problem.field)),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const skipsReminder = config.skipped.tasks.includes('PRE_KICK_OFF_REMINDER');
  return {
    ok: true,
    value: {
      config: input.type === 'HOTFIX' ? { ...config, concurrency: { perType: null } } : config,
      type: input.type,
      platformTargets: input.platformTargets,
      platforms,
      ...refs,
      baseReleaseId: input.baseReleaseId ?? null,
      baseTag: input.baseTag ?? null,
      kickOffReminderDate: skipsReminder ? null : (input.kickOffReminderDate ?? null),
      kickOffDate: input.kickOffDate,
      targetReleaseDate: input.targetReleaseDate,
      slots: resolveSlots(input, config),
      description: input.description ?? null,
    },
  };
}

/** Says the versions that nobody said: those the scheme suggests for when the release is planned to be out. */
function complete(asked: NewReleaseInput, { config, latestVersions }: NewReleaseContext): { input: VersionedInput; unsaid: Problem[] } {
  // A date that is none is told by itself.
  const at = Number.isNaN(asked.targetReleaseDate.getTime()) ? new Date(0) : asked.targetReleaseDate;
  const question = { rule: ruleOf(config), type: asked.type, latestVersions, at };
  const completed = completeVersions(asked.platformTargets, question);
  return {
    input: { ...asked, platformTargets: completed.map(({ missing: _missing, ...target }) => target) },
    unsaid: completed.flatMap(({ missing }, index) =>
      missing === null ? [] : [{ field: `/platformTargets/${index}/version`, message: missing }],
    ),
  };
}

/** A hotfix without slots has its one cycle right after the kickoff: without a cycle there would be no candidate to release. */
function resolveSlots(input: VersionedInput, config: FrozenConfig): NewRelease['slots'] {
  const platforms = input.platformTargets.map(({ platform }) => platform);
  const possible = config.workflows.some((entry) => entry.workflowType === 'AUTOMATION_BUILD' && platforms.includes(entry.platform));
  const flagsOf = (automation = config.automationRuns && possible) => ({ automation });
  if (input.type === 'HOTFIX' && input.regressionSlots.length === 0) return [{ date: input.kickOffDate, flags: flagsOf() }];
  return input.regressionSlots
    .map(({ date, automation }) => ({ date, flags: flagsOf(automation) }))
    .sort((a, b) => a.date.getTime() - b.date.getTime());
}

function checkConfig({ config, configActive }: NewReleaseContext): Problem[] {
  const problems: Problem[] = [];
  if (!configActive) problems.push({ field: '/configId', message: 'The release config is not active.' });
  if (config.scmIntegrationId === '') {
    problems.push({ field: '/config/scmIntegrationId', message: 'A release needs a source control connection.' });
  }
  return problems;
}

function checkTargets(input: VersionedInput, config: FrozenConfig): Problem[] {
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

function checkVersions(asked: NewReleaseInput, input: VersionedInput, { config, latestVersions }: NewReleaseContext): Problem[] {
  return input.platformTargets.flatMap(({ platform, target, version }, index) => {
    // What was suggested follows the rules, and that nothing can be is told already.
    if (asked.platformTargets[index]?.version === undefined) return [];
    const latest = latestVersions[`${platform}/${target}`] ?? null;
    const message = checkNextVersion({ rule: ruleOf(config), type: input.type, version, latest });
    return message === null ? [] : [{ field: `/platformTargets/${index}/version`, message }];
  });
}

function checkBase(input: VersionedInput, { baseRelease }: NewReleaseContext): Problem[] {
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

function checkDates(input: VersionedInput, now: Date): Problem[] {
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
