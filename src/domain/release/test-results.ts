/** Counts of the tests of a run by latest result; they add up to `total`. */
export interface TestCounts {
  total: number;
  passed: number;
  failed: number;
  blocked: number;
  skipped: number;
  inProgress: number;
  untested: number;
}

export const testRunStates = ['active', 'locked', 'archived', 'unknown'] as const;
export type TestRunState = (typeof testRunStates)[number];

/** What was found in the test run of one platform, and for which candidate. */
export interface TestEvidence {
  /** The regression cycle whose candidate was tested: every cycle begins with nothing tested. */
  cycle: number;
  runId: string;
  url: string;
  state: TestRunState;
  counts: TestCounts;
  thresholdPercent: number;
}

export interface TestVerdict {
  /** `unknown` blocks like `false`, and the evidence says why nobody knows. */
  met: boolean | 'unknown';
  evidence: string;
}

/** Whether the results let a candidate out of regression. What was skipped, is under way or was not tested has not passed. */
export function judgeTestRun({ counts, state, thresholdPercent }: TestEvidence): TestVerdict {
  const words = describe(counts, thresholdPercent);
  switch (state) {
    case 'active':
      return judgeShare(counts, thresholdPercent, words);
    case 'locked':
      // Signed off: every cycle has a run of its own, or one that was reset, so that these results are about this candidate.
      return judgeShare(counts, thresholdPercent, `${words}; the test run is locked, these results stand`);
    default:
      return { met: 'unknown', evidence: `${standing[state]}; ask for another regression cycle. ${words}` };
  }
}

export function judgeShare(
  { passed, total }: Pick<TestCounts, 'passed' | 'total'>,
  thresholdPercent: number,
  words = `${passed} of ${total} passed, ${thresholdPercent} % needed`,
): TestVerdict {
  // Nothing measured is no evidence, whatever the threshold. The comparison is spelt so that NaN does not pass either.
  if (!(total > 0)) return { met: 'unknown', evidence: 'there are no results' };
  return { met: passed * 100 >= thresholdPercent * total, evidence: words };
}

const standing = {
  archived: 'the test run is archived, and its results are not taken',
  unknown: 'the test run is in a state that nobody knows, and its results are not taken',
} as const;

function describe({ total, passed, failed, blocked, skipped, inProgress, untested }: TestCounts, thresholdPercent: number): string {
  const rest = `${failed} failed, ${blocked} blocked, ${skipped} skipped, ${inProgress} in progress, ${untested} untested`;
  return `${passed} of ${total} passed, ${thresholdPercent} % needed: ${rest}`;
}
