import { describe, expect, it } from 'vitest';
import { readJunit } from './junit.ts';

const suite = (inner: string, attributes = '') =>
  `<?xml version="1.0"?><testsuites><testsuite name="shop"${attributes}>${inner}</testsuite></testsuites>`;
const passes = '<testcase classname="cart" name="adds"/>';

describe('readJunit', () => {
  it('counts what passed, failed and was skipped, and names what failed', () => {
    const xml = suite(
      `${passes}<testcase name="a &lt; b &#x26; c"><failure message="expected &quot;1&quot;">at line 3</failure></testcase>
       <testcase classname="cart" name="breaks"><error><![CDATA[boom <at> 4]]></error></testcase>
       <testcase name="later"><skipped/></testcase>
       <testsuite name="inner"><testcase name="deep"><system-out>x</system-out></testcase></testsuite>`,
      ' tests="5" failures="1" errors="1"',
    );

    expect(readJunit(xml)).toEqual({
      report: {
        ...{ passed: 2, failed: 2, skipped: 1 },
        failing: [
          { name: 'a < b & c', message: 'expected "1"' },
          { name: 'cart › breaks', message: 'boom <at> 4' },
        ],
      },
    });
  });

  it('reads a suite that stands alone', () => {
    expect(readJunit(`<testsuite>${passes}</testsuite>`)).toMatchObject({ report: { passed: 1, failed: 0 } });
  });

  it('takes a test that passed in the end as passed', () => {
    expect(readJunit(suite('<testcase name="a"><flakyFailure message="once"/></testcase>'))).toMatchObject({
      report: { passed: 1, failed: 0 },
    });
  });

  it('counts failures that a suite tells of and no case shows', () => {
    expect(readJunit(suite(passes, ' errors="2"'))).toEqual({
      report: { passed: 1, failed: 2, skipped: 0, failing: [{ name: 'shop', message: 'the suite tells of 2 failures and shows 0' }] },
    });
  });

  it('takes an empty failure for a failure', () => {
    expect(readJunit(suite('<testcase name="a"><failure/></testcase>'))).toMatchObject({ report: { passed: 0, failed: 1 } });
  });

  it.each([
    ['nothing', ' \n'],
    ['no tests', suite('')],
    ['only skipped tests', suite('<testcase name="a"><skipped/></testcase>')],
    ['something else', '<html><testcase name="a"/></html>'],
    ['what is cut off', suite(passes).slice(0, -20)],
    ['words', 'all 12 tests passed'],
    ['entities', `<!DOCTYPE x [<!ENTITY a "aaaa">]>${suite('<testcase name="&a;"/>')}`],
    ['nesting without end', `${'<testsuite>'.repeat(90)}${passes}${'</testsuite>'.repeat(90)}`],
    ['too much', suite(passes + ' '.repeat(17 * 1024 * 1024))],
  ])('takes %s for no pass', (_what, xml) => {
    expect(readJunit(xml)).toEqual({ problem: expect.stringMatching(/./) });
  });

  it('names fifty of many that failed and counts all', () => {
    const reading = readJunit(suite('<testcase name="a"><failure/></testcase>'.repeat(80)));
    expect('report' in reading && [reading.report.failed, reading.report.failing.length]).toEqual([80, 50]);
  });

  it('gives the first line of what a failure says', () => {
    const trace = '\n  AssertionError: expected 1\n    at cart.test.js:3\n    at run';
    const failing = (failure: string) => {
      const reading = readJunit(suite(`<testcase name="a">${failure}</testcase>`));
      return 'report' in reading ? reading.report.failing[0]?.message : reading.problem;
    };

    expect(failing(`<failure>${trace}</failure>`)).toBe('AssertionError: expected 1');
    expect(failing('<failure message="sold out&#10;  at shop.js"/>')).toBe('sold out');
    expect(failing(`<failure message="${'x'.repeat(1_000)}"/>`)).toHaveLength(300);
  });

  it('is not led astray by names that objects have', () => {
    expect(readJunit(suite(`<testcase name="constructor"><toString/></testcase>${passes}`))).toMatchObject({ report: { passed: 2 } });
  });
});
