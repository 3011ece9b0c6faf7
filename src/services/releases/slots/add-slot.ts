import { ulid } from 'ulid';
import type { Tx } from '../../../db/client.ts';
import { validateNewSlot } from '../../../domain/release/date-change.ts';
import { writeHistory } from '../../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { rememberAnswer } from '../../idempotency.ts';
import { invalid } from '../../service-error.ts';
import { iso } from '../instant.ts';
import { announce, nameOf } from '../messages/announce.ts';
import { type LockedRelease, lockRelease } from '../release-row.ts';
import type { SlotView } from '../release-view.ts';
import { reopenRegression } from './reopen-regression.ts';
import { askPlanner, automationOf, automationProblems, currentDatesOf } from './slot-row.ts';

export interface AddSlotInput {
  date: Date;
  automation?: boolean | undefined;
}

/**
 * Plans another regression cycle. It reopens a regression that only waits at its gate, or that is over (see `reopenRegression`), and takes back
 * a wish to leave regression: that would skip the very slot that is being added.
 */
export async function addSlot(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  releaseId: string,
  input: AddSlotInput,
): Promise<SlotView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    await reopenRegression(tx, deps.ring, caller, release, 'a regression slot was added');
    const problems = [
      ...validateNewSlot(await currentDatesOf(tx, release), input.date, release.now),
      ...automationProblems(release, input.automation),
    ];
    if (problems.length > 0) throw invalid(problems);
    const view = await insertSlot(tx, caller, release, input, null);
    await takeBackPreRelease(tx, caller, release);
    await announce(tx, deps.ring, release, 'NEW_SLOT_ADDED', { date: view.date, by: await nameOf(tx, caller) });
    await askPlanner(tx, deps.ring, release);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

async function takeBackPreRelease(tx: Tx, caller: Caller, release: LockedRelease): Promise<void> {
  if (release.preReleaseRequestedAt === null) return;
  await tx.run('UPDATE releases SET pre_release_requested_at = NULL WHERE id = ? AND tenant_id = ?', [release.id, release.tenantId]);
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'release',
      entityId: release.id,
      action: 'UPDATE',
      actor: actorOf(caller),
      why: 'a regression slot was added',
      items: [{ field: 'preReleaseRequestedAt', before: iso(release.preReleaseRequestedAt), after: null }],
    },
  ]);
}

/** @param why told in the history */
export async function insertSlot(
  tx: Tx,
  caller: Caller,
  release: LockedRelease,
  input: AddSlotInput,
  why: string | null,
): Promise<SlotView> {
  const id = ulid();
  const automation = automationOf(release, input.automation);
  await tx.run('INSERT INTO regression_slots (id, tenant_id, release_id, date, status, flags) VALUES (?)', [
    [id, release.tenantId, release.id, input.date, 'PLANNED', JSON.stringify({ automation })],
  ]);
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'slot',
      entityId: id,
      action: 'ADD',
      actor: actorOf(caller),
      why,
      items: [
        { field: 'date', before: null, after: iso(input.date) },
        { field: 'automation', before: null, after: String(automation) },
      ],
    },
  ]);
  return { id, date: iso(input.date), status: 'PLANNED', reason: null, automation, cycle: null };
}
