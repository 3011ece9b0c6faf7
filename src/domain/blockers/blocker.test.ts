import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BlockerStatus, blockerStatuses, followTicket, isTicketDone } from './blocker.ts';

describe('a ticket', () => {
  it.each([
    ['in the category for done', { name: 'Closed', category: 'done' }, [], true],
    ['in that category, while the config counts another status', { name: 'Closed', category: 'done' }, ['Approved'], true],
    ['at a status that the config counts, in whatever case', { name: ' approved', category: 'in-progress' }, ['Shipped', 'Approved'], true],
    ['under way', { name: 'In Progress', category: 'in-progress' }, ['Approved'], false],
    ['of a category that nobody tells', { name: 'Odd', category: 'unknown' }, [], false],
    ['without a name, where the config counts none', { name: '', category: 'open' }, [], false],
  ])('%s', (_what, status, completed, done) => {
    expect(isTicketDone(status, completed)).toBe(done);
  });
});

describe('a blocker follows its ticket', () => {
  it.each<[BlockerStatus, boolean, boolean, string | null]>([
    ['OPEN', false, true, 'resolve'],
    ['OPEN', false, false, null],
    ['OPEN', true, true, null],
    ['OPEN', true, false, null],
    ['RESOLVED', true, false, 'reopen'],
    ['RESOLVED', true, true, null],
    ['RESOLVED', false, false, null],
    ['RESOLVED', false, true, null],
    ['WAIVED', false, true, null],
    ['WAIVED', true, false, null],
  ])('%s, done %s before and %s now: %s', (status, ticketDone, isDone, change) => {
    expect(followTicket({ status, ticketDone }, isDone)).toBe(change);
  });

  it('and once it has, looking again changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...blockerStatuses), fc.boolean(), fc.boolean(), (status, ticketDone, isDone) => {
        const change = followTicket({ status, ticketDone }, isDone);
        const after = change === null ? status : change === 'resolve' ? 'RESOLVED' : 'OPEN';

        expect(followTicket({ status: after, ticketDone: isDone }, isDone)).toBeNull();
      }),
    );
  });
});
