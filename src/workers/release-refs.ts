import type { ReleaseContext, ReleaseCycle } from '../services/execution/release-source.ts';
import { repositoryLock as lockOfRepository } from '../services/releases/repository-lock.ts';

/** Name of the final tag of a release, by its config's pattern. */
export function releaseTagName(release: ReleaseContext): string {
  return release.config.tagPattern.replaceAll('{version}', mainVersion(release));
}

/** `v1.4.0-rc.2`: the final tag's name with the cycle's number. */
export const rcTagName = (release: ReleaseContext, cycle: number) => `${releaseTagName(release)}-rc.${cycle}`;

/** The version that names branch and tags: the first platform's. */
export function mainVersion(release: ReleaseContext): string {
  const [first] = release.platforms;
  if (first === undefined) throw new Error(`release ${release.id} has no platform`);
  return first.version;
}

/** The cycle a task of a regression stage (or after it) belongs to, by its plan's input. */
export function cycleOf(release: ReleaseContext, input: Record<string, unknown>): ReleaseCycle {
  const cycle = release.cycles.find((candidate) => candidate.number === input.cycle);
  if (cycle === undefined) throw new Error(`release ${release.id} has no cycle ${String(input.cycle)}`);
  return cycle;
}

/** The candidate that one of this number comes after: of a finished cycle, for one that was abandoned is no base. Null = it is the first. */
export const previousCandidate = (cycles: readonly ReleaseCycle[], number: number): string | null =>
  cycles.findLast((cycle) => cycle.number < number && cycle.status === 'DONE' && cycle.rcTag !== null)?.rcTag ?? null;

/** The candidate of a cycle. @throws Error before CREATE_RC_TAG has completed, on which its users depend */
export function candidateOf(cycle: ReleaseCycle): { tag: string; commit: string } {
  if (cycle.rcTag === null || cycle.rcCommit === null) throw new Error(`cycle ${cycle.number} has no release candidate yet`);
  return { tag: cycle.rcTag, commit: cycle.rcCommit };
}

/** The name that use cases lock, too. */
export const repositoryLock = (release: ReleaseContext) => lockOfRepository(release.config);
