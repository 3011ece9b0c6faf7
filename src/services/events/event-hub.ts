import type { Database } from '../../db/client.ts';
import type { Logger } from '../../platform/logger.ts';
import { ServiceError } from '../service-error.ts';
import { type EventHead, readDecided, settledSequence } from './decided-events.ts';
import { type EventScope, type EventView, eventViews } from './event-view.ts';

/*
 * One look at the history serves all streams of a process: it asks for what came after the last look, so many times a second, as long as
 * anybody listens; a ping makes it look at once. What it hands out, it hands out in order and once. Whoever joins is told the number up to
 * which it must read for itself, and gets what follows.
 */

export interface EventHub {
  /** Everything that was committed before the call, and is decided, is behind the number that this resolves with. */
  refresh(): Promise<number>;
  /** @throws TooManyStreams; ServiceError unavailable when the process is stopping */
  join(scope: EventScope, accountId: string): Listener;
  /** Something may have happened. */
  hurry(): void;
  /** Ends every stream. */
  close(): void;
  isClosed(): boolean;
}

/** Of this account, or of this process. */
export class TooManyStreams extends Error {
  override readonly name = 'TooManyStreams';
}

export interface Listener {
  /** What is up to here has passed already. */
  readonly from: number;
  /** The next ones, as soon as there are any; `behind` when so many came meanwhile that they were not kept; null = the end. */
  take(): Promise<readonly EventView[] | 'behind' | null>;
  leave(): void;
}

interface EventHubOptions {
  db: Database;
  logger: Logger;
  /** Between two looks while somebody listens, milliseconds. */
  everyMs: number;
  /** How long one INSERT may take, milliseconds; see `readDecided`. */
  insertMs: number;
  maxStreams: number;
  maxStreamsOfAccount: number;
  /** Events that are kept for a listener who does not take them. */
  maxWaiting: number;
}

const LIMIT = 1000;
/** Pings that come in a row are one. */
const SOON_MS = 25;

interface Member extends EventScope {
  accountId: string;
  waiting: EventView[];
  isBehind: boolean;
  hasLeft: boolean;
  wake: (() => void) | null;
}

export function createEventHub(options: EventHubOptions): EventHub {
  const { db, logger, everyMs, insertMs } = options;
  const members = new Set<Member>();
  let position: number | null = null;
  let looking: Promise<number> | null = null;
  let queued: Promise<number> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = 0;
  let isClosed = false;
  let isTroubled = false;

  /** Looks, one after the other: a call during a look is answered by the next one, which begins after it. */
  function look(): Promise<number> {
    if (looking === null) {
      looking = lookOnce().finally(() => {
        looking = null;
      });
      return looking;
    }
    queued ??= looking
      .catch(() => undefined)
      .then(() => {
        queued = null;
        return look();
      });
    return queued;
  }

  async function lookOnce(): Promise<number> {
    if (position === null || members.size === 0) {
      const settled = await settledSequence(db);
      // Nobody listened: what lies between was for nobody. Whoever has joined since then needs it.
      if (position === null || members.size === 0) position = Math.max(position ?? 0, settled);
    }
    for (;;) {
      const { heads, upTo, isFull } = await readDecided(db, position, { insertMs, limit: LIMIT });
      // From here on whoever joins reads up to this number; those who are here get what follows.
      const present = [...members];
      position = upTo;
      await handOut(heads, present);
      if (!isFull) return position;
    }
  }

  async function handOut(heads: readonly EventHead[], present: readonly Member[]): Promise<void> {
    const wanted = heads.filter((head) => present.some((member) => wants(member, head)));
    if (wanted.length === 0) return;
    let views: EventView[];
    try {
      views = await eventViews(db, wanted);
    } catch (error) {
      // They have missed something: they read it again from where they are.
      for (const member of present) if (wanted.some((head) => wants(member, head))) fallBehind(member);
      throw error;
    }
    for (const [index, head] of wanted.entries()) {
      const view = views[index];
      for (const member of present) if (view !== undefined && wants(member, head)) give(member, view);
    }
  }

  function give(member: Member, view: EventView): void {
    if (member.isBehind) return;
    member.waiting.push(view);
    if (member.waiting.length > options.maxWaiting) fallBehind(member);
    wake(member);
  }

  function fallBehind(member: Member): void {
    member.isBehind = true;
    member.waiting = [];
    wake(member);
  }

  function schedule(inMs: number): void {
    if (isClosed || members.size === 0) return;
    const at = performance.now() + inMs;
    if (timer !== undefined && timerAt <= at) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => {
      timer = undefined;
      void tick();
    }, inMs);
  }

  async function tick(): Promise<void> {
    try {
      await look();
      isTroubled = false;
    } catch (error) {
      if (!isTroubled) logger.warn({ err: error }, 'the history cannot be read: event streams stand still');
      isTroubled = true;
    }
    schedule(everyMs);
  }

  function refuseMore(accountId: string): void {
    if (isClosed) throw new ServiceError('unavailable', 'The server is stopping; connect again.');
    const own = [...members].filter((member) => member.accountId === accountId).length;
    if (own >= options.maxStreamsOfAccount) throw new TooManyStreams(`You have ${own} event streams open; close one first.`);
    if (members.size >= options.maxStreams) {
      throw new TooManyStreams(`This process has ${members.size} event streams, which is as many as it takes.`);
    }
  }

  return {
    refresh: look,

    join(scope, accountId) {
      refuseMore(accountId);
      if (position === null) throw new Error('nobody joins before the first look');
      const member: Member = { ...scope, accountId, waiting: [], isBehind: false, hasLeft: false, wake: null };
      members.add(member);
      schedule(everyMs);
      return {
        from: position,
        async take() {
          if (member.waiting.length === 0 && !member.isBehind && !member.hasLeft) {
            await new Promise<void>((resolve) => {
              member.wake = resolve;
            });
          }
          if (member.hasLeft) return null;
          return member.isBehind ? 'behind' : member.waiting.splice(0);
        },
        leave: () => leave(member),
      };
    },

    isClosed: () => isClosed,

    hurry: () => schedule(SOON_MS),

    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const member of members) leave(member);
    },
  };

  function leave(member: Member): void {
    member.hasLeft = true;
    members.delete(member);
    wake(member);
  }
}

const wants = (scope: EventScope, head: { tenantId: string; scopeId: string }): boolean =>
  scope.tenantId === head.tenantId && (scope.scopeId === null || scope.scopeId === head.scopeId);

function wake(member: Member): void {
  member.wake?.();
  member.wake = null;
}
