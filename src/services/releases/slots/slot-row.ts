import { isValid } from 'ulid';
import type { Sql, Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { CurrentDates } from '../../../domain/release/date-change.ts';
import { makeRunsDue } from '../../../engine/stage-counters.ts';
import type { Ring } from '../../../platform/ring.ts';
import { conflict, notFound } from '../../service-error.ts';
import { type LockedRelease, refuseEnded, stagesOf } from '../release-row.ts';

export interface SlotRow {
  id: string;
  date: Date;
  status: 'PLANNED' | 'USED' | 'SKIPPED';
  automation: boolean;
}

/** Oldest first. */
export async function slotRowsOf(sql: Sql, release: LockedRelease): Promise<SlotRow[]> {
  const rows = await sql.rows<Omit<SlotRow, 'automation'> & { flags: unknown }>(
    'SELECT id, date, status, flags FROM regression_slots WHERE tenant_id = ? AND release_id = ? ORDER BY date, id',
    [release.tenantId, release.id],
  );
  return rows.map(({ flags, ...slot }) => ({ ...slot, automation: (parseJson(flags) as { automation?: boolean }).automation === true }));
}

/** A hotfix without slots of its own has one at the instant of its kickoff, which moves with it. */
export const goesWithKickoff = (release: LockedRelease, slot: SlotRow) =>
  slot.status === 'PLANNED' && slot.date.getTime() === release.kickOffDate.getTime();

/** The dates of a release as the domain checks changes against them. */
export async function currentDatesOf(sql: Sql, release: LockedRelease, slots?: readonly SlotRow[]): Promise<CurrentDates> {
  return {
    status: release.status,
    kickOffReminderDate: release.kickOffReminderDate,
    kickOffDate: release.kickOffDate,
    targetReleaseDate: release.targetReleaseDate,
    slots: (slots ?? (await slotRowsOf(sql, release))).filter((slot) => !goesWithKickoff(release, slot)),
  };
}

/** Slots belong to regression: while post-regression is open, or over, there is none to change. @throws ServiceError conflict */
export async function refuseAfterRegression(sql: Sql, release: LockedRelease): Promise<void> {
  refuseEnded(release);
  const post = (await stagesOf(sql, release.run.id)).get('POST_REGRESSION');
  if (post === undefined || post.status === 'PENDING') return;
  throw conflict(`Post-regression of ${release.displayId} has opened: no slot is left to change. Another one may reopen regression.`);
}

/** A slot that may still be changed. @throws ServiceError not-found, or conflict when its turn has passed */
export function plannedSlot(slots: readonly SlotRow[], slotId: string): SlotRow {
  const slot = isValid(slotId) ? slots.find((candidate) => candidate.id === slotId) : undefined;
  if (slot === undefined) throw notFound('The regression slot');
  if (slot.status !== 'PLANNED') throw conflict(`The regression slot is ${slot.status}: only a PLANNED one can be changed.`);
  return slot;
}

/** The slot that was asked for now goes: the wish must not pass to one that is added later. @param slots oldest first, as they were */
export async function forgetWish(tx: Tx, release: LockedRelease, slots: readonly SlotRow[], slotId: string): Promise<void> {
  const oldest = slots.find(({ status }) => status === 'PLANNED');
  if (oldest?.id !== slotId || release.regressionRequestedAt === null) return;
  await tx.run('UPDATE releases SET regression_requested_at = NULL WHERE id = ? AND tenant_id = ?', [release.id, release.tenantId]);
}

/** Automated tests asked for need something to run them. */
export function automationProblems(release: LockedRelease, automation: boolean | undefined) {
  const possible = release.config.workflows.some((workflow) => workflow.workflowType === 'AUTOMATION_BUILD');
  if (automation !== true || possible) return [];
  return [{ field: '/automation', message: 'Automated tests need an AUTOMATION_BUILD workflow in the CI config of the release.' }];
}

/** What a slot does about automated tests when nobody says. */
export const automationOf = (release: LockedRelease, asked: boolean | undefined) =>
  asked ?? (release.config.automationRuns && release.config.workflows.some((workflow) => workflow.workflowType === 'AUTOMATION_BUILD'));

/** The slots changed: the planner looks now. Before the kickoff it has nothing to decide. */
export async function askPlanner(tx: Tx, ring: Ring, release: LockedRelease): Promise<void> {
  if (release.run.status !== 'IN_PROGRESS') return;
  const wakes = await makeRunsDue(tx, [release.run]);
  tx.afterCommit(() => ring(wakes));
}
