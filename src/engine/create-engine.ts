import type { Database } from '../db/client.ts';
import type { BackoffPolicy } from '../domain/failure.ts';
import type { Ring } from '../platform/ring.ts';
import { type Advance, createAdvance } from './advance.ts';
import { type Claim, createClaim } from './claim.ts';
import { createLeases, type Leases } from './lease.ts';
import type { RunDefinitions } from './run-definition.ts';
import { createSettle, type Settle } from './settle.ts';

interface EngineOptions {
  db: Database;
  ring: Ring;
  definitions: RunDefinitions;
  /** Unique per process; on every lease and attempt. */
  owner: string;
  leaseMs: number;
  backoff: BackoffPolicy;
  random?: () => number;
}

export interface Engine {
  claim: Claim;
  settle: Settle;
  advance: Advance;
  leases: Leases;
}

/** The engine of one worker process. */
export function createEngine(options: EngineOptions): Engine {
  const random = options.random ?? Math.random;
  return {
    claim: createClaim(options),
    settle: createSettle({ ...options, random }),
    advance: createAdvance({ ...options, random }),
    leases: createLeases({ ...options, monotonic: () => performance.now() }),
  };
}
