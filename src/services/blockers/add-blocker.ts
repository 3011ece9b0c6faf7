import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { isTicketDone } from '../../domain/blockers/blocker.ts';
import type { Ticket } from '../../integrations/capabilities/issue-tracker.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { nameOf } from '../releases/messages/announce.ts';
import { type LockedRelease, lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict } from '../service-error.ts';
import { askTicket, type ReleaseTracker } from './ask-ticket.ts';
import { type BlockerRow, lockBlockerOfTicket } from './blocker-row.ts';
import { type BlockerView, blockerView } from './blocker-view.ts';
import { type BlockerChange, holdFor, openAgain } from './change-blocker.ts';

export interface NewBlocker {
  title: string;
  url?: string | undefined;
  reason?: string | undefined;
}

export interface AddedBlocker {
  blocker: BlockerView;
  /** false: this ticket was a blocker of the release already. */
  isNew: boolean;
}

/** More say nothing that a ticket about all of them would not. */
const MAX_BLOCKERS = 100;

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'keyring' | 'connector'>;

/** Blocks a release in words: people add it, and people close it. */
export async function addBlocker(deps: Deps, caller: Caller, releaseId: string, input: NewBlocker): Promise<BlockerView> {
  authorise(caller, 'release:pause');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const { title, url = null } = input;
    const id = await insert(tx, release, caller, { title, url, reason: input.reason ?? null, ticket: null });
    await holdFor(tx, deps.ring, release, { ...fresh, id, title, url, ticketKey: null }, null, await changeBy(tx, caller, input.reason));
    const view = await blockerView(tx, release.tenantId, release.id, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

/**
 * Blocks a release on a ticket of its tracker until that is done. Once however often it is asked; one that was closed is open again.
 * @throws ServiceError conflict for a ticket that is done: it blocks nothing
 */
export async function blockOnTicket(
  deps: Deps,
  caller: Caller,
  releaseId: string,
  key: string,
  input: { reason?: string | undefined },
): Promise<AddedBlocker> {
  authorise(caller, 'release:pause');
  const { ticket, tracker } = await askTicket(deps, caller, releaseId, key);
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    refuseEnded(release);
    const before = await lockBlockerOfTicket(tx, release.tenantId, release.id, ticket.key);
    if (before?.status !== 'OPEN' && isTicketDone(ticket.status, tracker.completedStatuses)) {
      throw conflict(`The ticket ${ticket.key} is at "${ticket.status.name}", which is done: it blocks nothing.`);
    }
    const change = await changeBy(tx, caller, input.reason);
    const id = before?.id ?? (await addTicket(tx, deps, release, caller, { ticket, tracker }, change));
    if (before !== null && before.status !== 'OPEN') await openAgain(tx, deps.ring, release, before, change);
    const added = { blocker: await blockerView(tx, release.tenantId, release.id, id), isNew: before === null };
    await rememberAnswer(tx, deps, caller, { status: added.isNew ? 201 : 200, body: added.blocker });
    return added;
  });
}

export async function changeBy(tx: Tx, caller: Caller, reason: string | undefined): Promise<BlockerChange> {
  return { actor: actorOf(caller), name: await nameOf(tx, caller), why: reason ?? null };
}

const fresh = { status: 'OPEN', openings: 1 } as const satisfies Partial<BlockerRow>;

interface Asked {
  ticket: Ticket;
  tracker: ReleaseTracker;
}

async function addTicket(tx: Tx, deps: Deps, release: LockedRelease, caller: Caller, asked: Asked, change: BlockerChange): Promise<string> {
  const { key: ticketKey, url } = asked.ticket;
  const title = titleOf(asked.ticket);
  const id = await insert(tx, release, caller, { title, url, reason: change.why, ticket: asked });
  await holdFor(tx, deps.ring, release, { ...fresh, id, title, url, ticketKey }, null, change);
  return id;
}

/** Trackers allow longer ones than anybody reads. */
export const titleOf = ({ key, title }: Pick<Ticket, 'key' | 'title'>) => (title.trim() === '' ? key : [...title].slice(0, 500).join(''));

interface Inserted {
  title: string;
  url: string | null;
  reason: string | null;
  ticket: Asked | null;
}

async function insert(tx: Tx, release: LockedRelease, caller: Caller, { title, url, reason, ticket: asked }: Inserted): Promise<string> {
  const [row] = await tx.rows<{ total: number }>('SELECT COUNT(*) AS total FROM release_blockers WHERE tenant_id = ? AND release_id = ?', [
    release.tenantId,
    release.id,
  ]);
  if (Number(row?.total) >= MAX_BLOCKERS)
    throw conflict(`${release.displayId} has ${MAX_BLOCKERS} blockers, which is as many as it can have.`);
  const id = ulid();
  await tx.run(
    `INSERT INTO release_blockers (id, tenant_id, release_id, status, source, status_by_account_id, reason, title, url, added_by_account_id)
     VALUES (?)`,
    [[id, release.tenantId, release.id, 'OPEN', 'PERSON', caller.accountId, reason, title, url, caller.accountId]],
  );
  if (asked === null) return id;
  const { ticket, tracker } = asked;
  // Due at once: the ticket may have moved between the question and this.
  await tx.run(
    `UPDATE release_blockers SET integration_id = ?, completed_statuses = ?, ticket_key = ?, ticket_status = ?, ticket_done = 0,
       checked_at = UTC_TIMESTAMP(3), run_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`,
    [tracker.integrationId, JSON.stringify(tracker.completedStatuses), ticket.key, ticket.status.name, release.tenantId, id],
  );
  return id;
}
