export interface RateLimit {
  limit: number;
  remaining: number;
  resetsAt: Date | null;
}

/** Below this a reset is a number of seconds from now, above it a time on the clock (RFC 9110 drafts and GitHub disagree). */
const EPOCH_SECONDS_FROM = 1_000_000_000;

/** Head-room as the answer tells it, under GitHub's names (`x-ratelimit-…`) or the draft standard's (`ratelimit-…`, GitLab). */
export function readRateLimit(headers: Headers, now = new Date()): RateLimit | null {
  const limit = numeric(header(headers, 'limit'));
  const remaining = numeric(header(headers, 'remaining'));
  if (limit === null || remaining === null) return null;
  return { limit, remaining, resetsAt: readReset(headers, now) };
}

/** Milliseconds from `Retry-After` (seconds or HTTP date), else from the rate limit's reset when nothing remains. */
export function retryAfterMs(headers: Headers, now: Date): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value) {
    const seconds = numeric(value);
    if (seconds !== null) return Math.max(0, Math.ceil(seconds * 1000));
    const date = Date.parse(value);
    if (!Number.isNaN(date)) return Math.max(0, date - now.getTime());
  }
  if (!exhausted(headers)) return undefined;
  const reset = readReset(headers, now);
  return reset === null ? undefined : Math.max(0, reset.getTime() - now.getTime());
}

/** The answer says that nothing remains of the limit. */
export function exhausted(headers: Headers): boolean {
  return header(headers, 'remaining') === '0';
}

/** Epoch seconds (GitHub, GitLab), seconds from now (the draft standard) or ISO 8601 (Jira Cloud). */
function readReset(headers: Headers, now: Date): Date | null {
  const value = header(headers, 'reset');
  if (value === null) return null;
  const number = numeric(value);
  if (number !== null) return new Date(number >= EPOCH_SECONDS_FROM ? number * 1000 : now.getTime() + number * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : new Date(date);
}

function header(headers: Headers, name: 'limit' | 'remaining' | 'reset'): string | null {
  const value = (headers.get(`x-ratelimit-${name}`) ?? headers.get(`ratelimit-${name}`))?.trim();
  return value ? value : null;
}

function numeric(value: string | null): number | null {
  if (value === null || !/^-?\d+(\.\d+)?$/.test(value)) return null;
  return Number(value);
}
