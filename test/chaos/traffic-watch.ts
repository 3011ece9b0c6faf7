import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { BACKEND, type Balancer } from '../../sandbox/deploy-demo/balancer.ts';
import type { Side } from '../../src/domain/deployment/vocabulary.ts';
import { waitFor } from '../support/wait-for.ts';

/** What HAProxy itself shows, and what a user gets, over and over: compared at each look with what is planned just then. */
export interface TrafficWatch {
  /** From now on the share of a side may grow to so many percent, and does not fall. Said before what makes it grow. */
  mayGrow(side: Side, most: number): void;
  /** From now on the share of a side does not grow. */
  mayFall(side: Side): void;
  /** Until HAProxy shows this share. */
  untilShare(side: Side, percent: number): Promise<unknown>;
  /** Versions that answered users. */
  readonly versions: ReadonlySet<string>;
  /** Whatever was not as planned, in words. */
  readonly troubles: readonly string[];
  readonly looks: number;
  stop(): Promise<void>;
}

interface Limit {
  side: Side;
  most: number;
  direction: 'up' | 'down';
  last: number | null;
}

/** HAProxy shows no share more exactly than this, percent. */
const GRAIN = 0.5;
const LOOK_MS = 20;
const ANSWER_WITHIN_MS = 10_000;
const LONGEST_MS = 600_000;
/** Maintenance and draining; what haproxy.cfg said in the beginning does not count. */
const OUT_OF_USE = 0x01 | 0x02 | 0x08 | 0x10 | 0x20;

/** Begins once somebody answers there. */
export function watchTraffic(balancer: Balancer): TrafficWatch {
  const troubles = new Set<string>();
  const versions = new Set<string>();
  let limit: Limit | null = null;
  let isOn = true;
  let looks = 0;

  function judge(found: Record<Side, number>): void {
    if (limit === null) return;
    const { side, most, direction, last } = limit;
    const share = found[side];
    if (share > most + GRAIN) troubles.add(`${side} had ${share} % when at most ${most} % were planned`);
    if (last !== null && direction === 'up' && share < last - GRAIN) troubles.add(`${side} fell from ${last} % to ${share} %`);
    if (last !== null && direction === 'down' && share > last + GRAIN) troubles.add(`${side} rose from ${last} % to ${share} %`);
    limit.last = share;
  }

  async function look(): Promise<void> {
    await sharesOf(balancer).then(judge, (error: Error) => troubles.add(error.message));
    const answer = await fetch(balancer.url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch((error: Error) => error);
    if (answer instanceof Error) troubles.add(`a user got no answer: ${answer.message}`);
    else {
      await answer.arrayBuffer();
      versions.add(answer.headers.get('x-version') ?? 'none');
      if (answer.status !== 200) troubles.add(`a user was answered ${answer.status}`);
    }
    looks += 1;
  }

  const watching = waitFor(
    async () => {
      await look();
      return !isOn;
    },
    { what: 'the end of the watch', timeoutMs: LONGEST_MS, everyMs: LOOK_MS },
  );
  // Told when it is stopped.
  watching.catch(() => undefined);
  return {
    mayGrow(side, most) {
      limit = { side, most, direction: 'up', last: limit?.side === side && limit.direction === 'up' ? limit.last : null };
    },
    mayFall(side) {
      limit = { side, most: 100, direction: 'down', last: null };
    },
    untilShare: (side, percent) =>
      waitFor(async () => Math.abs((await sharesOf(balancer))[side] - percent) <= GRAIN, {
        ...{ what: `HAProxy to show ${percent} % for ${side}`, timeoutMs: 60_000, everyMs: 5 },
      }),
    versions,
    get troubles() {
      return [...troubles];
    },
    get looks() {
      return looks;
    },
    async stop() {
      isOn = false;
      await watching;
    },
  };
}

/** Whole, percent, of servers that are in use. @throws Error where nobody is */
async function sharesOf({ runtime }: Balancer): Promise<Record<Side, number>> {
  const { hostname, port } = new URL(runtime.replace(/^tcp:/, 'http:'));
  const socket = connect({ host: hostname, port: Number(port) });
  socket.end(`show servers state ${BACKEND}\n`);
  const lines = (await text(socket)).split('\n');
  const head = lines.find((line) => line.startsWith('# ')) ?? '';
  const columns = head.slice(2).split(' ');
  const weights = { blue: 0, green: 0 };
  for (const line of lines) {
    const cells = line.split(' ');
    const cell = (name: string) => cells[columns.indexOf(name)];
    const side = cell('srv_name');
    const isInUse = (Number(cell('srv_admin_state')) & OUT_OF_USE) === 0;
    if ((side === 'blue' || side === 'green') && isInUse) weights[side] = Number(cell('srv_uweight'));
  }
  const all = weights.blue + weights.green;
  if (!(all > 0)) throw new Error(`no side had a share: ${lines.join(' | ').slice(0, 600)}`);
  return { blue: (weights.blue / all) * 100, green: (weights.green / all) * 100 };
}
