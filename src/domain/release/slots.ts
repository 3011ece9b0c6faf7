import type { SlotCatchUp } from './vocabulary.ts';

/** A planned instant for a regression cycle. */
export interface Slot {
  id: string;
  date: Date;
  status: 'PLANNED' | 'USED' | 'SKIPPED';
  flags: { automation: boolean };
  /** When it was planned, where that is known: those planned shortly before are not reminded of. */
  createdAt?: Date;
}

/** What decides about the slots of a release. */
export interface SlotFacts {
  targetReleaseDate: Date;
  config: { slotCatchUp: SlotCatchUp };
  slots: readonly Slot[];
  /**
   * A person wants the next slot now, whatever its date and whatever the target date. Used up by the plan that opens a cycle: whoever
   * stores it clears it then. With no slot left to use it means nothing, so the service adds one at `now`.
   */
  regressionRequested: boolean;
  /** A person wants no more cycles. Means nothing before a cycle is DONE: there would be no candidate to go on with. */
  preReleaseRequested: boolean;
}

export interface SlotSkip {
  id: string;
  reason: string;
}

/** Which slots can no longer become a cycle, and which is next; `due` = its cycle may start now. */
export interface SlotChoice {
  skips: readonly SlotSkip[];
  next: { slot: Slot; due: boolean } | null;
}

/**
 * Asked when no cycle is active. Oldest first; until the target date late slots catch up one at a time, or the newest of them stands for all,
 * as the config says. What is requested by a person overrules the calendar, for exactly one slot.
 * @param at `hasCandidate`: some cycle is finished
 */
export function pickSlots(facts: SlotFacts, at: { hasCandidate: boolean; now: Date }): SlotChoice {
  const planned = facts.slots.filter((slot) => slot.status === 'PLANNED').sort(byDate);
  const requested = facts.regressionRequested ? planned[0] : undefined;
  const early = facts.preReleaseRequested && at.hasCandidate;

  const skips: SlotSkip[] = [];
  const left: Slot[] = [];
  for (const slot of planned) {
    const reason = slot === requested ? null : whySkip(slot, facts.targetReleaseDate, early, at.now);
    if (reason === null) left.push(slot);
    else skips.push({ id: slot.id, reason });
  }
  const isDue = (slot: Slot) => slot === requested || slot.date <= at.now;
  const newest = left.findLast(isDue);
  const caughtUp = facts.config.slotCatchUp === 'LATEST' ? left.filter((slot) => isDue(slot) && slot !== newest) : [];
  const reason = `caught up by the slot of ${newest?.date.toISOString()}`;
  skips.push(...caughtUp.map(({ id }) => ({ id, reason })));
  const slot = left.find((candidate) => !caughtUp.includes(candidate));
  return { skips, next: slot === undefined ? null : { slot, due: isDue(slot) } };
}

function whySkip(slot: Slot, target: Date, early: boolean, now: Date): string | null {
  if (early) return 'post-regression was triggered early';
  if (slot.date >= target) {
    return `its date ${slot.date.toISOString()} is not before the target release date ${target.toISOString()}`;
  }
  if (now > target) return `its turn came only after the target release date ${target.toISOString()}`;
  return null;
}

const HOUR_MS = 3_600_000;
/** People are reminded of a cycle this long before it begins. */
const REMIND_MS = HOUR_MS;

/** When to remind of a slot; null = it was planned so late that its planning was the reminder. */
export function remindAt({ date, createdAt }: Slot): Date | null {
  const at = new Date(date.getTime() - REMIND_MS);
  return createdAt !== undefined && createdAt.getTime() + REMIND_MS < at.getTime() ? at : null;
}

/** Ids break ties, so that rows in any order give the same plan. */
function byDate(a: Slot, b: Slot): number {
  return a.date.getTime() - b.date.getTime() || (a.id < b.id ? -1 : 1);
}
