import { Occurrences } from './occurrences.ts';
import type { Window } from './window.ts';

export interface WindowDecision {
  /** Whether exposure may grow now. */
  allowed: boolean;
  /** What forbids it: the open deny windows; else the allow windows of which none is open. Empty when allowed. */
  blocking: Window[];
  /** When `allowed` changes next, or, where windows touch each other for very long, when to ask again; null = not within the horizon. */
  nextChangeAt: Date | null;
}

const DAY_MS = 86_400_000;
/** Beyond this, nobody waits for a change. */
export const HORIZON_MS = 800 * DAY_MS;
/** Of edges looked at; whoever wakes up then and finds nothing new asks again from there. */
const MAX_EDGES = 100;

/**
 * Whether windows let something happen at `at`, and when that changes. No window: allowed. An open deny window denies. Allow windows of which
 * none is open deny. The windows must have no `windowProblems`.
 */
export function decideWindows(windows: readonly Window[], at: Date): WindowDecision {
  const clocks = windows.map((window): Clock => ({ window, occurrences: new Occurrences(window), seen: null }));
  const horizon = new Date(at.getTime() + HORIZON_MS);
  const now = look(clocks, at);
  let cursor = now.nextEdge;
  for (let edges = 0; cursor !== null && cursor < horizon; edges++) {
    const then = look(clocks, cursor);
    if (then.allowed !== now.allowed || edges >= MAX_EDGES) return { ...decision(now), nextChangeAt: cursor };
    cursor = then.nextEdge;
  }
  return { ...decision(now), nextChangeAt: null };
}

interface Clock {
  window: Window;
  occurrences: Occurrences;
  /** How it was when it was asked last; it stays so until its edge. */
  seen: { isOpen: boolean; edge: Date | null } | null;
}

interface Look {
  allowed: boolean;
  blocking: Window[];
  /** When the first of the windows opens or closes. */
  nextEdge: Date | null;
}

/** @param at never before the last one that was asked about */
function stateAt(clock: Clock, at: Date): NonNullable<Clock['seen']> {
  const { occurrences, seen } = clock;
  if (seen !== null && (seen.edge === null || at < seen.edge)) return seen;
  const until = occurrences.openUntil(at);
  clock.seen = { isOpen: until !== null, edge: until ?? occurrences.nextStart(at) };
  return clock.seen;
}

const decision = ({ allowed, blocking }: Look) => ({ allowed, blocking });

function look(clocks: readonly Clock[], at: Date): Look {
  const open: Window[] = [];
  let nextEdge: Date | null = null;
  for (const clock of clocks) {
    const { isOpen, edge } = stateAt(clock, at);
    if (isOpen) open.push(clock.window);
    if (edge !== null && (nextEdge === null || edge < nextEdge)) nextEdge = edge;
  }
  const denying = open.filter(({ kind }) => kind === 'deny');
  const allows = clocks.flatMap(({ window }) => (window.kind === 'allow' ? [window] : []));
  if (denying.length > 0) return { allowed: false, blocking: denying, nextEdge };
  const shut = allows.length > 0 && !open.some(({ kind }) => kind === 'allow');
  return { allowed: !shut, blocking: shut ? allows : [], nextEdge };
}
