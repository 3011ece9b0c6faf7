import type { GuardedFetch, ProviderCall } from './guard-fetch.ts';
import { kindOfStatus } from './http.ts';
import { ProviderError } from './provider-error.ts';
import { retryAfterMs } from './rate-limit.ts';
import { isRedirect, redirectRefused, transportError } from './transport.ts';

/** A body that arrives. The caller reads `body` to its end or cancels it. */
export interface DownloadedBody {
  body: ReadableStream<Uint8Array>;
  /** Bytes that will come, when the answer tells. */
  sizeBytes: number | null;
  contentType: string | null;
}

/**
 * GET of something large. Redirects are followed, to other origins without our headers: providers keep large files in object stores, behind
 * addresses that are signed themselves. Throws `ProviderError`; later trouble errors the stream with one.
 */
export type Download = (url: string, request: { operation: string; headers: Record<string, string> }) => Promise<DownloadedBody>;

interface DownloadOptions {
  provider: string;
  fetch: GuardedFetch;
  /** Until the headers, and between two chunks; the whole may take as long as it takes. */
  idleMs: number;
  signal: AbortSignal;
  observe: (call: ProviderCall) => void;
  admit: () => Promise<void>;
  now: () => Date;
}

const MAX_REDIRECTS = 5;

export function createDownload(options: DownloadOptions): Download {
  const { provider } = options;

  return async (url, { operation, headers }) => {
    options.signal.throwIfAborted();
    await options.admit();
    const started = performance.now();
    const idle = new AbortController();
    const silent = new ProviderError('timeout', `${provider}: ${operation} sent nothing for ${options.idleMs} ms`, { provider });
    let timer = setTimeout(() => idle.abort(silent), options.idleMs);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(silent), options.idleMs);
    };
    const signal = AbortSignal.any([idle.signal, options.signal]);
    const trouble = (cause: unknown): unknown => {
      if (options.signal.aborted) return options.signal.reason;
      return idle.signal.aborted ? silent : transportError(cause, { provider, doing: operation });
    };
    let isReported = false;
    const report = (outcome: ProviderCall['outcome']) => {
      isReported = true;
      options.observe({ provider, method: 'GET', outcome, milliseconds: performance.now() - started, rateLimit: null });
    };
    try {
      const response = await follow(new URL(url), headers, signal, operation);
      report(response.status);
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        const kind = response.ok ? 'malformed' : kindOfStatus(response.status, response.headers);
        throw new ProviderError(kind, `${provider}: ${operation} answered ${response.status}`, {
          ...{ provider, status: response.status, retryAfterMs: retryAfterMs(response.headers, options.now()) },
        });
      }
      const length = response.headers.get('content-length');
      return {
        body: watched(response.body, { alive, trouble, done: () => clearTimeout(timer) }),
        sizeBytes: length !== null && /^\d+$/.test(length) && !response.headers.has('content-encoding') ? Number(length) : null,
        contentType: response.headers.get('content-type'),
      };
    } catch (cause) {
      clearTimeout(timer);
      if (!isReported) report(options.signal.aborted ? 'aborted' : idle.signal.aborted ? 'timeout' : 'network');
      throw trouble(cause);
    }
  };

  async function follow(from: URL, headers: Record<string, string>, signal: AbortSignal, operation: string): Promise<Response> {
    let url = from;
    for (let hops = 0; ; hops += 1) {
      const own = url.origin === from.origin;
      const response = await options.fetch(url, { headers: own ? headers : {}, signal, redirect: 'manual' });
      if (!isRedirect(response)) return response;
      await response.body?.cancel();
      const location = response.headers.get('location');
      const next = location !== null && URL.canParse(location, url.href) ? new URL(location, url) : null;
      // From an encrypted address to one that is not, anybody on the way could swap the file.
      const downgraded = next !== null && url.protocol === 'https:' && next.protocol !== 'https:';
      if (next === null || downgraded || hops >= MAX_REDIRECTS) throw redirectRefused(response, { provider, doing: operation });
      url = next;
    }
  }
}

interface Watch {
  alive: () => void;
  trouble: (cause: unknown) => unknown;
  done: () => void;
}

/** The same bytes; each chunk restarts the idle clock, and trouble comes out classified. */
function watched(source: ReadableStream<Uint8Array>, { alive, trouble, done }: Watch): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        // A reader that takes its time is not a provider that is silent: the clock runs while we wait for bytes, not between.
        alive();
        const { done: ended, value } = await reader.read();
        done();
        if (ended) controller.close();
        else controller.enqueue(value);
      } catch (cause) {
        done();
        controller.error(trouble(cause));
      }
    },
    async cancel(reason) {
      done();
      await reader.cancel(reason);
    },
  });
}
