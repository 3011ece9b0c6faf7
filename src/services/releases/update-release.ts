import { isValid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { validateDateChange } from '../../domain/release/date-change.ts';
import { checkRefName } from '../../domain/release/git-ref.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { ringRun } from '../../engine/holds.ts';
import { makeRunsDue } from '../../engine/stage-counters.ts';
import type { Ring } from '../../platform/ring.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { invalid, type Problem } from '../service-error.ts';
import { keepDelay } from './delays.ts';
import { readRelease } from './get-release.ts';
import { iso, isoOrNull } from './instant.ts';
import { checkPilot } from './members.ts';
import { announce, nameOf } from './messages/announce.ts';
import { type LockedRelease, lockRelease, refuseEnded } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';
import { rescheduleKickoff, rescheduleReminder } from './reschedule.ts';
import { skipSlotsBehind } from './slots/skip-slots.ts';
import { currentDatesOf } from './slots/slot-row.ts';

/** What is absent stays as it is; null empties it. */
export interface UpdateReleaseInput {
  description?: string | null | undefined;
  pilotAccountId?: string | null | undefined;
  kickOffReminderDate?: Date | null | undefined;
  kickOffDate?: Date | undefined;
  targetReleaseDate?: Date | undefined;
  /** Required when the target moves later. */
  delayReason?: string | undefined;
  /** Skips the planned slots that an earlier target leaves behind. */
  skipSlots?: boolean | undefined;
  baseBranch?: string | undefined;
  baseReleaseId?: string | null | undefined;
}

interface Change {
  column: string;
  field: string;
  before: string | Date | null;
  after: string | Date | null;
}

type DeferredTask = (release: LockedRelease) => Promise<void>;

/**
 * Changes a release that has not ended. A kickoff moves only before it happened, and takes its tasks with it; the target moves later only
 * with a reason.
 * @throws ServiceError invalid with every problem at once
 */
export async function updateRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: UpdateReleaseInput,
): Promise<ReleaseDetail> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const problems = await problemsOf(tx, release, input);
    if (problems.length > 0) throw invalid(problems);
    const changes = changesOf(release, input);
    if (changes.length > 0) await carryOut(tx, deps.ring, caller, release, changes, input);
    return readRelease(tx, caller.tenantId, releaseId);
  });
}

async function problemsOf(tx: Tx, release: LockedRelease, input: UpdateReleaseInput): Promise<Problem[]> {
  const { kickOffReminderDate, kickOffDate, targetReleaseDate, delayReason, skipSlots } = input;
  const change = {
    ...(kickOffReminderDate === undefined ? {} : { kickOffReminderDate }),
    ...(kickOffDate === undefined ? {} : { kickOffDate }),
    ...(targetReleaseDate === undefined ? {} : { targetReleaseDate }),
    ...(delayReason === undefined ? {} : { delayReason }),
    ...(skipSlots === undefined ? {} : { skipSlots }),
  };
  return [
    ...validateDateChange(await currentDatesOf(tx, release), change, release.now),
    ...(await checkPilot(tx, release.tenantId, input.pilotAccountId)),
    ...checkBaseBranch(release, input.baseBranch),
    ...(await checkBaseRelease(tx, release, input.baseReleaseId)),
  ];
}

function checkBaseBranch(release: LockedRelease, baseBranch: string | undefined): Problem[] {
  if (baseBranch === undefined || baseBranch === release.baseBranch) return [];
  const field = '/baseBranch';
  if (release.status !== 'PENDING') return [{ field, message: 'The base branch can be changed only before the kickoff.' }];
  const says = checkRefName(baseBranch);
  if (says !== null) return [{ field, message: `The base branch name "${baseBranch}" ${says}.` }];
  if (baseBranch === release.branch) return [{ field, message: 'The release branch must not be its own base branch.' }];
  return [];
}

