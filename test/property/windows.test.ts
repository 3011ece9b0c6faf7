import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../../src/domain/time/wall-clock.ts';
import { decideWindows } from '../../src/domain/windows/decide-windows.ts';
import type { Window } from '../../src/domain/windows/window.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Zones that move their clocks by an hour, by half of one, in both hemispheres, at midnight, and not at all. */
const zones = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Asia/Beirut',
  'America/Santiago',
  'Asia/Kolkata',
  'UTC',
];

/** Days around which clocks move in one of the zones, in two years. */
const eventful = [
  '2026-03-08',
  '2026-03-28',
  '2026-04-04',
  '2026-09-05',
  '2026-10-03',
  '2026-10-24',
  '2026-10-31',
  '2027-03-13',
  '2027-03-27',
  '2027-04-03',
  '2027-09-04',
  '2027-10-02',
  '2027-10-30',
  '2027-11-06',
  '2026-07-15',
];

const field = (max: number, min = 0) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min, max }).map((value) => ({ text: String(value), matches: (n: number) => n === value })) },
    { weight: 2, arbitrary: fc.constant({ text: '*', matches: () => true }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 2, max: 7 }).map((step) => ({ text: `*/${step}`, matches: (n: number) => (n - min) % step === 0 })),
    },
  );

const clock = fc.record({ minute: field(59), hour: field(23), weekday: field(6) }).map(({ minute, hour, weekday }) => ({
  cron: `${minute.text} ${hour.text} * * ${weekday.text}`,
  opensAt: (wall: Date) => minute.matches(wall.getUTCMinutes()) && hour.matches(wall.getUTCHours()) && weekday.matches(wall.getUTCDay()),
}));

const plan = fc.record({
  clock,
  kind: fc.constantFrom<Window['kind']>('allow', 'deny'),
  durationMinutes: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 91, max: 1500 })),
  zone: fc.constantFrom(...zones),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

const toWindow = ({ clock: { cron }, kind, durationMinutes, zone }: Plan, index: number): Window => ({
  ...{ id: String(index), name: `window ${index}`, cron, kind, durationMinutes, zone },
});

/** Walks every minute of a wall, and of nothing else: the instants of all openings that can still be open in `[from, to)`. */
function openings({ clock: { opensAt }, durationMinutes, zone }: Plan, from: number, to: number): number[] {
  const starts: number[] = [];
  const first = from - durationMinutes * MINUTE - 15 * HOUR;
  for (let wall = first - (first % MINUTE); wall < to + 15 * HOUR; wall += MINUTE) {
    const at = new Date(wall);
    if (opensAt(at)) starts.push(instantOf(at, zone).getTime());
  }
  return starts;
}

/** By minute, whether it is allowed: the definition itself. */
function oracle(plans: readonly Plan[], from: number, to: number): boolean[] {
  const minutes = Math.ceil((to - from) / MINUTE);
  const covers = plans.map((each) => {
    const open = new Array<boolean>(minutes).fill(false);
    for (const start of openings(each, from, to)) {
      const begin = Math.max(0, Math.round((start - from) / MINUTE));
      const end = Math.min(minutes, Math.round((start - from) / MINUTE) + each.durationMinutes);
      for (let minute = begin; minute < end; minute++) open[minute] = true;
    }
    return { kind: each.kind, open };
  });
  const hasAllow = plans.some(({ kind }) => kind === 'allow');
  return Array.from({ length: minutes }, (_, minute) => {
    const open = covers.filter(({ open: is }) => is[minute]);
    if (open.some(({ kind }) => kind === 'deny')) return false;
    return !hasAllow || open.some(({ kind }) => kind === 'allow');
  });
}

describe('the window function', () => {
  it('agrees with a minute-by-minute oracle over zones and two years of clock changes', () => {
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 3 }), fc.constantFrom(...eventful), (plans, day) => {
        const from = Date.parse(`${day}T12:00:00Z`);
        const to = from + 36 * HOUR;
        const expected = oracle(plans, from, to);
        const windows = plans.map(toWindow);

        let minute = 0;
        let reasked = 0;
        while (minute < expected.length) {
          const at = new Date(from + minute * MINUTE);
          const decision = decideWindows(windows, at);
          const change = expected.indexOf(!expected[minute], minute);
          const next = decision.nextChangeAt === null ? expected.length : Math.round((decision.nextChangeAt.getTime() - from) / MINUTE);

          const context = `${at.toISOString()} ${JSON.stringify(windows)}`;
          expect(decision.allowed, context).toBe(expected[minute]);
          expect(decision.blocking.length === 0).toBe(decision.allowed);
          expect(next, context).toBeGreaterThan(minute);
          // Where windows touch for very long it says when to ask again; it never sleeps through a change.
          if (next < expected.length && expected[next] === expected[minute]) reasked++;
          else expect(next >= expected.length ? -1 : next, context).toBe(change);
          minute = next;
        }
        expect(reasked).toBeLessThan(expected.length / 50);
      }),
      { numRuns: 12 },
    );
  });
});
