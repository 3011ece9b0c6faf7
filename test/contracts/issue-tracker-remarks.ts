import { expect } from 'vitest';
import type { IssueTracker } from '../../src/integrations/capabilities/issue-tracker.ts';
import { expectNoSecret, lock, providerError, refusals } from './contract-case.ts';
import { countOf, type IssueTrackerHarness, type IssueTrackerTests } from './issue-tracker-world.ts';

const comment = { text: 'Build 42 is out.', marker: 'rel-42-built' };
const link = { url: 'https://signalbox.example.com/releases/42?tenant=a&tab=builds', title: 'Release 4.2.0' };

/** What is attached to a ticket: comments and links. */
export function remarkTests(tests: IssueTrackerTests): void {
  commentTests(tests);
  linkTests(tests);
  for (const write of writes) faultTests(tests, write);
}

function commentTests({ guarantee, harness, wanted }: IssueTrackerTests): void {
  guarantee('the text of a comment arrives, and its marker ends it', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    const lines = ['Build 42 is out.', 'It has "quotes", <angles>, ümlauts & 🚀', 'See https://ci.example.com/builds/42?a=1&b=2.'];

    await h.connect().ensureComment(key, { text: `${lines[0]}\n${lines[1]}\n\n${lines[2]}`, marker: 'rel-42-built' });

    const [text, ...more] = h.world.comments(key);
    expect(more).toEqual([]);
    for (const line of lines) expect(text).toContain(line);
    expect(text?.trimEnd()).toMatch(/\brel-42-built$/);
  });

  guarantee('a comment is added once per marker, and stays as it was', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());

    await h.connect().ensureComment(key, comment);
    const before = h.world.comments(key);
    await h.connect().ensureComment(key, { ...comment, text: 'Reworded since.' });

    expect(before).toHaveLength(1);
    expect(h.world.comments(key)).toEqual(before);
    expect(countOf(h, h.requests.comment)).toBe(1);
  });

  guarantee('ten comments of one marker one after another are one', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    const serialised = lock();

    await Promise.all(Array.from({ length: 10 }, () => serialised(() => h.connect().ensureComment(key, comment))));

    expect(h.world.comments(key)).toHaveLength(1);
  });

  guarantee('the same marker on another ticket is another comment', async () => {
    const h = harness();
    const first = await h.connect().ensureTicket(wanted());
    const second = await h.connect().ensureTicket(wanted({ marker: 'rel-42-android' }));

    for (const { key } of [first, second]) await h.connect().ensureComment(key, comment);

    expect(h.world.comments(first.key)).toHaveLength(1);
    expect(h.world.comments(second.key)).toHaveLength(1);
  });

  guarantee('comments whose markers begin or end alike are different comments', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());

    for (const marker of ['x-rel-42', 'rel-42-x', 'rel-42']) await h.connect().ensureComment(key, { text: `About ${marker}x.`, marker });

    expect(h.world.comments(key)).toHaveLength(3);
  });

  guarantee('a comment is found among three pages of comments of others', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    const count = 2 * (h.pageSizes.comments ?? 5) + 1;
    const chatter = () => Array.from({ length: count }, (_, index) => h.world.addComment(key, `Looks good ${index}`));
    // On both sides, so that it is on the third page in either order.
    chatter();
    await h.connect().ensureComment(key, comment);
    chatter();

    await h.connect().ensureComment(key, comment);

    expect(h.world.comments(key)).toHaveLength(2 * count + 1);
  });

  guarantee('a comment on an unknown ticket is not-found', async () => {
    const h = harness();

    const error = await providerError(h.connect().ensureComment(h.unknown.ticket, comment));

    expect(error.kind).toBe('not-found');
  });
}

