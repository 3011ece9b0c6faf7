import type { EventView } from '../services/events/event-view.ts';
import type { EventFeed } from '../services/events/follow-events.ts';

/** Proxies close what says nothing for a minute; some after half of one. */
const HEARTBEAT_MS = 15_000;
/** Then the client comes back with its token, and what the token may by then is asked anew. */
const MAX_AGE_MS = 15 * 60_000;
/** What a client waits before it comes back. */
const RETRY_MS = 2_000;

interface EventStreamOptions {
  heartbeatMs?: number;
  maxAgeMs?: number;
}

/**
 * A feed as server-sent events. The next event is asked for only when the reader has taken the one before, so a slow one fills no memory. Whatever
 * ends it, the client goes on with `Last-Event-ID`.
 */
export function eventStream(
  feed: EventFeed,
  { heartbeatMs = HEARTBEAT_MS, maxAgeMs = MAX_AGE_MS }: EventStreamOptions = {},
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let upcoming: Promise<IteratorResult<EventView, void>> | null = null;
  const age = setTimeout(() => feed.leave(), maxAgeMs);
  const end = () => {
    clearTimeout(age);
    feed.leave();
  };

  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
    async pull(controller) {
      upcoming ??= feed.events.next();
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<'silence'>((resolve) => {
        timer = setTimeout(() => resolve('silence'), heartbeatMs);
      });
      try {
        const next = await Promise.race([upcoming, silence]);
        if (next === 'silence') return controller.enqueue(encoder.encode(': nothing new\n\n'));
        upcoming = null;
        if (next.done === true) {
          end();
          return controller.close();
        }
        controller.enqueue(encoder.encode(frame(next.value)));
      } catch (error) {
        end();
        controller.error(error);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: end,
  });
}

/** JSON has no line breaks outside its strings, and none inside: one `data` line is enough. */
const frame = (event: EventView) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
