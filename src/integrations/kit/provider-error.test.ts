import { expect, it } from 'vitest';
import { ProviderError } from './provider-error.ts';

it('becomes a failure with the time to wait only when the provider named one', () => {
  const limited = new ProviderError('rate-limited', 'slow down', {
    provider: 'acme',
    retryAfterMs: 7,
    status: 429,
    cause: new Error('inner'),
  });
  const refused = new ProviderError('forbidden', 'no', { provider: 'acme' });

  expect(limited.toFailure()).toEqual({ kind: 'rate-limited', message: 'slow down', provider: 'acme', retryAfterMs: 7 });
  expect(refused.toFailure()).toEqual({ kind: 'forbidden', message: 'no', provider: 'acme' });
});

it('is an Error that keeps its cause, and has none when none was given', () => {
  const cause = new Error('inner');

  expect(new ProviderError('timeout', 'late', { provider: 'acme', cause })).toMatchObject({ name: 'ProviderError', cause });
  expect('cause' in new ProviderError('timeout', 'late', { provider: 'acme' })).toBe(false);
});
