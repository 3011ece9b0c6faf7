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
  join(scope: EventScope, listener: ListenerIdentity): Listener;
  /** Something may have happened. */
  hurry(): void;
  /** Ends every stream. */
  close(): void;
}

/** Of this account, or of this process. */
export class TooManyStreams extends Error {
  override readonly name = 'TooManyStreams';
}

/** Who listens: what changes of them ends their stream. */
export interface ListenerIdentity {
  accountId: string;
  tokenId: string;
}

export interface Listener {
  /** What is up to here has passed already. */
  readonly from: number;
  /** The next ones, as soon as there are any; `behind` when so many came meanwhile that they were not kept; null = the end. */
  take(): Promise<readonly EventView[] | 'behind' | null>;
  /** Nothing is for them any more: they left, the process stops, or what they may see has changed. */
  hasEnded(): boolean;
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

interface Member extends EventScope, ListenerIdentity {
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

  /** What somebody may see is known as of when they came: a change of it ends their stream, and they come back with their token if they still may. */
  function endChanged(heads: readonly EventHead[], present: readonly Member[]): void {
    const changes = heads.filter(({ entityType }) => entityType === 'member' || entityType === 'token');
    for (const member of present) if (changes.some((head) => isAccessOf(member, head))) leave(member);
  }

  async function handOut(heads: readonly EventHead[], present: readonly Member[]): Promise<void> {
    endChanged(heads, present);
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
    if (member.isBehind || member.hasLeft) return;
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

    join(scope, { accountId, tokenId }) {
      refuseMore(accountId);
      if (position === null) throw new Error('nobody joins before the first look');
      const member: Member = { ...scope, accountId, tokenId, waiting: [], isBehind: false, hasLeft: false, wake: null };
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
        hasEnded: () => member.hasLeft,
        leave: () => leave(member),
      };
    },

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

/** It is about what this listener may see: their role, their membership, their token. */
function isAccessOf({ tenantId, accountId, tokenId }: Member, head: EventHead): boolean {
  if (head.tenantId !== tenantId) return false;
  return head.entityType === 'member' ? head.entityId === accountId : head.entityType === 'token' && head.entityId === tokenId;
}

function wake(member: Member): void {
  member.wake?.();
  member.wake = null;
}
