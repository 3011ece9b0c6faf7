import { describe, expect, it, vi } from 'vitest';
import { decideWindows } from './decide-windows.ts';
import { Occurrences } from './occurrences.ts';
import { type Window, windowProblems } from './window.ts';

const window = (changes: Partial<Window>): Window => ({
  ...{ id: 'W', name: 'Window', kind: 'allow', cron: '0 9 * * 1-5', durationMinutes: 8 * 60, zone: 'Europe/Berlin' },
  ...changes,
});

describe('a window', () => {
  it('names everything that is wrong with it at once', () => {
    expect(windowProblems({ cron: 'every day', durationMinutes: 0, zone: 'Mars/Base' }).map(({ field }) => field)).toEqual([
      'cron',
      'durationMinutes',
      'zone',
    ]);
    expect(windowProblems(window({}))).toEqual([]);
  });

  it.each(['0 0 30 2 *', '0 0 31 11 *'])('that would never open is refused: %s', (cron) => {
    expect(windowProblems(window({ cron }))).toEqual([{ field: 'cron', message: expect.stringContaining('never') }]);
  });

  it.each(['0 9 * * * *', '61 * * * *', ''])('is written in five fields, not %j', (cron) => {
    expect(windowProblems(window({ cron }))).toEqual([{ field: 'cron', message: expect.stringContaining('five fields') }]);
  });

  it('stays open for a whole minute and at most 31 days', () => {
    const problemsOf = (durationMinutes: number) => windowProblems(window({ durationMinutes }));

    expect([problemsOf(0.5), problemsOf(1.5), problemsOf(31 * 1440 + 1)].map((found) => found.length)).toEqual([1, 1, 1]);
    expect([problemsOf(1), problemsOf(31 * 1440)]).toEqual([[], []]);
  });
});

describe('windows', () => {
  const monday = new Date('2026-11-23T10:00:00Z');

  it('allow where there are none', () => {
    expect(decideWindows([], monday)).toEqual({ allowed: true, blocking: [], nextChangeAt: null });
  });

  it('that allow are closed for what is outside of them, until the first opens', () => {
    const office = window({ id: 'office' });

    expect(decideWindows([office], monday)).toEqual({ allowed: true, blocking: [], nextChangeAt: new Date('2026-11-23T16:00:00Z') });
    expect(decideWindows([office], new Date('2026-11-21T10:00:00Z'))).toEqual({
      allowed: false,
      blocking: [office],
      nextChangeAt: new Date('2026-11-23T08:00:00Z'),
    });
  });

  it('that deny win over those that allow, and are named', () => {
    const office = window({ id: 'office' });
    const freeze = window({ id: 'freeze', kind: 'deny', cron: '0 10 23 11 *', durationMinutes: 30 });

    expect(decideWindows([office, freeze], new Date('2026-11-23T09:10:00Z'))).toEqual({
      allowed: false,
      blocking: [freeze],
      nextChangeAt: new Date('2026-11-23T09:30:00Z'),
    });
  });

  it('open an hour forward where the clock leaves their time out, and once where it comes twice', () => {
    const night = window({ cron: '30 2 * * *', durationMinutes: 10 });

    expect(decideWindows([night], new Date('2026-03-29T00:00:00Z')).nextChangeAt).toEqual(new Date('2026-03-29T01:30:00Z'));
    expect(decideWindows([night], new Date('2026-10-25T00:00:00Z')).nextChangeAt).toEqual(new Date('2026-10-25T00:30:00Z'));
    expect(decideWindows([night], new Date('2026-10-25T00:45:00Z')).nextChangeAt).toEqual(new Date('2026-10-26T01:30:00Z'));
  });

  it('that open all the time are looked at for some days, and asked again then', () => {
    const always = window({ cron: '* * * * *', durationMinutes: 60, kind: 'deny', zone: 'UTC' });
    const { allowed, nextChangeAt } = decideWindows([always], monday);
    const days = ((nextChangeAt?.getTime() ?? 0) - monday.getTime()) / 86_400_000;

    expect([allowed, days > 1, days < 30]).toEqual([false, true, true]);
  });

  it('are asked anew only when they themselves change, however many others do meanwhile', () => {
    const asked = vi.spyOn(Occurrences.prototype, 'openUntil');
    const minutes = [...Array(30).keys()].map((minute) =>
      window({ id: `${minute}`, cron: `${minute},${minute + 30} * * * *`, durationMinutes: 1 }),
    );
    const freeze = window({ id: 'freeze', kind: 'deny', cron: '0 0 * * *', durationMinutes: 1440, zone: 'UTC' });

    decideWindows([...minutes, freeze], monday);

    // Each once, and then at each of the hundred edges the one that closes and the one that opens.
    expect(asked.mock.calls.length).toBeLessThanOrEqual(31 + 2 * 101);
    asked.mockRestore();
  });

  it('that follow each other without a gap are one', () => {
    const halves = [window({ cron: '0 0,12 * * *', durationMinutes: 720, kind: 'deny', zone: 'UTC' })];

    expect(decideWindows(halves, monday)).toMatchObject({ allowed: false });
    expect(decideWindows(halves, monday).nextChangeAt?.getTime() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(
      monday.getTime() + 20 * 86_400_000,
    );
  });
});
