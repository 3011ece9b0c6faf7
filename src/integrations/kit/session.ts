import { once } from 'node:events';
import { connect as connectLocally, type Socket } from 'node:net';
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

type SessionTarget = {
  /** For error messages: what we were doing, e.g. `send the mail`. */
  operation: string;
  /** For the whole conversation, where it carries files or waits for a command; the process's own limit when absent. */
  timeoutMs?: number;
} & (
  | { host: string; port: number }
  | { /** Of a socket of this machine; the caller made sure that the tenant may use it. */ socketPath: string }
);

/**
 * Connects, lets `work` talk, and closes. What `work` throws comes out as it is when it is a `ProviderError`, else classified like any
 * transport trouble; an abort or a time-out closes the connection under it.
 */
export type Session = <T>(target: SessionTarget, work: (talk: Talk) => Promise<T>) => Promise<T>;

interface SessionOptions {
  provider: string;
  /** The process's; judges the addresses behind the host and connects to exactly those. */
  connect: (target: { host: string; port: number; signal: AbortSignal }) => Promise<Socket>;
  /** For the whole conversation, where it names no other. */
  timeoutMs: number;
  signal: AbortSignal;
  observe: (call: ProviderCall) => void;
  admit: () => Promise<void>;
}

export function createSession(options: SessionOptions): Session {
  const { provider } = options;
  return async (target, work) => {
    const { operation, timeoutMs = options.timeoutMs } = target;
    options.signal.throwIfAborted();
    await options.admit();
    const started = performance.now();
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, options.signal]);
    const ended = endOf(signal);
    let outcome: ProviderCall['outcome'] = 'network';
    let socket: Socket | null = null;
    try {
      const connecting = 'socketPath' in target ? dialLocally(target.socketPath, signal) : options.connect({ ...target, signal });
      // One that arrives after we gave up belongs to nobody.
      connecting.then((late) => signal.aborted && late.destroy()).catch(() => undefined);
      socket = await Promise.race([connecting, ended.promise]);
      // Whoever talks hears of it, too; this one only keeps it from being nobody's.
      socket.on('error', () => undefined);
      const isInside = 'socketPath' in target || !isPublicAddress(socket.remoteAddress ?? '');
      const result = await Promise.race([work({ socket, isInside }), ended.promise]);
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

async function dialLocally(socketPath: string, signal: AbortSignal): Promise<Socket> {
  const socket = connectLocally({ path: socketPath });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
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
