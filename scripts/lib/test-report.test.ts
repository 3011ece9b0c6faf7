import { expect, it } from 'vitest';
import { countTests, secondTries, summaryLine } from './test-report.mjs';

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) });

it('counts what ran and names skipped tests only when there are some', () => {
  const count = countTests({ testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')] });

  expect(summaryLine(count)).toBe('3 passed, 1 failed');
  expect(summaryLine({ ...count, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
});

it('counts a file that broke before its tests ran as a failure', () => {
  const count = countTests({ testResults: [file('failed'), file('failed', 'skipped', 'skipped')] });

  expect(count).toEqual({ passed: 0, failed: 2, skipped: 2 });
});

it('names what passed only at its second try, and why its first failed', () => {
  const test = (status: string, fullName: string, ...failureMessages: string[]) => ({ status, fullName, failureMessages });
  const report = {
    testResults: [
      { assertionResults: [test('passed', 'steady'), test('failed', 'broken', 'no'), test('passed', 'shaky', 'late\nat x.ts:1')] },
    ],
  };

  expect(secondTries(report)).toEqual(['shaky: late']);
});
