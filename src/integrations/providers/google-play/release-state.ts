import type { StoreReleaseState } from '../../capabilities/app-store.ts';
import type { ReleaseSummary, TrackRelease } from './schema.ts';

/** What review says of one release. */
export type Review =
  | { kind: 'told'; state: string }
  /** Google tells about other releases of the track, not yet of this one. */
  | { kind: 'missing' }
  /** The app or the account has no answer to the question. */
  | { kind: 'unavailable' };

const PREFIX = 'RELEASE_LIFECYCLE_STATE_';

/** Null = review has nothing against what the track says. */
const reviewStates: Readonly<Record<string, StoreReleaseState | null>> = {
  DRAFT: { kind: 'draft' },
  NOT_SENT_FOR_REVIEW: { kind: 'draft' },
  IN_REVIEW: { kind: 'in-review' },
  NOT_APPROVED: { kind: 'rejected', reason: null },
  APPROVED_NOT_PUBLISHED: { kind: 'approved' },
  PUBLISHED: null,
};

/**
 * The track says what was wanted, review what has become of it: `completed` while under review reaches nobody. So review goes first, and a
 * release it does not name yet, right after a commit, counts as neither out nor under way.
 */
export function stateOf(release: TrackRelease, review: Review): StoreReleaseState {
  const wanted = wantedState(release);
  if (review.kind === 'unavailable') return wanted;
  if (review.kind === 'missing') return wanted.kind === 'live' || wanted.kind === 'rolling-out' ? { kind: 'processing' } : wanted;
  const name = review.state.startsWith(PREFIX) ? review.state.slice(PREFIX.length) : review.state;
  const told = Object.hasOwn(reviewStates, name) ? reviewStates[name] : { kind: 'unknown' as const, raw: review.state };
  return told ?? wanted;
}

/** What the track says by itself. */
export function wantedState({ status = 'none', userFraction }: TrackRelease): StoreReleaseState {
  const isFraction = userFraction !== undefined && userFraction > 0 && userFraction < 1;
  switch (status) {
    case 'draft':
      return { kind: 'draft' };
    case 'completed':
      return { kind: 'live' };
    case 'inProgress':
      return isFraction ? { kind: 'rolling-out', fraction: userFraction } : { kind: 'unknown', raw: `inProgress at ${userFraction}` };
    case 'halted':
      // Without a fraction it was halted after everybody could have it.
      return { kind: 'halted', fraction: isFraction ? userFraction : 1 };
    default:
      return { kind: 'unknown', raw: status };
  }
}

export function reviewOf({ versionCodes = [] }: TrackRelease, summaries: readonly ReleaseSummary[]): Review {
  const summary = summaries.find(({ activeArtifacts }) =>
    activeArtifacts.some(({ versionCode }) => versionCodes.includes(String(versionCode))),
  );
  return summary === undefined ? { kind: 'missing' } : { kind: 'told', state: summary.releaseLifecycleState ?? 'none' };
}