function linkTests({ guarantee, harness, wanted }: IssueTrackerTests): void {
  guarantee('a link is attached once per URL', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());

    await h.connect().ensureLink(key, link);
    await h.connect().ensureLink(key, link);

    expect(h.world.links(key)).toEqual([link]);
    expect(countOf(h, h.requests.link)).toBe(1);
  });

  guarantee('the title of a link is brought in line', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    await h.connect().ensureLink(key, link);

    await h.connect().ensureLink(key, { ...link, title: 'Release 4.2.0 is out' });

    expect(h.world.links(key)).toEqual([{ url: link.url, title: 'Release 4.2.0 is out' }]);
  });

  guarantee('a link that people attached is not doubled, and gets the title', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    h.world.addLink(key, { url: 'https://wiki.example.com/a', title: 'Notes' });
    h.world.addLink(key, { url: link.url, title: 'my release' });

    await h.connect().ensureLink(key, link);

    const byUrl = [...h.world.links(key)].sort((left, right) => left.url.localeCompare(right.url));
    expect(byUrl).toEqual([link, { url: 'https://wiki.example.com/a', title: 'Notes' }]);
  });

  guarantee('addresses that differ in one parameter are different links', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());

    for (const id of [1, 2, 1]) await h.connect().ensureLink(key, { url: `https://ci.example.com/run?id=${id}`, title: `Run ${id}` });

    expect(h.world.links(key).map(({ title }) => title)).toEqual(['Run 1', 'Run 2']);
  });

  guarantee('ten links of one URL one after another are one', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    const serialised = lock();

    await Promise.all(Array.from({ length: 10 }, () => serialised(() => h.connect().ensureLink(key, link))));

    expect(h.world.links(key)).toEqual([link]);
  });

  guarantee('a link with a long title and a long address is attached once', async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    const long = { url: `https://ci.example.com/run?${'q=1&'.repeat(100)}end`, title: `Build ${'x'.repeat(400)}` };

    await h.connect().ensureLink(key, long);
    await h.connect().ensureLink(key, long);

    expect(h.world.links(key)).toEqual([{ url: long.url, title: expect.stringMatching(/^Build xxx/) }]);
    expect(countOf(h, h.requests.link)).toBe(1);
  });

  guarantee('a link on an unknown ticket is not-found', async () => {
    const h = harness();

    const error = await providerError(h.connect().ensureLink(h.unknown.ticket, link));

    expect(error.kind).toBe('not-found');
  });
}

interface Write {
  name: 'commenting' | 'linking';
  request: 'comment' | 'link';
  call(tracker: IssueTracker, key: string): Promise<void>;
  effects(harness: IssueTrackerHarness, key: string): number;
}

const writes: Write[] = [
  {
    name: 'commenting',
    request: 'comment',
    call: (tracker, key) => tracker.ensureComment(key, comment),
    effects: (h, key) => h.world.comments(key).length,
  },
  {
    name: 'linking',
    request: 'link',
    call: (tracker, key) => tracker.ensureLink(key, link),
    effects: (h, key) => h.world.links(key).length,
  },
];

function faultTests({ guarantee, harness, wanted }: IssueTrackerTests, write: Write): void {
  for (const { when, kind, fault, retryAfterMs } of refusals()) {
    guarantee(`${when} when ${write.name} is ${kind}, and the next try has one effect`, async () => {
      const h = harness();
      const { key } = await h.connect().ensureTicket(wanted());
      const body = h.errorBody(`because of ${h.secrets[0]}`);
      h.server.failNext({ ...fault, match: h.requests[write.request], ...(fault.status && { body }) });

      const error = await providerError(write.call(h.connect({ timeoutMs: kind === 'timeout' ? 150 : 10_000 }), key));

      expect(error).toMatchObject({ kind, retryAfterMs });
      if (fault.status) expect(error.message).toContain('because of');
      expectNoSecret(error, h.secrets);
      expect(write.effects(h, key)).toBe(0);
      await write.call(h.connect(), key);
      expect(write.effects(h, key)).toBe(1);
    });
  }

  for (const mode of ['drop-after', 'cut-body'] as const) {
    guarantee(`${write.name} whose answer is lost (${mode}) has one effect after a retry`, async () => {
      const h = harness();
      const { key } = await h.connect().ensureTicket(wanted());
      h.server.failNext({ match: h.requests[write.request], mode });

      const error = await providerError(write.call(h.connect(), key));
      await write.call(h.connect(), key);

      expect(error.kind).toBe('unavailable');
      expect(write.effects(h, key)).toBe(1);
    });
  }

  guarantee(`an abort stops ${write.name} and gives its reason`, async () => {
    const h = harness();
    const { key } = await h.connect().ensureTicket(wanted());
    const reason = new Error('lease lost');
    const controller = new AbortController();
    h.server.failNext({ match: h.requests[write.request], mode: 'hang' });

    const outcome = expect(write.call(h.connect({ signal: controller.signal }), key)).rejects.toBe(reason);
    await expect.poll(() => countOf(h, h.requests[write.request])).toBe(1);
    controller.abort(reason);

    await outcome;
    expect(write.effects(h, key)).toBe(0);
  });
}
