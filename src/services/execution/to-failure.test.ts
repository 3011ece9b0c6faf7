import { describe, expect, it } from 'vitest';
import { DatabaseTimeoutError } from '../../db/client.ts';
import { retryDecision } from '../../domain/failure.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { LockBusyError } from '../../platform/lock.ts';
import { toFailure } from './to-failure.ts';

describe('an attempt that was thrown out', () => {
  const lost = Object.assign(new Error('Connection lost: the server closed the connection to 10.0.0.7'), { fatal: true });

  it.each([
    ['the database did not answer', new DatabaseTimeoutError('15000 ms')],
    ['the database closed the connection', lost],
    ['the query builder wraps it', new Error('query failed', { cause: lost })],
    ['a lock is busy', new LockBusyError('repository:1')],
  ])('costs no attempt when %s', (_what, error) => {
    expect(retryDecision(toFailure(error)).when).toBe('after');
    expect(toFailure(error).message).not.toContain('10.0.0.7');
  });

  it("is the provider's failure when it was one", () => {
    expect(toFailure(new ProviderError('forbidden', 'it may not', { provider: 'github' }))).toEqual({
      kind: 'forbidden',
      message: 'it may not',
      provider: 'github',
    });
  });

  it('is our own when nobody classified it, and says nothing of its inside', () => {
    expect(toFailure(new TypeError('token sbx_secret is not a function'))).toMatchObject({ kind: 'internal' });
    expect(toFailure(new TypeError('token sbx_secret is not a function')).message).not.toContain('sbx_secret');
  });
});
