import type { Socket } from 'node:net';
import { isPublicAddress } from '../../platform/address-policy.ts';
import type { ProviderCall } from './guard-fetch.ts';
import { ProviderError } from './provider-error.ts';
import { transportError } from './transport.ts';

/** A conversation over a connection of its own, for protocols other than HTTP. */
export interface Talk {
  socket: Socket;
  /** The other side is in a private network: the operator named it. */
  isInside: boolean;
}

interface SessionTarget {
  host: string;
  port: number;
  /** For error messages: what we were doing, e.g. `send the mail`. */
  operation: string;
}

/**
 * Connects, lets `work` talk, and closes. What `work` throws comes out as it is when it is a `ProviderError`, else classified like any
 * transport trouble; an abort or a time-out closes the connection under it.
 */
export type Session = <T>(target: SessionTarget, work: (talk: Talk) => Promise<T>) => Promise<T>;

interface SessionOptions {
  provider: string;
  /** The process's; judges the addresses behind the host and connects to exactly those. */
  connect: (target: { host: string; port: number; signal: AbortSignal }) => Promise<Socket>;
  /** For the whole conversation. */
  timeoutMs: number;
  signal: AbortSignal;
  observe: (call: ProviderCall) => void;
  admit: () => Promise<void>;
}

export function createSession(options: SessionOptions): Session {
  const { provider, timeoutMs } = options;
  return async ({ host, port, operation }, work) => {
    options.signal.throwIfAborted();
    await options.admit();
    const started = performance.now();
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, options.signal]);
    const ended = endOf(signal);
    let outcome: ProviderCall['outcome'] = 'network';
    let socket: Socket | null = null;
    try {
      const connecting = options.connect({ host, port, signal });
      // One that arrives after we gave up belongs to nobody.
      connecting.then((late) => signal.aborted && late.destroy()).catch(() => undefined);
      socket = await Promise.race([connecting, ended.promise]);
      // Whoever talks hears of it, too; this one only keeps it from being nobody's.
      socket.on('error', () => undefined);
      const result = await Promise.race([work({ socket, isInside: !isPublicAddress(socket.remoteAddress ?? '') }), ended.promise]);
      outcome = OK;
      return result;
    } catch (cause) {
      if (options.signal.aborted) {
        outcome = 'aborted';
        throw options.signal.reason;
      }
      if (timeout.aborted) {
        outcome = 'timeout';
        throw new ProviderError('timeout', `${provider}: ${operation} took longer than ${timeoutMs} ms`, { provider });
      }
      if (cause instanceof ProviderError) outcome = cause.status ?? 'network';
      throw transportError(cause, { provider, doing: operation });
    } finally {
      ended.forget();
      socket?.destroy();
      options.observe({ provider, method: 'SESSION', outcome, milliseconds: performance.now() - started, rateLimit: null });
    }
  };
}

/** As a status, for those who count outcomes. */
const OK = 200;

/** A promise that only ever rejects, with the signal's reason. */
function endOf(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  let forget: () => void = () => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    const end = () => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    forget = () => signal.removeEventListener('abort', end);
  });
  promise.catch(() => undefined);
  return { promise, forget };
}
