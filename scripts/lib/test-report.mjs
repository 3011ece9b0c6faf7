/** Counts of vitest's JSON report. A file that failed before any of its tests ran counts as one failure: its tests are not known. */
export function countTests({ testResults }) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const file of testResults) {
    let failedHere = 0;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') count.passed++;
      else if (status === 'failed') failedHere++;
      else count.skipped++;
    }
    if (file.status === 'failed' && failedHere === 0) failedHere = 1;
    count.failed += failedHere;
  }
  return count;
}

/** Tests that passed after a failed try, each with the first line of what failed. */
export function secondTries({ testResults }) {
  return testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && (failureMessages ?? []).length > 0)
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0].split('\n')[0]}`),
  );
}

export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
