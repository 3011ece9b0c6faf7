import { double, index, int, mysqlTable, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { RolloutPlan } from '../../domain/rollout/plan.ts';
import type { RolloutAct } from '../../domain/rollout/rollout.ts';
import { id, instant, json, name, now, word } from './columns.ts';

/** What a person wrote for one locale of one target; where there is none, the release's notes are taken. */
export const storeNotes = mysqlTable(
  'store_notes',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    target: word('target', { length: 16 }).notNull(),
    /** BCP 47. */
    locale: word('locale', { length: 35 }).notNull(),
    text: text('text').notNull(),
    updatedByAccountId: id('updated_by_account_id').notNull(),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('store_notes_locale').on(t.tenantId, t.releaseId, t.target, t.locale)],
);

/** One version handed to a store's review: of a release's target, or of a deployment's service. A rejected one stays; the next is another row. */
export const storeSubmissions = mysqlTable(
  'store_submissions',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** NULL = of a deployment. */
    releaseId: id('release_id'),
    /** Of `platform_releases`; NULL = of a deployment. */
    platformReleaseId: id('platform_release_id'),
    /** With `service_id`; NULL = of a release. */
    deploymentId: id('deployment_id'),
    serviceId: id('service_id'),
    target: word('target', { length: 16 }).notNull(),
    taskId: id('task_id').notNull(),
    /** 1, 2, … within the target of the release, or the service of the deployment. */
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    buildNumber: name('build_number', { length: 64 }).notNull(),
    /** PREPARING, IN_REVIEW, APPROVED, REJECTED or WITHDRAWN. */
    status: word('status', { length: 16 }).notNull(),
    /** The store's own word, where it is not simply one of ours. */
    providerState: name('provider_state', { length: 128 }),
    /** Why it was rejected. */
    reason: text('reason'),
    externalId: name('external_id', { length: 255 }),
    url: name('url', { length: 1024 }),
    /** Locale → what the store was given. */
    notes: json<Record<string, string>>('notes').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    submittedAt: instant('submitted_at'),
    decidedAt: instant('decided_at'),
  },
  (t) => [
    uniqueIndex('store_submissions_ordinal').on(t.tenantId, t.releaseId, t.target, t.ordinal),
    uniqueIndex('store_submissions_service').on(t.tenantId, t.deploymentId, t.serviceId, t.ordinal),
    // Who is under review for an app is asked by whoever submits.
    index('store_submissions_review').on(t.tenantId, t.target, t.status),
  ],
);

/** A store release on its way to everybody. Its plan is the release's; where it stands is what the store showed last. */
export const rollouts = mysqlTable(
  'rollouts',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    platformReleaseId: id('platform_release_id').notNull(),
    target: word('target', { length: 16 }).notNull(),
    taskId: id('task_id').notNull(),
    plan: json<RolloutPlan>('plan').notNull(),
    /** PENDING, PROGRESSING, PAUSED, COMPLETED or ABORTED. */
    status: word('status', { length: 16 }).notNull(),
    /** Why it is PAUSED, of `rolloutPauseReasons`. */
    pauseReason: word('pause_reason', { length: 16 }),
    /** Index of the plan's step it is on; 0 before the first. */
    step: int('step', { unsigned: true }).notNull().default(0),
    /** When the step was reached, as the store showed it. */
    stepReachedAt: instant('step_reached_at'),
    /** Share of users, as the store showed it last, 0 to 1. */
    fraction: double('fraction').notNull().default(0),
    /** What people want: RUN, HALT or COMPLETE. */
    wanted: word('wanted', { length: 16 }).notNull().default('RUN'),
    /** A person wants the next step now; cleared when it is taken. */
    advanceRequestedAt: instant('advance_requested_at'),
    /** What the task was about to do at the store; NULL = nothing. */
    intended: json<RolloutAct>('intended'),
    version: int('version', { unsigned: true }).notNull().default(0),
    observedAt: instant('observed_at'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('rollouts_target').on(t.tenantId, t.releaseId, t.target), index('rollouts_task').on(t.taskId)],
);
