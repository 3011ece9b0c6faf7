import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BlockersWorld, openBlockersWorld } from '../api/blockers-world.ts';

/** Whatever people and tickets do, in whatever order and however often it is looked at: one message per edge, and holds are the open blockers. */

let of: BlockersWorld;
beforeAll(async () => {
  of = await openBlockersWorld();
});
afterAll(() => of?.close());

type Command = { on: number; do: 'look' | 'done' | 'undone' | 'resolve' | 'waive' | 'reopen'; twice: boolean };
type Status = 'OPEN' | 'RESOLVED' | 'WAIVED';

interface Model {
  statuses: Status[];
  /** Of each ticket: as it is, and as it was when it was last looked at. */
  tickets: { isDone: boolean; seen: boolean }[];
  added: number;
  resolved: number;
}

const BLOCKERS = 3;
const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.record({
    on: fc.nat(BLOCKERS - 1),
    do: fc.constantFrom('look' as const, 'done' as const, 'undone' as const, 'resolve' as const, 'waive' as const, 'reopen' as const),
    twice: fc.boolean(),
  }),
  { minLength: 4, maxLength: 14 },
);

/** What is to come of it. */
function apply(model: Model, { on, do: what }: Command): void {
  const ticket = model.tickets[on];
  const before = model.statuses[on];
  if (ticket === undefined || before === undefined) return;
  let after = before;
  if (what === 'resolve' && before === 'OPEN') after = 'RESOLVED';
  if (what === 'waive' && before === 'OPEN') after = 'WAIVED';
  if (what === 'reopen') after = 'OPEN';
  if (what === 'done') ticket.isDone = true;
  if (what === 'undone') ticket.isDone = false;
  if (what === 'look') {
    const moved = ticket.isDone !== ticket.seen;
    if (moved && ticket.isDone && before === 'OPEN') after = 'RESOLVED';
    if (moved && !ticket.isDone && before === 'RESOLVED') after = 'OPEN';
    ticket.seen = ticket.isDone;
  }
  model.statuses[on] = after;
  if (before !== 'OPEN' && after === 'OPEN') model.added += 1;
  if (before === 'OPEN' && after !== 'OPEN' && !model.statuses.includes('OPEN')) model.resolved += 1;
}

async function carryOut(release: string, blocker: { id: string; key: string }, { do: what }: Command): Promise<void> {
  if (what === 'look') return of.look(blocker.id);
  if (what === 'done' || what === 'undone') return of.move(blocker.key, what === 'done' ? 'Done' : 'To Do');
  await of.change(release, blocker.id, what, what === 'waive' ? { reason: 'known' } : undefined);
}

it('blockers keep to the model under any commands', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (list) => {
      const release = await of.planned();
      const blockers: { id: string; key: string }[] = [];
      for (let index = 0; index < BLOCKERS; index += 1) {
        const key = of.ticket();
        blockers.push({ key, id: (await of.block(release, key)).body.id });
      }
      const model: Model = {
        statuses: blockers.map(() => 'OPEN'),
        tickets: blockers.map(() => ({ isDone: false, seen: false })),
        added: BLOCKERS,
        resolved: 0,
      };

      for (const command of list) {
        const blocker = blockers[command.on];
        if (blocker === undefined) continue;
        apply(model, command);
        await carryOut(release, blocker, command);
        if (command.twice) await carryOut(release, blocker, command);
      }

      const { body } = await of.world.call('GET', `/${release}`);
      const shown = await of.blockers(release);
      const types = (await of.told(release)).map(({ type }) => type);
      const open = blockers.filter((_, index) => model.statuses[index] === 'OPEN').map(({ id }) => id);
      expect(blockers.map(({ id }) => shown.find((blocker) => blocker.id === id)?.status)).toEqual(model.statuses);
      expect(body.holds.map(({ subject }: { subject: string }) => subject).sort()).toEqual(open.sort());
      expect(types.filter((type) => type === 'BLOCKER_ADDED')).toHaveLength(model.added);
      expect(types.filter((type) => type === 'BLOCKERS_RESOLVED')).toHaveLength(model.resolved);
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 60_000);