async function checkBaseRelease(tx: Tx, release: LockedRelease, baseReleaseId: string | null | undefined): Promise<Problem[]> {
  if (baseReleaseId === undefined || baseReleaseId === release.baseReleaseId) return [];
  const field = '/baseReleaseId';
  if (release.status !== 'PENDING') return [{ field, message: 'The base release can be changed only before the kickoff.' }];
  if (release.type === 'HOTFIX') return [{ field, message: 'A hotfix keeps the release it fixes: its branch and version follow from it.' }];
  if (baseReleaseId === null) return [];
  const found =
    isValid(baseReleaseId) && baseReleaseId !== release.id
      ? await tx.rows('SELECT 1 FROM releases WHERE id = ? AND tenant_id = ?', [baseReleaseId, release.tenantId])
      : [];
  return found.length > 0 ? [] : [{ field, message: 'There is no such release.' }];
}

function changesOf(release: LockedRelease, input: UpdateReleaseInput): Change[] {
  // A reason is of the delay it came with: it never replaces that of an earlier one.
  const delays = input.targetReleaseDate !== undefined && input.targetReleaseDate > release.targetReleaseDate;
  const all: (Omit<Change, 'after'> & { after: Change['after'] | undefined })[] = [
    { column: 'description', field: 'description', before: release.description, after: input.description },
    { column: 'pilot_account_id', field: 'pilot', before: release.pilotAccountId, after: input.pilotAccountId },
    {
      column: 'kick_off_reminder_date',
      field: 'kickOffReminderDate',
      before: release.kickOffReminderDate,
      after: input.kickOffReminderDate,
    },
    { column: 'kick_off_date', field: 'kickOffDate', before: release.kickOffDate, after: input.kickOffDate },
    { column: 'target_release_date', field: 'targetReleaseDate', before: release.targetReleaseDate, after: input.targetReleaseDate },
    { column: 'delay_reason', field: 'delayReason', before: release.delayReason, after: delays ? input.delayReason : undefined },
    { column: 'base_branch', field: 'baseBranch', before: release.baseBranch, after: input.baseBranch },
    { column: 'base_release_id', field: 'baseReleaseId', before: release.baseReleaseId, after: input.baseReleaseId },
  ];
  return all.flatMap((change) =>
    change.after === undefined || textOf(change.after) === textOf(change.before) ? [] : [{ ...change, after: change.after }],
  );
}

const textOf = (value: string | Date | null) => (value instanceof Date ? isoOrNull(value) : value);

async function carryOut(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  changes: readonly Change[],
  input: UpdateReleaseInput,
): Promise<void> {
  await tx.run(
    `UPDATE releases SET ${changes.map(({ column }) => `${column} = ?`).join(', ')}, updated_at = UTC_TIMESTAMP(3) WHERE id = ?`,
    [...changes.map(({ after }) => after), release.id],
  );
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'release',
      entityId: release.id,
      action: 'UPDATE',
      actor: actorOf(caller),
      why: input.delayReason ?? null,
      items: changes.map(({ field, before, after }): HistoryItem => ({ field, before: textOf(before), after: textOf(after) })),
    },
  ]);
  const consequences: Record<string, DeferredTask> = {
    kickOffDate: (to) => rescheduleKickoff(tx, to, actorOf(caller), input.kickOffDate ?? to.kickOffDate),
    kickOffReminderDate: (to) => rescheduleReminder(tx, ring, to, actorOf(caller), input.kickOffReminderDate ?? null),
    targetReleaseDate: (to) => targetMoved(tx, ring, caller, to, input.targetReleaseDate ?? to.targetReleaseDate, input),
  };
  for (const { field } of changes) await consequences[field]?.(release);
  await ringRun(tx, release.run.id, ring);
}

/** The planner decides by the target which slots still count. */
async function targetMoved(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  to: Date,
  { delayReason, skipSlots }: UpdateReleaseInput,
): Promise<void> {
  const { targetReleaseDate: from } = release;
  const reason = delayReason ?? null;
  if (to > from && reason !== null) await keepDelay(tx, release, { from, to, reason, accountId: caller.accountId });
  if (to < from && skipSlots === true) await skipSlotsBehind(tx, release, actorOf(caller), to);
  if (release.run.status === 'IN_PROGRESS') await makeRunsDue(tx, [release.run]);
  await announce(tx, ring, release, 'TARGET_DATE_CHANGED', {
    before: iso(from),
    after: iso(to),
    reason,
    by: await nameOf(tx, caller),
  });
}
