import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { IssueTracker, NewTicket } from '../../src/integrations/capabilities/issue-tracker.ts';
import { type ContractSkip, contractCases, expectNoSecret, lock, providerError, refusals } from './contract-case.ts';
import { listTests } from './issue-tracker-lists.ts';
import { remarkTests } from './issue-tracker-remarks.ts';
import { countOf as countCalls, type IssueTrackerHarness, type RequestMatch } from './issue-tracker-world.ts';

export type { IssueTrackerHarness } from './issue-tracker-world.ts';

export function issueTrackerContract(
  name: string,
  makeHarness: () => Promise<IssueTrackerHarness>,
  options: { skip?: ContractSkip[] } = {},
) {
  describe(`issue tracker: ${name}`, () => {
    const cases = contractCases(options.skip ?? []);
    const { guarantee } = cases;
    let h: IssueTrackerHarness;
    beforeEach(async () => {
      h = await makeHarness();
    });
    afterEach(() => h.close());

    const wanted = (changes: Partial<NewTicket> = {}): NewTicket => ({
      project: h.project,
      type: h.type,
      title: 'Release 4.2.0 (iOS)',
      description: 'Candidate of Monday.\nSecond line.\n\nNotes: https://example.com/notes?a=1&b=2.',
      labels: ['release'],
      marker: 'rel-42-ios',
      ...changes,
    });
    const countOf = (match: RequestMatch) => countCalls(h, match);

    guarantee('a created ticket reads back by key and by marker', async () => {
      const tracker = h.connect();

      const created = await tracker.ensureTicket(wanted());

      expect(created).toMatchObject({ title: 'Release 4.2.0 (iOS)', status: { name: h.statuses.open, category: 'open' } });
      expect(new URL(created.url).href).toContain(created.key);
      expect(await tracker.ticket(created.key)).toEqual(created);
      expect(await tracker.findTicket({ project: h.project, marker: 'rel-42-ios' })).toEqual(created);
    });

    guarantee('ensuring twice creates one ticket', async () => {
      const first = await h.connect().ensureTicket(wanted());
      const second = await h.connect().ensureTicket(wanted({ title: 'Renamed since' }));

      expect(second).toEqual(first);
      expect(h.world.ticketsWith('rel-42-ios')).toEqual([first.key]);
    });

    guarantee('ten concurrent ensures create one ticket', async () => {
      const tickets = await Promise.all(Array.from({ length: 10 }, () => h.connect().ensureTicket(wanted())));

      expect(new Set(tickets.map((ticket) => ticket.key)).size).toBe(1);
      expect(h.world.ticketsWith('rel-42-ios')).toHaveLength(1);
    });

    guarantee('ten overlapping ensures under the lock create one ticket', async () => {
      const serialised = lock();

      const tickets = await Promise.all(Array.from({ length: 10 }, () => serialised(() => h.connect().ensureTicket(wanted()))));

      expect(new Set(tickets.map((ticket) => ticket.key)).size).toBe(1);
      expect(h.world.ticketsWith('rel-42-ios')).toHaveLength(1);
    });

    guarantee('markers that begin alike are different tickets', async () => {
      const long = await h.connect().ensureTicket(wanted({ marker: 'rel-42-ios-2' }));
      const short = await h.connect().ensureTicket(wanted({ marker: 'rel-42-ios' }));

      expect(short.key).not.toBe(long.key);
      expect(await h.connect().findTicket({ project: h.project, marker: 'rel-42' })).toBeNull();
    });

    guarantee('a ticket that searches show late is found once they show it', async () => {
      h.world.delaySearch();
      const created = await h.connect().ensureTicket(wanted());

      expect(await h.connect().findTicket({ project: h.project, marker: 'rel-42-ios' })).toBeNull();
      h.world.catchUp();
      expect(await h.connect().ensureTicket(wanted())).toEqual(created);
      expect(h.connect().searchVisibleWithinMs).toBeGreaterThan(0);
    });

    guarantee('a ticket on the third page of a search is found', async () => {
      const created = await h.connect().ensureTicket(wanted());
      h.world.answerOnPage(3);

      expect(await h.connect().ensureTicket(wanted())).toEqual(created);
      expect(h.world.ticketsWith('rel-42-ios')).toHaveLength(1);
    });

    guarantee('odd text arrives: several lines, quotes, a long title, labels with blanks', async () => {
      const title = `Line one\nline "two" \\ ${'x'.repeat(400)}`;

      const created = await h.connect().ensureTicket(wanted({ title, description: '', labels: ['two words', 'release', 'release'] }));

      expect(created.title).toMatch(/^Line one line "two" \\ xxx/);
      expect(await h.connect().findTicket({ project: h.project, marker: 'rel-42-ios' })).toEqual(created);
    });

    guarantee('absent is null', async () => {
      expect(await h.connect().findTicket({ project: h.project, marker: 'nothing' })).toBeNull();
      expect(await h.connect().ticket(h.unknown.ticket)).toBeNull();
    });

    guarantee('an unknown project, type or parent is an error that says so', async () => {
      for (const change of [{ project: 'NO"PE' }, { type: 'No such type' }, { parent: h.unknown.ticket }]) {
        const error = await providerError(h.connect().ensureTicket(wanted(change)));

        expect(error.kind).toMatch(/^(invalid|not-found|forbidden)$/);
        expect(error.message).toMatch(/project|type|issue|parent/i);
      }
      expect(h.world.ticketsWith('rel-42-ios')).toEqual([]);
    });

    guarantee('the category of a status is told, and an unknown one is not taken for done', async () => {
      const { key } = await h.connect().ensureTicket(wanted());
      const categories: [string, string][] = [
        [h.statuses.inProgress, 'in-progress'],
        [h.statuses.done, 'done'],
        [h.statuses.withoutCategory, 'unknown'],
      ];

      for (const [status, category] of categories) {
        h.world.setStatus(key, status);
        expect((await h.connect().ticket(key))?.status).toEqual({ name: status, category });
      }
    });

    guarantee('a ticket moves to a status named in any case, and stays where it is already', async () => {
      const { key } = await h.connect().ensureTicket(wanted());

      const moved = await h.connect().setStatus(key, h.statuses.done.toUpperCase());
      const again = await h.connect().setStatus(key, h.statuses.done);

      expect(moved.status).toEqual({ name: h.statuses.done, category: 'done' });
      expect(again).toEqual(moved);
      expect(countOf(h.requests.move)).toBe(1);
    });

    guarantee('ten concurrent moves to the same status all succeed', async () => {
      const { key } = await h.connect().ensureTicket(wanted());

      const moved = await Promise.all(Array.from({ length: 10 }, () => h.connect().setStatus(key, h.statuses.done)));

      expect(moved.map((ticket) => ticket.status.name)).toEqual(Array(10).fill(h.statuses.done));
    });

    guarantee('a status without a way to it is a conflict that names the ways there are', async () => {
      const { key } = await h.connect().ensureTicket(wanted());

      const error = await providerError(h.connect().setStatus(key, h.statuses.unreachable));

      expect(error.kind).toBe('conflict');
      expect(error.message).toContain(h.statuses.open);
      expect(error.message).toContain(h.statuses.done);
      expect((await h.connect().ticket(key))?.status.name).toBe(h.statuses.open);
    });

    guarantee('moving an unknown ticket is not-found', async () => {
      expect((await providerError(h.connect().setStatus(h.unknown.ticket, h.statuses.done))).kind).toBe('not-found');
    });

    guarantee('wrong credentials are unauthorized and never read as absent', async () => {
      const { key } = await h.connect().ensureTicket(wanted());
      const stranger = h.connect({ wrongCredentials: true });

      const query = { project: h.project, marker: 'rel-42-ios' };
      const errors = [
        await providerError(stranger.ticket(key)),
        await providerError(stranger.findTicket(query)),
        await providerError(stranger.ensureTicket(wanted())),
        await providerError(stranger.setStatus(key, h.statuses.done)),
        await providerError(stranger.ensureComment(key, { text: 'Text', marker: 'm-1' })),
        await providerError(stranger.ensureLink(key, { url: 'https://example.com', title: 'Page' })),
      ];

      expect(errors.map((error) => error.kind)).toEqual(Array(6).fill('unauthorized'));
      for (const error of errors) expectNoSecret(error, h.secrets);
    });

    for (const { when, kind, fault, retryAfterMs } of refusals()) {
      guarantee(`${when} when creating is ${kind}, and nothing is created`, async () => {
        const body = h.errorBody(`because of ${h.secrets[0]}`);
        h.server.failNext({ ...fault, match: h.requests.create, ...(fault.status && { body }) });

        const error = await providerError(h.connect({ timeoutMs: kind === 'timeout' ? 150 : 10_000 }).ensureTicket(wanted()));

        expect(error).toMatchObject({ kind, retryAfterMs });
        if (fault.status) expect(error.message).toContain('because of');
        expectNoSecret(error, h.secrets);
        expect(h.world.ticketsWith('rel-42-ios')).toEqual([]);
      });

      if (kind === 'not-found') continue;
      guarantee(`${when} when reading is ${kind}`, async () => {
        const { key } = await h.connect().ensureTicket(wanted());
        for (const [request, read] of [
          [h.requests.read, (tracker: IssueTracker) => tracker.ticket(key)],
          [h.requests.search, (tracker: IssueTracker) => tracker.findTicket({ project: h.project, marker: 'rel-42-ios' })],
        ] as const) {
          h.server.failNext({ ...fault, match: request });

          const error = await providerError(read(h.connect({ timeoutMs: kind === 'timeout' ? 150 : 10_000 })));

          expect(error).toMatchObject({ kind, retryAfterMs });
          expectNoSecret(error, h.secrets);
        }
      });
    }

    for (const mode of ['drop-after', 'cut-body'] as const) {
      guarantee(`a creation whose answer is lost (${mode}) has one effect after a retry`, async () => {
        h.server.failNext({ match: h.requests.create, mode });

        const error = await providerError(h.connect().ensureTicket(wanted()));
        const ticket = await h.connect().ensureTicket(wanted());

        expect(error.kind).toBe('unavailable');
        expect(h.world.ticketsWith('rel-42-ios')).toEqual([ticket.key]);
      });
    }

    guarantee('a move whose answer is lost has one effect after a retry', async () => {
      const { key } = await h.connect().ensureTicket(wanted());
      h.server.failNext({ match: h.requests.move, mode: 'drop-after' });

      const error = await providerError(h.connect().setStatus(key, h.statuses.done));
      const moved = await h.connect().setStatus(key, h.statuses.done);

      expect(error.kind).toBe('unavailable');
      expect(moved.status.name).toBe(h.statuses.done);
      expect(countOf(h.requests.move)).toBe(1);
    });

    guarantee('an abort stops the call and gives its reason', async () => {
      const reason = new Error('lease lost');
      const controller = new AbortController();
      h.server.failNext({ match: h.requests.create, mode: 'hang' });

      const call = h.connect({ signal: controller.signal }).ensureTicket(wanted());
      const outcome = expect(call).rejects.toBe(reason);
      await expect.poll(() => countOf(h.requests.create)).toBe(1);
      controller.abort(reason);

      await outcome;
    });

    const parts = { guarantee, harness: () => h, wanted };
    remarkTests(parts);
    listTests(parts);
    cases.end();
  });
}
