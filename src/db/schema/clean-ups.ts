import { boolean, index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { Failure } from '../../domain/failure.ts';
import { id, instant, json, name, now, word } from './columns.ts';

/** What a release that is called off, or a deployment that ends, has outside, and what becomes of it: one due row each. */
export const cleanUps = mysqlTable(
  'clean_ups',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** The release or, for a RECIPE_STEP, the deployment. */
    scopeId: id('scope_id').notNull(),
    /** SUBMISSION, ROLLOUT, CI_RUN, BRANCH, TAG, TICKET, TEST_RUN, ARTIFACT or RECIPE_STEP. */
    kind: word('kind', { length: 16 }).notNull(),
    /** What it is of its kind: a name, a key, or an id of ours; of a step the stage and key of its task. */
    subject: name('subject', { length: 255 }).notNull(),
    /** PENDING, DONE, KEPT or FAILED. */
    state: word('state', { length: 16 }).notNull(),
    /** What came of it, in words. */
    outcome: name('outcome', { length: 1000 }),
    /** A branch: also with commits that would be lost. */
    force: boolean('force_delete').notNull().default(false),
    /** A ticket: the status it is brought to. */
    moveTo: name('move_to', { length: 255 }),
    reason: name('reason', { length: 1000 }),
    /** NULL = the end of the deployment wants it. */
    accountId: id('account_id'),
    failure: json<Failure>('failure'),
    failures: int('failures', { unsigned: true }).notNull().default(0),
    /** Next try; NULL = it is over. */
    runAt: instant('run_at'),
    deadlineAt: instant('deadline_at').notNull(),
    fence: int('fence', { unsigned: true }).notNull().default(0),
    createdAt: instant('created_at').notNull().default(now),
    endedAt: instant('ended_at'),
  },
  (t) => [uniqueIndex('clean_ups_subject').on(t.tenantId, t.scopeId, t.kind, t.subject), index('clean_ups_due').on(t.runAt, t.id)],
);
