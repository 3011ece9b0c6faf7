import type { StoreReleaseState } from '../../capabilities/app-store.ts';
import type { PhasedRelease, Version } from './version.ts';

/** Apple's own days: percent of the users who update by themselves, on each of the seven. */
export const dailyPercents = [1, 2, 5, 10, 20, 50, 100] as const;

/** "App and submission statuses". Names of the deprecated `appStoreState` stand beside those of `appVersionState`. */
const states: Readonly<Record<string, StoreReleaseState>> = {
  PREPARE_FOR_SUBMISSION: { kind: 'draft' },
  // Put into a submission that nobody has sent.
  READY_FOR_REVIEW: { kind: 'draft' },
  WAITING_FOR_REVIEW: { kind: 'in-review' },
  WAITING_FOR_EXPORT_COMPLIANCE: { kind: 'in-review' },
  IN_REVIEW: { kind: 'in-review' },
  // It passed, another item of its submission did not: nobody can release it yet.
  ACCEPTED: { kind: 'in-review' },
  // The words of App Review are in no answer of the API.
  REJECTED: { kind: 'rejected', reason: null },
  METADATA_REJECTED: { kind: 'rejected', reason: 'App Review rejected the metadata; the build may stay' },
  INVALID_BINARY: { kind: 'rejected', reason: 'the build does not meet the requirements for binaries: it needs another build' },
  DEVELOPER_REJECTED: { kind: 'withdrawn' },
  PENDING_DEVELOPER_RELEASE: { kind: 'approved' },
  PENDING_APPLE_RELEASE: { kind: 'processing' },
  PROCESSING_FOR_DISTRIBUTION: { kind: 'processing' },
  PROCESSING_FOR_APP_STORE: { kind: 'processing' },
  REPLACED_WITH_NEW_VERSION: { kind: 'superseded' },
};

const released = ['READY_FOR_DISTRIBUTION', 'READY_FOR_SALE'];
const editable = ['PREPARE_FOR_SUBMISSION', 'READY_FOR_REVIEW', 'DEVELOPER_REJECTED', 'REJECTED', 'METADATA_REJECTED', 'INVALID_BINARY'];

export function releaseState({ raw, phased }: Pick<Version, 'raw' | 'phased'>): StoreReleaseState {
  if (released.includes(raw)) return phased === null ? { kind: 'live' } : phasedState(phased);
  return (Object.hasOwn(states, raw) ? states[raw] : undefined) ?? { kind: 'unknown', raw };
}

/** Whether it can be brought in line and sent to review. */
export const isEditable = ({ raw }: Version): boolean => editable.includes(raw);

/** Whether Apple, which takes one version at a time, takes no other before this one is through. */
export function blocksOthers(version: Version): boolean {
  if (released.includes(version.raw)) return false;
  return isEditable(version) || ['in-review', 'approved', 'processing'].includes(releaseState(version).kind);
}

function phasedState({ state, day }: PhasedRelease): StoreReleaseState {
  const fraction = (dailyPercents[Math.max(day, 1) - 1] ?? 100) / 100;
  switch (state) {
    case 'ACTIVE':
      return fraction < 1 ? { kind: 'rolling-out', fraction } : { kind: 'live' };
    case 'PAUSED':
      return { kind: 'halted', fraction };
    case 'COMPLETE':
      return { kind: 'live' };
    // Nobody has got it yet, so it must not count as live.
    case 'INACTIVE':
      return { kind: 'processing' };
    default:
      return { kind: 'unknown', raw: `phased release ${state}` };
  }
}
