import type { Logger } from './logger.ts';

/** The parts of `process` that are used. */
interface Host {
  on(event: string, listener: (...details: unknown[]) => void): unknown;
  exit(code: number): void;
}

export interface Shutdown {
  /** Closed in reverse order of addition: what was opened last depends on what was opened before. */
  add(name: string, close: () => Promise<unknown> | unknown): void;
  /** Aborts when the shutdown begins, for loops and long waits. */
  readonly signal: AbortSignal;
  /** Begins the shutdown as a signal would. Resolves when everything is closed or the grace is over. */
  begin(reason: string): Promise<void>;
}

interface ShutdownOptions {
  /** For all closers together; then the process exits 1 with the rest open. */
  graceMs: number;
  host?: Host;
}

/** Time for the log to reach its reader, on top of the grace. */
const LOG_DRAIN_MS = 1500;

/**
 * SIGTERM and SIGINT close everything within the grace and exit: 0 if all closed, else 1; a second signal exits at once. An exception or
 * rejection nobody caught leaves the process in an unknown state: it is logged and the process exits 1; leases and locks lapse and another
 * process goes on.
 */
export function onShutdown(logger: Logger, { graceMs, host = process as Host }: ShutdownOptions): Shutdown {
  const closers: { name: string; close: () => Promise<unknown> | unknown }[] = [];
  const controller = new AbortController();
  let shuttingDown: Promise<void> | undefined;

  async function closeAll(): Promise<boolean> {
    let isClean = true;
    for (let closer = closers.pop(); closer; closer = closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        isClean = false;
        logger.error({ err: error, closing: closer.name }, 'could not be closed');
      }
    }
    return isClean;
  }

  async function shutDown(reason: string): Promise<void> {
    logger.info({ reason }, 'shutting down');
    controller.abort(new Error(`shutting down: ${reason}`));
    let timer: NodeJS.Timeout | undefined;
    const graceIsOver = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), graceMs);
    });
    const isClean = await Promise.race([closeAll(), graceIsOver]);
    clearTimeout(timer);
    logger.info({ clean: isClean }, isClean ? 'shut down' : 'shut down with something left open');
    await drained(logger);
    host.exit(isClean ? 0 : 1);
  }

  function begin(reason: string): Promise<void> {
    shuttingDown ??= shutDown(reason);
    return shuttingDown;
  }

  for (const signal of ['SIGTERM', 'SIGINT']) {
    host.on(signal, () => {
      if (shuttingDown) {
        logger.warn({ signal }, 'second signal: exiting at once');
        host.exit(1);
      } else void begin(signal);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    host.on(event, (error) => {
      logger.fatal({ err: error, event }, 'nobody handled this error');
      host.exit(1);
    });
  }

  return {
    add: (name, close) => void closers.push({ name, close }),
    signal: controller.signal,
    begin,
  };
}

/** A log that nobody reads must not keep the process alive. */
function drained(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOG_DRAIN_MS);
    logger.flush(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
