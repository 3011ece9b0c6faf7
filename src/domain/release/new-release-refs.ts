import { checkRefName } from './git-ref.ts';
import type { NewReleaseContext, ReleaseRefs, VersionedInput } from './new-release.ts';
import type { Problem } from './problem.ts';

export function resolveRefs(input: VersionedInput, { config, baseRelease }: NewReleaseContext): ReleaseRefs {
  const version = input.platformTargets[0]?.version ?? '';
  const tagBase = fill(config.tagPattern, version);
  const own = input.branch ?? fill(config.branchPattern, version);
  if (input.type !== 'HOTFIX' || baseRelease === null) return { branch: own, tagBase, baseBranch: input.baseBranch ?? config.baseBranch };
  const branch = input.branch ?? (input.branchFrom === 'branch' ? baseRelease.branch : own);
  const fromTag = baseRelease.releaseTag ?? baseRelease.branch;
  return { branch, tagBase, baseBranch: input.baseBranch ?? (branch === baseRelease.branch ? branch : fromTag) };
}

export function checkRefs(input: VersionedInput, context: NewReleaseContext, refs: ReleaseRefs): Problem[] {
  const { config } = context;
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
  return [...problems, ...checkOrigin(input, context, refs), ...checkTaken(context, refs, { branchField, tagField })];
}

/** Where a hotfix says it starts must be what it is given to start from. */
function checkOrigin(input: VersionedInput, { baseRelease }: NewReleaseContext, refs: ReleaseRefs): Problem[] {
  const { branchFrom } = input;
  if (branchFrom === undefined) return [];
  const field = '/branchFrom';
  if (input.type !== 'HOTFIX') return [{ field, message: 'Only a hotfix starts from another release.' }];
  if (baseRelease === null) return [];
  if (branchFrom === 'tag' && baseRelease.releaseTag === null) return [{ field, message: 'The release it fixes has no tag.' }];
  const start = branchFrom === 'tag' ? baseRelease.releaseTag : baseRelease.branch;
  const contradicts = refs.baseBranch !== start || (refs.branch === baseRelease.branch) !== (branchFrom === 'branch');
  return contradicts ? [{ field, message: `It contradicts the branches that are named: ${refs.branch} from ${refs.baseBranch}.` }] : [];
}

/** A tag is for ever; a branch is another release's as well, unless that has ended and this one fixes it there. */
function checkTaken(
  { taken, baseRelease }: NewReleaseContext,
  refs: ReleaseRefs,
  fields: { branchField: string; tagField: string },
): Problem[] {
  return taken.flatMap(({ displayId, branch, tagBase, status }) => {
    const problems: Problem[] = [];
    const continued = refs.branch === baseRelease?.branch && refs.branch === refs.baseBranch && status === 'COMPLETED';
    if (branch === refs.branch && !continued) {
      problems.push({ field: fields.branchField, message: `The branch ${branch} is that of ${displayId}, which is ${status}.` });
    }
    if (tagBase === refs.tagBase) problems.push({ field: fields.tagField, message: `The tag ${tagBase} is that of ${displayId}.` });
    return problems;
  });
}

/** A pattern that makes a good name of a harmless version is not at fault. */
function faultyPart(pattern: string, patternField: string, versionField: string): string {
  return checkRefName(fill(pattern, '1.0.0')) === null ? versionField : patternField;
}

const fill = (pattern: string, version: string) => pattern.replaceAll('{version}', () => version);
