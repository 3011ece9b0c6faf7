import type { ReleaseStatus } from '../release/vocabulary.ts';

export const milestoneStatuses = ['PLANNED', 'IN_PROGRESS', 'COMPLETED'] as const;
export type MilestoneStatus = (typeof milestoneStatuses)[number];

/**
 * How far a milestone is, from how its releases stand now and nothing else: in whatever order they came there, the answer is the same, and a
 * release that is no longer completed takes the completion back. Archived releases do not count.
 */
export function milestoneStatus(releases: readonly ReleaseStatus[]): MilestoneStatus {
  const counted = releases.filter((status) => status !== 'ARCHIVED');
  if (counted.every((status) => status === 'PENDING')) return 'PLANNED';
  return counted.every((status) => status === 'COMPLETED') ? 'COMPLETED' : 'IN_PROGRESS';
}
