import type { StagedRollout } from '../../capabilities/staged-rollout.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { playClient } from './client.ts';
import type { GooglePlayConnection } from './identity.ts';
import { playTrouble } from './play-error.ts';
import { takeStep, wordsOf } from './step.ts';
import { sentOut } from './track.ts';

/** Fractions are doubles on both sides; what differs by less is the same share. */
const SAME = 1e-9;

export function googlePlayStagedRollout(connection: GooglePlayConnection, deps: AdapterDeps): StagedRollout {
  const client = playClient(connection, deps);
  return {
    async setFraction(query, to) {
      if (!(to > 0 && to < 1)) throw playTrouble('invalid', `a share of the users is more than 0 and less than 1, not ${to}`);
      return takeStep(client, query, {
        name: `raise the rollout to ${percent(to)} of`,
        decide(own, state) {
          if (state.kind !== 'rolling-out') return { kind: 'refused', why: wordsOf(state) };
          if (Math.abs(state.fraction - to) < SAME) return { kind: 'done' };
          if (to < state.fraction)
            return { kind: 'refused', why: `${percent(state.fraction)} of the users get it, and a rollout never goes back` };
          return { kind: 'write', release: sentOut(own, to) };
        },
      });
    },
  };
}

const percent = (fraction: number) => `${Number((fraction * 100).toFixed(6))} %`;
