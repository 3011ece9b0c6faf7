import { type Requirement, whoever } from '../gates/requirement.ts';
import type { TestEvidence } from './test-results.ts';

/** What the gates of a release need. */
export interface ReleaseRequirement extends Requirement {
  /** What the evidence says in words, where it is a test run. */
  tests?: TestEvidence;
}

/** @param openBlockers as people call them, with their links */
export function judgeBlockers(openBlockers: readonly string[], readAt: Date): ReleaseRequirement {
  const evidence = [`${count(openBlockers.length, 'blocker')} open`, ...(openBlockers.length === 0 ? [] : [openBlockers.join('; ')])];
  return {
    ...{ key: 'no-open-blocker', met: openBlockers.length === 0, evidence: evidence.join(': ') },
    ...{ checkedAt: readAt, owner: whoever('release:pause'), freshForMs: null },
  };
}

export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
