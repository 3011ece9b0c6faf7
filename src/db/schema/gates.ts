import { index, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core';
import { id, instant, json, name, now, word } from './columns.ts';

/** Somebody leaves their approving to somebody else for a time. It passes on whom a word counts for, never a right. */
export const approvalDelegations = mysqlTable(
  'approval_delegations',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    fromAccountId: id('from_account_id').notNull(),
    toAccountId: id('to_account_id').notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    reason: name('reason', { length: 1000 }).notNull(),
    /** Taken back before its end; NULL = it was not. */
    revokedAt: instant('revoked_at'),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [
    index('approval_delegations_tenant').on(t.tenantId, t.id),
    index('approval_delegations_to').on(t.tenantId, t.toAccountId, t.endsAt),
  ],
);

/** A gate that was passed against its requirements: by whom, why, and what stood unmet. */
export const gateOverrides = mysqlTable(
  'gate_overrides',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    /** The gate task. */
    taskId: id('task_id').notNull(),
    accountId: id('account_id').notNull(),
    reason: name('reason', { length: 1000 }).notNull(),
    /** `skipped` or `completed`. */
    how: word('how', { length: 16 }).notNull(),
    /** Requirements that did not hold, with their evidence. */
    unmet: json<{ key: string; met: false | 'unknown'; evidence: string; checkedAt: string }[]>('unmet').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('gate_overrides_task').on(t.tenantId, t.taskId), index('gate_overrides_release').on(t.tenantId, t.releaseId, t.id)],
);
