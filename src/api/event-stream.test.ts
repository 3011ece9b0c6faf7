import { describe, expect, it } from 'vitest';
import type { EventView } from '../services/events/event-view.ts';
import type { EventFeed } from '../services/events/follow-events.ts';
import { eventStream } from './event-stream.ts';

const event = (id: string): EventView => ({
  id,
  type: 'task.update',
  at: '2026-11-21T12:00:00.000Z',
  data: {
    ...{ id: 'E', at: '2026-11-21T12:00:00.000Z', scopeId: 'S', entityType: 'task', entityId: 'T', action: 'UPDATE', by: null },
    ...{ why: 'two\nlines', items: [] },
  },
});

/** A feed that gives these, then is silent until it is left. */
function feedOf(...events: EventView[]): EventFeed & { taken: number; isLeft: boolean } {
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  async function* give(): AsyncGenerator<EventView, void> {
    for (const one of events) {
      feed.taken += 1;
      yield one;
    }
    await left;
  }
  const feed = {
    taken: 0,
    isLeft: false,
    events: give(),
    leave() {
      feed.isLeft = true;
      leave();
    },
  };
  return feed;
}

async function read(stream: ReadableStream<Uint8Array>, chunks: number): Promise<string[]> {
  const reader = stream.getReader();
  const texts: string[] = [];
  while (texts.length < chunks) {
    const { done, value } = await reader.read();
    if (done) break;
    texts.push(new TextDecoder().decode(value));
  }
  await reader.cancel();
  return texts;
}

describe('an event stream', () => {
  it('gives each event its id and one line of data, whatever text is in it', async () => {
    const [retry, first] = await read(eventStream(feedOf(event('7'))), 2);

    expect(retry).toBe('retry: 2000\n\n');
    expect(first?.startsWith('id: 7\ndata: {"id":"7",')).toBe(true);
    expect(first?.match(/\n/g)).toHaveLength(3);
    expect(JSON.parse(first?.slice(first.indexOf('{')) ?? '')).toEqual(event('7'));
  });

  it('says in silence that it lives, and loses no event by that', async () => {
    const feed = feedOf();

    const chunks = await read(eventStream(feed, { heartbeatMs: 5 }), 3);

    expect(chunks.slice(1)).toEqual([': nothing new\n\n', ': nothing new\n\n']);
  });

  it('asks for no more than is read', async () => {
    const feed = feedOf(event('1'), event('2'), event('3'), event('4'), event('5'));

    await read(eventStream(feed), 2);

    expect(feed.taken).toBeLessThan(4);
  });

  it('leaves the feed when the reader goes', async () => {
    const feed = feedOf(event('1'));

    await read(eventStream(feed), 1);

    expect(feed.isLeft).toBe(true);
  });

  it('ends when it is old, so that its reader comes back and is asked who it is', async () => {
    const chunks = await read(eventStream(feedOf(), { maxAgeMs: 5 }), 10);

    expect(chunks).toEqual(['retry: 2000\n\n']);
  });

  it('breaks off when the feed fails', async () => {
    const feed = feedOf();
    feed.events = (async function* (): AsyncGenerator<EventView, void> {
      yield event('1');
      throw new Error('the database is away');
    })();

    await expect(read(eventStream(feed), 10)).rejects.toThrow('the database is away');
    expect(feed.isLeft).toBe(true);
  });
});
