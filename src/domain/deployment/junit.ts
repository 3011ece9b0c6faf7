import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** What a test run says of itself. */
export interface JunitReport {
  passed: number;
  failed: number;
  skipped: number;
  /** The first of those that failed, each with the first line of what it says. */
  failing: readonly { name: string; message: string }[];
}

export type JunitReading = { report: JunitReport } | { problem: string };

/** A report larger than this is not read. */
export const MAX_JUNIT_BYTES = 16 * 1024 * 1024;
const MAX_FAILING = 50;
const MAX_NAME_CHARS = 300;
const MAX_MESSAGE_CHARS = 300;
const MAX_DEPTH = 50;

const ATTRIBUTE = '@';
const TEXT = '#text';

type Element = Readonly<Record<string, unknown>>;

/**
 * Counts the test cases of a report in the JUnit format: `testsuites` and `testsuite` nested however, `testcase` with `failure`, `error` or `skipped`.
 * A suite that tells of more failures than its cases show counts as failed by as many. A report without a test that ran, or with anything that
 * cannot be read, is a problem: it is no pass. Document types, and with them entities, are refused.
 */
export function readJunit(xml: string): JunitReading {
  if (xml.trim() === '') return { problem: 'it is empty' };
  if (xml.length > MAX_JUNIT_BYTES) return { problem: `it is larger than ${MAX_JUNIT_BYTES} bytes` };
  if (/<!\s*(DOCTYPE|ENTITY)/i.test(xml)) return { problem: 'it declares a document type, which is not read' };
  const root = parse(xml);
  if (typeof root === 'string') return { problem: root };
  const suites = [...childrenOf(root, 'testsuites'), ...childrenOf(root, 'testsuite')];
  if (suites.length === 0) return { problem: 'it is no JUnit report: there is no testsuite in it' };
  const counts: Counts = { passed: 0, failed: 0, skipped: 0, failing: [] };
  for (const suite of suites) if (!countSuite(suite, counts, 0)) return { problem: 'its suites are nested too deep' };
  if (counts.passed + counts.failed === 0) {
    return { problem: counts.skipped === 0 ? 'no test is in it' : `no test ran: all ${counts.skipped} were skipped` };
  }
  return { report: { ...counts, failing: counts.failing.slice(0, MAX_FAILING) } };
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  failing: { name: string; message: string }[];
}

function parse(xml: string): Element | string {
  const valid = XMLValidator.validate(xml);
  if (valid !== true) return `it is no XML: line ${valid.err.line}: ${valid.err.msg}`;
  try {
    const parser = new XMLParser({
      ...{ ignoreAttributes: false, attributeNamePrefix: ATTRIBUTE, textNodeName: TEXT },
      ...{ parseTagValue: false, parseAttributeValue: false, processEntities: false, alwaysCreateTextNode: false },
    });
    return parser.parse(xml) as Element;
  } catch (error) {
    return `it is no XML: ${(error as Error).message}`;
  }
}

/** @returns false where it goes too deep */
function countSuite(suite: Element, counts: Counts, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  const before = counts.failed;
  for (const testcase of childrenOf(suite, 'testcase')) countCase(testcase, counts);
  for (const inner of childrenOf(suite, 'testsuite')) if (!countSuite(inner, counts, depth + 1)) return false;
  const shown = counts.failed - before;
  const said = numberOf(suite, 'failures') + numberOf(suite, 'errors');
  if (said > shown) fail(counts, nameOf(suite), `the suite tells of ${said} failures and shows ${shown}`, said - shown);
  return true;
}

function countCase(testcase: Element, counts: Counts): void {
  const [failure] = [...childrenOf(testcase, 'failure'), ...childrenOf(testcase, 'error')];
  if (failure !== undefined) fail(counts, nameOf(testcase), messageOf(failure), 1);
  else if (childrenOf(testcase, 'skipped').length > 0) counts.skipped += 1;
  else counts.passed += 1;
}

function fail(counts: Counts, name: string, message: string, times: number): void {
  counts.failed += times;
  if (counts.failing.length < MAX_FAILING) counts.failing.push({ name, message });
}

/** An element without content and attributes is parsed as text. */
function childrenOf(parent: Element, tag: string): Element[] {
  if (!Object.hasOwn(parent, tag)) return [];
  const found = parent[tag];
  return (Array.isArray(found) ? found : [found]).map((child: unknown) =>
    typeof child === 'object' && child !== null ? (child as Element) : { [TEXT]: String(child ?? '') },
  );
}

const rawOf = (element: Element, key: string): string => {
  const value = Object.hasOwn(element, key) ? element[key] : '';
  return typeof value === 'string' ? decoded(value).trim() : '';
};

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
const textOf = (element: Element, key: string): string => oneLine(rawOf(element, key));

function nameOf(element: Element): string {
  const names = [textOf(element, `${ATTRIBUTE}classname`), textOf(element, `${ATTRIBUTE}name`)].filter((name) => name !== '');
  return names.join(' › ').slice(0, MAX_NAME_CHARS) || 'without a name';
}

const messageOf = (failure: Element): string =>
  oneLine((rawOf(failure, `${ATTRIBUTE}message`) || rawOf(failure, TEXT)).split(/[\r\n]/, 1)[0] ?? '').slice(0, MAX_MESSAGE_CHARS);

const numberOf = (element: Element, name: string): number => Math.max(0, Math.trunc(Number(textOf(element, `${ATTRIBUTE}${name}`)) || 0));

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** The five that XML has of itself, and numbers. */
const decoded = (text: string): string =>
  text.replaceAll(/&(?:(lt|gt|quot|apos|amp)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
