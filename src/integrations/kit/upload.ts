import type { GuardedFetch, ProviderCall } from './guard-fetch.ts';
import { ProviderError } from './provider-error.ts';
import { isRedirect, MAX_BODY_BYTES, readBytes, redirectRefused, transportError } from './transport.ts';

/** A file that leaves. It is opened once and passed on as it is read: nothing holds it whole in memory. */
export interface UploadRequest {
  /** For error messages. */
  operation: string;
  /** POST when absent. */
  method?: 'POST' | 'PUT';
  headers: Record<string, string>;
  sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
  /** From the last byte to the answer, for providers that work on a file before they answer; the idle time when absent. */
  answerMs?: number;
}

/**
 * Sends a file and hands out the answer, whatever its status; redirects are refused, a body that streams cannot be sent twice. Throws
 * `ProviderError`, or what reading the file threw.
 */
export type Upload = (url: string, request: UploadRequest) => Promise<Response>;

interface UploadOptions {
  provider: string;
  fetch: GuardedFetch;
  /** For each chunk to be taken, and until the answer; the whole may take as long as it takes. */
  idleMs: number;
  signal: AbortSignal;
  observe: (call: ProviderCall) => void;
  admit: () => Promise<void>;
}

export function createUpload(options: UploadOptions): Upload {
  const { provider, idleMs } = options;

  return async (url, request) => {
    const { operation, method = 'POST', headers, sizeBytes } = request;
    options.signal.throwIfAborted();
    await options.admit();
    const started = performance.now();
    const clock = idleClock((ms) => new ProviderError('timeout', `${provider}: ${operation} stood still for ${ms} ms`, { provider }));
    const file = bodyOf(request, { provider, clock, idleMs });
    let isReported = false;
    const report = (outcome: ProviderCall['outcome']) => {
      isReported = true;
      options.observe({ provider, method, outcome, milliseconds: performance.now() - started, rateLimit: null });
    };
    try {
      clock.start(idleMs);
      const response = await options.fetch(new URL(url), {
        method,
        headers: { ...headers, 'content-length': String(sizeBytes) },
        body: file.body,
        signal: AbortSignal.any([clock.signal, options.signal]),
        redirect: 'manual',
        // Bodies that stream need it; not every declaration of the type has it.
        ...{ duplex: 'half' },
      });
      const bytes = await readBytes(response, MAX_BODY_BYTES);
      report(response.status);
      if (isRedirect(response)) throw redirectRefused(response, { provider, doing: operation });
      return new Response(bytes.length === 0 ? null : bytes, { status: response.status, headers: response.headers });
    } catch (cause) {
      const end = endOf(options.signal, clock.signal);
      if (!isReported) report(end?.outcome ?? 'network');
      if (end?.outcome !== 'aborted' && file.trouble !== null) throw file.trouble.cause;
      throw end === null ? transportError(cause, { provider, doing: operation }) : end.reason;
    } finally {
      clock.stop();
      await file.close();
    }
  };
}

/** Who ended it, if one of these did. */
function endOf(attempt: AbortSignal, idle: AbortSignal): { outcome: 'aborted' | 'timeout'; reason: unknown } | null {
  if (attempt.aborted) return { outcome: 'aborted', reason: attempt.reason };
  return idle.aborted ? { outcome: 'timeout', reason: idle.reason } : null;
}

interface IdleClock {
  signal: AbortSignal;
  /** Anew. */
  start(milliseconds: number): void;
  stop(): void;
}

function idleClock(silence: (milliseconds: number) => ProviderError): IdleClock {
  const idle = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: idle.signal,
    start(milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(silence(milliseconds)), milliseconds);
    },
    stop: () => clearTimeout(timer),
  };
}

interface FileBody {
  body: ReadableStream<Uint8Array>;
  /** What reading the file ended with. */
  trouble: { cause: unknown } | null;
  /** Whatever became of it. */
  close(): Promise<void>;
}

/** A file that is read slowly is not a provider that is silent: the clock runs while a chunk waits to be taken, and after the last. */
function bodyOf(request: UploadRequest, { provider, clock, idleMs }: { provider: string; clock: IdleClock; idleMs: number }): FileBody {
  const { operation, sizeBytes } = request;
  const chunks = request.open()[Symbol.asyncIterator]();
  let sent = 0;
  const close = async () => void (await chunks.return?.());
  const file: FileBody = { body: new ReadableStream({ pull, cancel: close }, { highWaterMark: 0 }), trouble: null, close };

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    clock.stop();
    try {
      const { done, value } = await chunks.next();
      sent += value?.byteLength ?? 0;
      if (sent > sizeBytes || (done && sent < sizeBytes)) {
        const words = `${provider}: ${operation}: the file does not have the ${sizeBytes} bytes it was announced with`;
        throw new ProviderError('invalid', words, { provider });
      }
      if (done) controller.close();
      else controller.enqueue(value);
      clock.start(done ? (request.answerMs ?? idleMs) : idleMs);
    } catch (cause) {
      file.trouble = { cause };
      controller.error(cause);
    }
  }

  return file;
}
