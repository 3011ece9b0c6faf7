import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Nobody will ever read this stream again. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EBADF']);
const RETRY_MS = 50;
/** Characters that may wait for a reader; what comes after is counted and dropped, so that a stopped reader costs no more memory than that. */
const MAX_WAITING = 16 * 1024 * 1024;
/** How long the end of a process waits for a reader that takes nothing, and for one that is slow. */
const LAST_WORDS_MS = { idle: 500, whole: 5000 };

interface LogStream extends DestinationStream {
  /** Calls back when everything written so far is out, or can never be. */
  flush(callback: () => void): void;
  /** For the end of the process: writes what is left, but waits for no reader that takes nothing for half a second, nor for longer than five. */
  flushSync(): void;
}

/**
 * Lines to a descriptor that must not block: one write at a time, with all lines of a turn of the event loop (a write for each was a tenth of what
 * an answer of the API costs). A pipe that is full is tried again; one whose reader has gone swallows everything, for a process must neither end nor
 * go on running because nobody reads its log.
 */
export function openLogStream(fd: number): LogStream {
  let waiting = '';
  let dropped = 0;
  /** Taken from `waiting`, not yet wholly out. */
  let chunk: Buffer | null = null;
  /** This turn's lines leave at its end. */
  let isPlanned = false;
  /** The operating system has the chunk. */
  let isUnderWay = false;
  let isGone = false;
  let callbacks: (() => void)[] = [];

  function plan(): void {
    if (isPlanned || chunk !== null) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      if (chunk === null) next();
    });
  }

  function next(): void {
    if (chunk === null) {
      chunk = takeChunk();
      if (chunk === null) {
        settle();
        return;
      }
    }
    isUnderWay = true;
    write(fd, chunk, (error, written) => {
      isUnderWay = false;
      if (chunk === null) return;
      if (error === null) {
        advance(chunk, written);
        next();
      } else if (GONE.has(error.code)) giveUp();
      // Not a reason to live on: the end of the process takes what is left along.
      else setTimeout(next, RETRY_MS).unref();
    });
  }

  function takeChunk(): Buffer | null {
    if (dropped > 0)
      waiting += `${JSON.stringify({ level: 'warn', time: new Date(), dropped, msg: 'log lines dropped: nobody read them' })}\n`;
    dropped = 0;
    if (waiting === '') return null;
    const taken = Buffer.from(waiting);
    waiting = '';
    return taken;
  }

  function advance(from: Buffer, written: number): void {
    chunk = written < from.length ? from.subarray(written) : null;
  }

  function giveUp(): void {
    isGone = true;
    waiting = '';
    chunk = null;
    settle();
  }

  function settle(): void {
    const settled = callbacks;
    callbacks = [];
    for (const callback of settled) callback();
  }

  return {
    write(line) {
      if (isGone) return;
      if (waiting.length >= MAX_WAITING) {
        dropped += 1;
        return;
      }
      waiting += line;
      plan();
    },
    flush(callback) {
      if (chunk === null && !isPlanned) callback();
      else callbacks.push(callback);
    },
    flushSync() {
      const began = performance.now();
      let moved = began;
      // What the operating system has it finishes by itself.
      if (isUnderWay) chunk = null;
      for (chunk ??= takeChunk(); chunk !== null; chunk ??= takeChunk()) {
        try {
          advance(chunk, writeSync(fd, chunk));
          moved = performance.now();
        } catch (error) {
          const now = performance.now();
          const isEnough = now - moved >= LAST_WORDS_MS.idle || now - began >= LAST_WORDS_MS.whole;
          if (isEnough || GONE.has((error as NodeJS.ErrnoException).code)) return giveUp();
          pause(10);
        }
      }
    },
  };
}

/** The loop of a process that exits does not turn any more. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
