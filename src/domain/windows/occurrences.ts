import type { Cron } from 'croner';
import { instantOf, wallOf } from '../time/wall-clock.ts';
import { type Window, wallCron } from './window.ts';

const MINUTE_MS = 60_000;
/**
 * Where clocks jump, times on the wall and instants are not in the same order: half past two in a gap is after three. No zone has moved its
 * clocks by more than this at once since it has rules (the day that Samoa left out in 2011 apart, which shifts occurrences by a day).
 */
const JUMP_MS = 3 * 60 * MINUTE_MS;

/** Touching openings that are followed at most, over all questions: a window that opens every minute is not worth more. Then each is one by itself. */
const MAX_TOUCHING = 60;

/** When one window opens and closes. */
export class Occurrences {
  readonly #cron: Cron;
  readonly #zone: string;
  readonly #durationMs: number;
  #followed = 0;

  constructor(window: Pick<Window, 'cron' | 'durationMinutes' | 'zone'>) {
    this.#cron = wallCron(window.cron);
    this.#zone = window.zone;
    this.#durationMs = window.durationMinutes * MINUTE_MS;
  }

  /** Until when it is open at least, having opened at or before `at`; null = it is closed. Openings that touch are followed into each other. */
  openUntil(at: Date): Date | null {
    let start = this.#latestStart(at);
    if (start === null || start.getTime() + this.#durationMs <= at.getTime()) return null;
    for (; ; this.#followed++) {
      const end = new Date(start.getTime() + this.#durationMs);
      const next = this.#latestStart(end);
      if (next === null || next <= start || this.#followed >= MAX_TOUCHING) return end;
      start = next;
    }
  }

  /** The first opening after `at`; null = none any more. */
  nextStart(at: Date): Date | null {
    const jumpMs = this.#jumpMs(at);
    let first: Date | null = null;
    let wall = new Date(wallOf(at, this.#zone).getTime() - jumpMs - 1);
    let last = Number.POSITIVE_INFINITY;
    for (;;) {
      const next = this.#cron.nextRun(wall);
      if (next === null || next.getTime() > last) return first;
      wall = next;
      const start = instantOf(next, this.#zone);
      if (start <= at) continue;
      if (first === null) last = next.getTime() + this.#jumpMs(start);
      if (first === null || start < first) first = start;
    }
  }

  /** The last opening at or before `at`. */
  #latestStart(at: Date): Date | null {
    let latest: Date | null = null;
    let wall = new Date(wallOf(at, this.#zone).getTime() + this.#jumpMs(at) + 1);
    let last = Number.NEGATIVE_INFINITY;
    for (;;) {
      const [previous] = this.#cron.previousRuns(1, wall);
      if (previous === undefined || previous >= wall || previous.getTime() < last) return latest;
      wall = previous;
      const start = instantOf(previous, this.#zone);
      if (start > at) continue;
      if (latest === null) last = previous.getTime() - this.#jumpMs(start);
      if (latest === null || start > latest) latest = start;
    }
  }

  /** How far the order of wall and instants may differ around `at`: not at all where clocks do not move. */
  #jumpMs(at: Date): number {
    const offset = (instant: number) => wallOf(new Date(instant), this.#zone).getTime() - instant;
    return offset(at.getTime() - JUMP_MS) === offset(at.getTime() + JUMP_MS) ? 0 : JUMP_MS;
  }
}
