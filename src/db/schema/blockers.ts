import { boolean, index, int, mysqlTable, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { Failure } from '../../domain/failure.ts';
import { id, instant, json, name, now, word } from './columns.ts';

/** What must be out of the way before a release goes on: a ticket of its tracker, which is followed, or words of a person. */
export const releaseBlockers = mysqlTable(
  'release_blockers',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    /** OPEN, RESOLVED or WAIVED. */
    status: word('status', { length: 16 }).notNull(),
    statusSince: instant('status_since').notNull().default(now),
    /** Who brought it there: a PERSON, or the TRACKER. */
    source: word('source', { length: 16 }).notNull(),
    /** NULL = the tracker. */
    statusByAccountId: id('status_by_account_id'),
    /** Why it was added, waived, …: as of its present status. */
    reason: name('reason', { length: 1000 }),
    /** How often it has been open: which of its edges a message is about. */
    openings: int('openings', { unsigned: true }).notNull().default(1),
    title: name('title', { length: 500 }).notNull(),
    url: name('url', { length: 1024 }),
    /** Where its ticket is; NULL = it is no ticket, and nothing is followed. */
    integrationId: id('integration_id'),
    ticketKey: name('ticket_key', { length: 128 }),
    /** What the release's tracker config counted as done when it was added. */
    completedStatuses: json<string[]>('completed_statuses'),
    /** The tracker's word when it was last read. */
    ticketStatus: name('ticket_status', { length: 255 }),
    ticketDone: boolean('ticket_done').notNull().default(false),
    checkedAt: instant('checked_at'),
    /** Why the last look failed; NULL = it did not. */
    checkFailure: json<Failure>('check_failure'),
    failures: int('failures', { unsigned: true }).notNull().default(0),
    /** Next look at the ticket; NULL = none. */
    runAt: instant('run_at'),
    fence: int('fence', { unsigned: true }).notNull().default(0),
    addedByAccountId: id('added_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('release_blockers_ticket').on(t.tenantId, t.releaseId, t.ticketKey),
    index('release_blockers_hint').on(t.tenantId, t.integrationId, t.ticketKey),
    index('release_blockers_due').on(t.runAt, t.id),
  ],
);

/** What several releases together bring about. Its status is a function of them, unless a person says otherwise. */
export const milestones = mysqlTable(
  'milestones',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    description: text('description'),
    dueDate: instant('due_date'),
    /** What a person says it is; NULL = what its releases say. */
    overrideStatus: word('override_status', { length: 16 }),
    overrideReason: name('override_reason', { length: 1000 }),
    overrideByAccountId: id('override_by_account_id'),
    overrideAt: instant('override_at'),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('milestones_name').on(t.tenantId, t.name), index('milestones_tenant').on(t.tenantId, t.id)],
);

export const releaseMilestones = mysqlTable(
  'release_milestones',
  {
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    milestoneId: id('milestone_id').notNull(),
    linkedByAccountId: id('linked_by_account_id').notNull(),
    linkedAt: instant('linked_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('release_milestones_release').on(t.tenantId, t.releaseId, t.milestoneId),
    index('release_milestones_milestone').on(t.tenantId, t.milestoneId, t.releaseId),
  ],
);
