/** What archiving a release does about what the release made outside. */

/** Done before the release is archived; all others after it. */
export const storeCleanUpKinds = ['SUBMISSION', 'ROLLOUT'] as const;
export const cleanUpKinds = [...storeCleanUpKinds, 'CI_RUN', 'BRANCH', 'TAG', 'TICKET', 'TEST_RUN', 'ARTIFACT'] as const;
export type CleanUpKind = (typeof cleanUpKinds)[number];

/** KEPT: a rule says it stays, and why. FAILED: a person has to look; asking again tries again. */
export const cleanUpStates = ['PENDING', 'DONE', 'KEPT', 'FAILED'] as const;
export type CleanUpState = (typeof cleanUpStates)[number];

/** What people want deleted or closed besides what archiving always ends. */
export interface CleanUpWishes {
  /** `force`: also with commits that the base branch does not have. */
  branch: 'delete' | 'force' | null;
  tags: boolean;
  /** Told by a comment; `moveTo`: brought to this status, too. */
  tickets: { moveTo: string | null } | null;
  testRuns: boolean;
  artifacts: boolean;
}

export const noWishes: CleanUpWishes = { branch: null, tags: false, tickets: null, testRuns: false, artifacts: false };

/** Who archives, why and how, while the stores are cleared first. */
export interface ArchiveRequest {
  accountId: string;
  reason: string | null;
  cleanUp: CleanUpWishes;
}

export interface BranchFacts {
  name: string;
  baseBranch: string;
  isProtected: boolean;
  /** Releases that go on from it, as people name them. */
  usedBy: readonly string[];
  /** Commits that the base branch does not have. */
  unreachable: number;
  force: boolean;
}

/** Why a branch stays; null = it may be deleted. Only what would be lost may be forced. */
export function whyBranchStays({ name, baseBranch, isProtected, usedBy, unreachable, force }: BranchFacts): string | null {
  if (name === baseBranch) return `${name} is the base branch.`;
  if (usedBy.length > 0) return `${name} is the branch of ${usedBy.join(', ')}, too.`;
  if (isProtected) return `${name} is protected; its protection has to be lifted first.`;
  if (unreachable > 0 && !force) {
    const commits = unreachable === 1 ? '1 commit that' : `${unreachable} commits that`;
    return `${name} has ${commits} ${baseBranch} does not have; deleting it has to be forced.`;
  }
  return null;
}

export interface TagFacts {
  name: string;
  /** Where the release had put it; null = that is not known. */
  expected: string | null;
  commit: string;
  hasReleaseObject: boolean;
}

/** Why a tag stays; null = it may be deleted. */
export function whyTagStays({ name, expected, commit, hasReleaseObject }: TagFacts): string | null {
  if (hasReleaseObject) return `${name} has a published release; people may rely on it.`;
  if (expected !== null && expected !== commit) return `${name} stands on ${commit} now, not on ${expected}: somebody moved it.`;
  return null;
}

/** What a release has outside, as far as it can be cleaned up. */
export interface Outside {
  branch: string | null;
  tags: readonly string[];
  tickets: readonly { key: string }[];
  testRuns: readonly { id: string }[];
  builds: readonly { id: string }[];
  artifacts: readonly { buildId: string }[];
}

export interface PlannedCleanUp {
  kind: CleanUpKind;
  subject: string;
  force?: boolean;
  moveTo?: string | null;
}

/** What is to be done after a release was called off: its runs end in any case, the rest as people wish. Each thing once. */
export function planCleanUps(outside: Outside, wishes: CleanUpWishes): PlannedCleanUp[] {
  const each = (kind: CleanUpKind, subjects: readonly string[]): PlannedCleanUp[] =>
    [...new Set(subjects)].map((subject) => ({ kind, subject }));
  const { branch, tickets } = wishes;
  return [
    ...each(
      'CI_RUN',
      outside.builds.map(({ id }) => id),
    ),
    ...(branch === null || outside.branch === null
      ? []
      : [{ kind: 'BRANCH' as const, subject: outside.branch, force: branch === 'force' }]),
    ...(wishes.tags ? each('TAG', outside.tags) : []),
    ...(tickets === null
      ? []
      : each(
          'TICKET',
          outside.tickets.map(({ key }) => key),
        ).map((ticket) => ({ ...ticket, moveTo: tickets.moveTo }))),
    ...(wishes.testRuns
      ? each(
          'TEST_RUN',
          outside.testRuns.map(({ id }) => id),
        )
      : []),
    ...(wishes.artifacts
      ? each(
          'ARTIFACT',
          outside.artifacts.map(({ buildId }) => buildId),
        )
      : []),
  ];
}
