import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import type { Fault } from '../fakes/fake-server.ts';

/** What every contract suite needs: named gaps, the ways providers refuse, and the guarded fetch a real task attempt would have. */

/** A guarantee that a provider cannot give, with the reason. */
export interface ContractSkip {
  reason: string;
  tests: string[];
}

/** `it` for guarantees: skipped ones show their reason, and `end()` fails for skips that name no guarantee. */
export function contractCases(skips: readonly ContractSkip[]) {
  const names = new Set<string>();
  return {
    guarantee(name: string, run: () => Promise<void>): void {
      names.add(name);
      const skip = skips.find((each) => each.tests.includes(name));
      if (skip) it.skip(`${name} [skipped: ${skip.reason}]`, run);
      else it(name, run);
    },
    end(): void {
      it('skips only guarantees that exist', () => {
        expect(skips.flatMap((skip) => skip.tests).filter((name) => !names.has(name))).toEqual([]);
      });
    },
  };
}

interface Refusal {
  /** For the test's name. */
  when: string;
  kind: ProviderErrorKind;
  fault: Fault;
  retryAfterMs?: number;
}

/**
 * Every way in which a call may be refused.
 * @param dialect statuses of providers that use them their own way, e.g. 403 for a wrong token
 */
export function refusals(dialect: Partial<Record<'unauthorized' | 'forbidden', number>> = {}): Refusal[] {
  const { unauthorized = 401, forbidden = 403 } = dialect;
  return [
    { when: String(unauthorized), kind: 'unauthorized', fault: { status: unauthorized } },
    { when: String(forbidden), kind: 'forbidden', fault: { status: forbidden } },
    { when: '404', kind: 'not-found', fault: { status: 404 } },
    { when: '409', kind: 'conflict', fault: { status: 409 } },
    { when: '400', kind: 'invalid', fault: { status: 400 } },
    { when: '422', kind: 'invalid', fault: { status: 422 } },
    { when: '429 with Retry-After', kind: 'rate-limited', fault: { status: 429, headers: { 'retry-after': '7' } }, retryAfterMs: 7_000 },
    { when: '503', kind: 'unavailable', fault: { status: 503 } },
    { when: 'HTML in place of JSON', kind: 'malformed', fault: { mode: 'html' } },
    { when: 'a connection cut before the answer', kind: 'unavailable', fault: { mode: 'drop-before' } },
    { when: 'no answer in time', kind: 'timeout', fault: { mode: 'hang' } },
  ];
}

/** The `ProviderError` a promise ends with; anything else it ends with fails the test. */
export async function providerError(promise: Promise<unknown>): Promise<ProviderError> {
  const outcome = await promise.then(
    () => new Error('the call succeeded, an error was due'),
    (reason: unknown) => reason,
  );
  if (!(outcome instanceof ProviderError)) throw outcome;
  return outcome;
}

/** Neither what people see nor what a log would print of an error holds a secret. */
export function expectNoSecret(error: ProviderError, secrets: readonly string[]): void {
  const printed = `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error.toFailure())} ${error.stack}`;
  for (const secret of secrets) expect(printed).not.toContain(secret);
}

/** One after another in the order of the calls, as the engine's lock serialises them. */
export function lock(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
}
