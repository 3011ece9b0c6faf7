import type { HoldReason, RunStatus } from '../run.ts';
import type { ReleaseStatus } from './vocabulary.ts';

/**
 * The status people see, from the run. A release that was paused before its kickoff is still PENDING (its dates may still be moved); that it
 * is paused shows in the pause reasons. SUBMITTED: every store has the version, and not everybody has it yet.
 */
export function releaseStatus(
  run: { status: RunStatus; held: boolean },
  release: { archivedAt: Date | null; submittedAt: Date | null },
): ReleaseStatus {
  if (release.archivedAt !== null) return 'ARCHIVED';
  switch (run.status) {
    case 'PENDING':
      return 'PENDING';
    case 'IN_PROGRESS':
      if (run.held) return 'PAUSED';
      return release.submittedAt === null ? 'IN_PROGRESS' : 'SUBMITTED';
    case 'COMPLETED':
      return 'COMPLETED';
    case 'CANCELLED':
      return 'ARCHIVED';
    default:
      return run.status satisfies never;
  }
}

/** Why a release is paused: `USER_REQUESTED`, `TASK_FAILURE(<taskId>)`, … each once, in an order that does not depend on the rows'. */
export function pauseReasons(holds: readonly { reason: HoldReason; subject: string }[]): string[] {
  const labels = holds.map(({ reason, subject }) => (subject === '' ? reason : `${reason}(${subject})`));
  return [...new Set(labels)].sort();
}
