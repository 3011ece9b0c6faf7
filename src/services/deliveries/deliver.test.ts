import { expect, it } from 'vitest';
import { deliveryLeaseMs } from './deliver.ts';

it.each([
  { leaseMs: 30_000, providerTimeoutMs: 20_000 },
  { leaseMs: 1_000, providerTimeoutMs: 120_000 },
])('keeps a delivery from others until what its last call posted shows: %o', ({ leaseMs, providerTimeoutMs }) => {
  const lastCallEndsMs = leaseMs + providerTimeoutMs;

  expect(deliveryLeaseMs({ leaseMs, providerTimeoutMs })).toBeGreaterThan(lastCallEndsMs + 1_000);
});
