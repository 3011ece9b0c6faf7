import { type Exchange, receivedBody, requestIdOf, sentBody } from './exchange.ts';
import { ProviderError } from './provider-error.ts';
import { type RateLimit, readRateLimit } from './rate-limit.ts';
import { isRedirect, MAX_BODY_BYTES, readBytes, redirectRefused, transportError } from './transport.ts';

export type GuardedFetch = typeof globalThis.fetch;

export interface ProviderCall {
  provider: string;
  method: string;
  /** HTTP status, or how the call ended without one. */
  outcome: number | 'timeout' | 'network' | 'aborted';
  milliseconds: number;
  /** Rate-limit head-room as the answer's headers tell it. */
  rateLimit: RateLimit | null;
}

interface GuardOptions {
  provider: string;
  /** The process's fetch; where base URLs come from users it refuses addresses the operator does not allow. */
  fetch: GuardedFetch;
  /** For the whole call: connection, headers and body. */
  timeoutMs: number;
  /** The task attempt's signal: lease lost, lock lost, shutdown. */
  signal: AbortSignal;
  observe: (call: ProviderCall) => void;
  /** What was said, for whoever looks into an attempt; nothing where nobody does. */
  record?: (exchange: Exchange) => void;
  /** Called before each request; throws `ProviderError('rate-limited')` when the connection's own budget is used up. */
  admit: () => Promise<void>;
  /** 16 MiB when absent. */
  maxBodyBytes?: number;
}

const MAX_REDIRECTS = 5;

/**
 * The one door to a provider: a time-out on every call, the attempt's abort signal, transport trouble classified, every call measured, no
 * retry (the engine owns those) and no redirect to another origin with our credentials.
 *
 * The body is read here, before the caller gets the answer: client libraries swallow or rename what goes wrong while a body arrives
 * (octokit hands out an empty string), and a call whose answer broke off has an unknown outcome that must not look like success.
 */
export function guardFetch(options: GuardOptions): GuardedFetch {
  const { provider, observe } = options;
  return async (input, init) => {
    options.signal.throwIfAborted();
    await options.admit();
    const started = performance.now();
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const callerSignal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const signal = AbortSignal.any([timeout, options.signal, ...(callerSignal ? [callerSignal] : [])]);
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
    const report = (outcome: ProviderCall['outcome'], rateLimit: RateLimit | null = null, answer: Answered = silence) => {
      const milliseconds = performance.now() - started;
      observe({ provider, method, outcome, milliseconds, rateLimit });
      options.record?.({ method, url: urlOf(input), requestBody: sentBody(init?.body), outcome, milliseconds, ...answer });
    };
    try {
      const response = await follow(input, { ...init, signal }, method);
      const bytes = await readBytes(response, options.maxBodyBytes ?? MAX_BODY_BYTES);
      report(response.status, readRateLimit(response.headers), {
        responseBody: options.record === undefined ? null : receivedBody(bytes, response.headers.get('content-type')),
        requestId: requestIdOf(response.headers),
      });
      return rebuilt(response, bytes);
    } catch (cause) {
      if (options.signal.aborted) {
        report('aborted');
        throw options.signal.reason;
      }
      if (callerSignal?.aborted) {
        report('aborted');
        throw callerSignal.reason;
      }
      if (timeout.aborted) {
        report('timeout');
        throw new ProviderError('timeout', `${provider} did not answer ${method} within ${options.timeoutMs} ms`, { provider, cause });
      }
      report('network');
      throw transportError(cause, { provider, doing: method });
    }
  };

  /** Follows redirects of reads within one origin; `fetch` itself would carry private-token headers to any origin. */
  async function follow(input: Parameters<GuardedFetch>[0], init: RequestInit, method: string): Promise<Response> {
    const wanted = init.redirect ?? (input instanceof Request ? input.redirect : 'follow');
    let target = input;
    for (let hops = 0; ; hops += 1) {
      const response = await options.fetch(target, { ...init, redirect: 'manual' });
      if (!isRedirect(response) || wanted === 'manual') return response;
      const next = redirectTarget(target, response);
      const followed = wanted === 'follow' && (method === 'GET' || method === 'HEAD') && hops < MAX_REDIRECTS;
      await response.body?.cancel();
      if (next === null || !followed) throw redirectRefused(response, { provider, doing: method });
      target = target instanceof Request ? new Request(next.href, target) : next;
    }
  }
}

type Answered = Pick<Exchange, 'responseBody' | 'requestId'>;
const silence: Answered = { responseBody: null, requestId: null };

const urlOf = (input: Parameters<GuardedFetch>[0]): string => (input instanceof Request ? input.url : String(input));

/** Where to, if that is the same origin. */
function redirectTarget(from: Parameters<GuardedFetch>[0], response: Response): URL | null {
  const location = response.headers.get('location');
  if (location === null) return null;
  const here = new URL(urlOf(from));
  const there = URL.canParse(location, here.href) ? new URL(location, here.href) : null;
  return there !== null && there.origin === here.origin && there.username === '' ? there : null;
}

/** The same answer with its body in memory. */
function rebuilt(response: Response, bytes: Uint8Array<ArrayBuffer>): Response {
  const { status, statusText, headers, url } = response;
  // Statuses that must not have a body refuse even an empty one.
  const copy = new Response(response.body === null ? null : bytes, { status, statusText, headers });
  Object.defineProperty(copy, 'url', { value: url });
  return copy;
}
