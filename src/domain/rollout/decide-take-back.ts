import type { ObservedState, RolloutAbilities } from './rollout.ts';

export interface TakeBackSituation {
  version: string;
  /** As the store shows it now; null = it does not show the release. */
  observed: ObservedState | null;
  abilities: Pick<RolloutAbilities, 'haltsLive'>;
  /** Whether the store lets a version be taken back from review. */
  withdraws: boolean;
}

/** What comes next of taking a version back from a store. */
export type TakeBackDecision =
  | { do: 'halt' | 'withdraw' }
  /** The store has to show something else first; `why` says what a person can do meanwhile. */
  | { do: 'wait'; why: string }
  /** Nobody new gets it. @property kept share of the users who have it and keep it, 0 to 1 */
  | { do: 'nothing'; why: string; kept: number }
  /** The store can take it back neither now nor later. */
  | { do: 'fail'; why: string };

/** A store takes nothing from the users who have it: taken back means that nobody new gets it, as the store shows it. Pure, and a fixed point. */
export function decideTakeBack({ version, observed, abilities, withdraws }: TakeBackSituation): TakeBackDecision {
  if (observed === null) return nobody(`the store does not show ${version}: nobody got it`);
  switch (observed.kind) {
    case 'draft':
    case 'rejected':
    case 'withdrawn':
      return nobody(`${version} was never let out: nobody got it`);
    case 'approved':
      return nobody(`${version} passed review and was not released: nobody got it`);
    case 'superseded':
      return { do: 'nothing', why: `a later version took the place of ${version}: nobody new gets it`, kept: 0 };
    case 'in-review':
      if (withdraws) return { do: 'withdraw' };
      return wait(`${version} is under review, and the store lets only people take it back, in its console; it is halted once it goes out`);
    case 'processing':
      return wait(`the store prepares ${version}; it is halted once it goes out`);
    case 'unknown':
      return wait(`the store shows ${version} in a state that is not known: ${observed.raw}`);
    case 'rolling-out':
      return { do: 'halt' };
    case 'halted':
      return { do: 'nothing', why: keeps(version, observed.fraction), kept: observed.fraction };
    case 'live':
      if (abilities.haltsLive) return { do: 'halt' };
      return { do: 'fail', why: `everybody gets ${version}, and the store can neither halt it nor take it back: release a higher version` };
    default:
      return observed satisfies never;
  }
}

const nobody = (why: string): TakeBackDecision => ({ do: 'nothing', why, kept: 0 });
const wait = (why: string): TakeBackDecision => ({ do: 'wait', why });

function keeps(version: string, fraction: number): string {
  const who =
    fraction < 1 ? `users who have it, of the ${Number((fraction * 100).toFixed(2))} % it was offered to, keep it` : 'who has it keeps it';
  return `nobody new gets ${version}; ${who}`;
}
