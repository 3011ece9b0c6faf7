import type { RunStatus } from '../run.ts';

/** Another release of the same config and type that has not ended. */
export interface Contender {
  id: string;
  displayId: string;
  kickOffDate: Date;
  turnTaken: boolean;
  runStatus: RunStatus;
  /** Paused: it lets others pass until it goes on. */
  held: boolean;
}

/**
 * Whom a release waits for before its kickoff; none = it is its turn. Who has begun keeps its place until it ends; of those that wait the
 * earliest kickoff comes first, ids break ties.
 * @param limit how many of them may be past their kickoff at a time, at least 1
 */
export function whoIsBefore(
  own: Pick<Contender, 'id' | 'kickOffDate'>,
  contenders: readonly Contender[],
  { limit, now }: { limit: number; now: Date },
): Contender[] {
  const begun = contenders.filter(hasBegun).sort(byKickoff);
  if (begun.length >= limit) return begun;
  const ahead = contenders.filter((other) => isWaiting(other, now) && byKickoff(other, own) < 0).sort(byKickoff);
  return begun.length + ahead.length >= limit ? [...begun, ...ahead] : [];
}

const hasBegun = ({ turnTaken, runStatus }: Contender) => turnTaken || runStatus === 'IN_PROGRESS';

const isWaiting = (other: Contender, now: Date) => !hasBegun(other) && !other.held && other.kickOffDate <= now;

type Place = Pick<Contender, 'id' | 'kickOffDate'>;
const byKickoff = (a: Place, b: Place) => a.kickOffDate.getTime() - b.kickOffDate.getTime() || (a.id < b.id ? -1 : 1);
