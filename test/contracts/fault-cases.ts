import { inspect } from 'node:util';
import { expect, vi } from 'vitest';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import type { CallMatch, Fault } from '../fakes/fake-server.ts';
import type { AdapterHarness, ContractTests } from './adapter-harness.ts';
import { expectNoSecret } from './contract-case.ts';

/** Everything that may go wrong between an adapter and its provider; part of every adapter's contract. */

export interface FaultyRead<Harness, Subject> {
  name: string;
  match(harness: Harness): CallMatch;
  call(subject: Subject, harness: Harness): Promise<unknown>;
  /** Brings the world to where the call has something to do. */
  prepare?(harness: Harness): Promise<void>;
}

export interface FaultyWrite<Harness, Subject> extends FaultyRead<Harness, Subject> {
  /** How often the write has had its effect; 0 before. */
  effects(harness: Harness): number | Promise<number>;
  /** The next try, where it does more than the call: it looks first. */
  retry?(subject: Subject, harness: Harness): Promise<unknown>;
}

/** One way in which a call may go wrong, and what the adapter makes of it. */
export interface FaultCase {
  name: string;
  fault: Fault;
  kind: ProviderErrorKind;
  retryAfterMs?: number;
  timeoutMs?: number;
  /** The provider did it before the answer was lost. */
  done?: boolean;
  /** Reads answer "absent" instead. */
  writesOnly?: boolean;
}

export const faultCases: readonly FaultCase[] = [
  { name: '401', fault: { status: 401 }, kind: 'unauthorized' },
  { name: '403', fault: { status: 403 }, kind: 'forbidden' },
  { name: '404', fault: { status: 404 }, kind: 'not-found', writesOnly: true },
  { name: '409', fault: { status: 409 }, kind: 'conflict' },
  { name: '422', fault: { status: 422 }, kind: 'invalid' },
  { name: '429 with Retry-After', fault: { status: 429, headers: { 'retry-after': '7' } }, kind: 'rate-limited', retryAfterMs: 7_000 },
  { name: '503', fault: { status: 503 }, kind: 'unavailable' },
  { name: 'a web page with status 502', fault: { mode: 'html', status: 502 }, kind: 'unavailable' },
  { name: 'a web page instead of JSON', fault: { mode: 'html' }, kind: 'malformed' },
  { name: 'no answer in time', fault: { mode: 'hang' }, kind: 'timeout', timeoutMs: 150 },
  { name: 'a connection dropped before the call arrived', fault: { mode: 'drop-before' }, kind: 'unavailable' },
  { name: 'a connection dropped after the call was done', fault: { mode: 'drop-after' }, kind: 'unavailable', done: true },
  { name: 'an answer cut in the middle', fault: { mode: 'cut-body' }, kind: 'unavailable', done: true },
];

interface FaultPlan<Harness, Subject> {
  reads: FaultyRead<Harness, Subject>[];
  writes: FaultyWrite<Harness, Subject>[];
  /** For providers that speak no HTTP: the same troubles in their protocol. */
  cases?: readonly FaultCase[];
}

export function faultTests<Subject, World, Harness extends AdapterHarness<Subject, World>>(
  tests: ContractTests<Harness>,
  plan: FaultPlan<Harness, Subject>,
): void {
  const cases = plan.cases ?? faultCases;
  for (const read of plan.reads) {
    for (const each of cases.filter((candidate) => !candidate.writesOnly)) readFaultTest(tests, read, each);
    abortTest(tests, read);
  }
  for (const write of plan.writes) {
    for (const each of cases) writeFaultTest(tests, write, each);
    abortTest(tests, write);
  }
}

function readFaultTest<Subject, World, Harness extends AdapterHarness<Subject, World>>(
  { test }: ContractTests<Harness>,
  read: FaultyRead<Harness, Subject>,
  each: FaultCase,
): void {
  test(`${read.name}: ${each.name} is ${each.kind}, and the next try works`, async (harness) => {
    await read.prepare?.(harness);
    harness.world.failNext({ match: read.match(harness), ...each.fault });

    const error = await failure(read.call(harness.connect(timeouts(each)), harness));

    harness.world.clearFaults();
    expectTrouble(error, each, harness);
    await expect(read.call(harness.connect(), harness)).resolves.toBeDefined();
  });
}

function writeFaultTest<Subject, World, Harness extends AdapterHarness<Subject, World>>(
  { test }: ContractTests<Harness>,
  write: FaultyWrite<Harness, Subject>,
  each: FaultCase,
): void {
  test(`${write.name}: ${each.name} is ${each.kind}, and the next try makes it one effect`, async (harness) => {
    await write.prepare?.(harness);
    harness.world.failNext({ match: write.match(harness), ...each.fault });

    const error = await failure(write.call(harness.connect(timeouts(each)), harness));

    harness.world.clearFaults();
    expectTrouble(error, each, harness);
    expect(await write.effects(harness)).toBe(each.done ? 1 : 0);
    await (write.retry ?? write.call)(harness.connect(), harness);
    expect(await write.effects(harness)).toBe(1);
  });
}

function abortTest<Subject, World, Harness extends AdapterHarness<Subject, World>>(
  { test }: ContractTests<Harness>,
  operation: FaultyRead<Harness, Subject>,
): void {
  test(`${operation.name}: an abort stops the call under way with the abort's reason`, async (harness) => {
    await operation.prepare?.(harness);
    const lost = new Error('lease lost');
    const attempt = new AbortController();
    harness.world.failNext({ match: operation.match(harness), mode: 'hang' });

    const ending = failure(operation.call(harness.connect({ signal: attempt.signal }), harness));
    await vi.waitFor(() => expect(harness.world.calls.some((call) => call.injected)).toBe(true), 10_000);
    attempt.abort(lost);

    expect(await ending).toBe(lost);
  });

  test(`${operation.name}: an attempt aborted before calls nobody`, async (harness) => {
    await operation.prepare?.(harness);
    const lost = new Error('lease lost');
    const callsBefore = harness.world.calls.length;

    const error = await failure(operation.call(harness.connect({ signal: AbortSignal.abort(lost) }), harness));

    expect(error).toBe(lost);
    expect(harness.world.calls.length).toBe(callsBefore);
  });
}

function timeouts(each: FaultCase): { timeoutMs?: number } {
  return each.timeoutMs === undefined ? {} : { timeoutMs: each.timeoutMs };
}

export async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`expected a failure, got ${inspect(value)}`);
    },
    (error: unknown) => error,
  );
}

function expectTrouble<Subject, World>(error: unknown, each: FaultCase, harness: AdapterHarness<Subject, World>): void {
  expect(error).toBeInstanceOf(ProviderError);
  if (!(error instanceof ProviderError)) return;
  expect(error.kind).toBe(each.kind);
  if (each.retryAfterMs !== undefined) expect(error.retryAfterMs).toBe(each.retryAfterMs);
  // As it is and as basic authentication would send it.
  const forms = [harness.secret, Buffer.from(harness.secret).toString('base64')];
  expectNoSecret(error, forms);
  for (const form of forms) expect(inspect(harness.observed, { depth: 12 })).not.toContain(form);
}
