import type { Fault } from '../fakes/fake-server.ts';

/** What a world of these faults sets: the late ones outlast it. */
export const PROVIDER_TIMEOUT_MS = 2_500;

/** What happens to the one call. Whether the provider did what it was asked is in the fault: a caller cannot know. */
export const faults: Record<string, Omit<Fault, 'match'>> = {
  'answers 500': { status: 500 },
  'answers 429 with Retry-After': { status: 429, headers: { 'retry-after': '1' } },
  'answers a web page': { mode: 'html' },
  hangs: { mode: 'hang' },
  'drops the connection before it does it': { mode: 'drop-before' },
  'drops the connection after it did it': { mode: 'drop-after' },
  'does it, and breaks off its answer': { mode: 'cut-body' },
  // Within what the fleet allows providers to take to show it (SEARCH_LAG_MAX_MS), and a busy machine's delay.
  'does it when the caller has given up': { mode: 'pass', delayMs: PROVIDER_TIMEOUT_MS + 400 },
};
