import { bigint, boolean, index, int, mediumtext, mysqlTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { Failure } from '../../domain/failure.ts';
import type { GateSubject } from '../../domain/gates/subject.ts';
import type { NotesDocument } from '../../domain/notes/document.ts';
import type { NotesEdits } from '../../domain/notes/edits.ts';
import type { ArchiveRequest } from '../../domain/release/clean-up.ts';
import type { FrozenConfig, ReleaseConfigBody } from '../../domain/release/config.ts';
import { id, instant, json, name, now, word } from './columns.ts';

/** Reusable template. Copied into each release at creation: later edits touch only later releases. */
export const releaseConfigs = mysqlTable(
  'release_configs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    isActive: boolean('is_active').notNull().default(true),
    body: json<ReleaseConfigBody>('body').notNull(),
    /** The release type it is the default for; NULL = for none. */
    defaultFor: word('default_for', { length: 16 }),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('release_configs_tenant').on(t.tenantId, t.id), uniqueIndex('release_configs_default').on(t.tenantId, t.defaultFor)],
);

/** One version going out. Its status is a function of its run and never stored twice. */
export const releases = mysqlTable(
  'releases',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    runId: id('run_id').notNull(),
    /** `REL-1`, `REL-2`, … within the tenant. */
    displayNumber: int('display_number', { unsigned: true }).notNull(),
    configId: id('config_id').notNull(),
    /** The release config as it was at creation, with every id resolved. */
    config: json<FrozenConfig>('config').notNull(),
    type: word('type', { length: 16 }).notNull(),
    description: text('description'),
    branch: name('branch', { length: 255 }).notNull(),
    baseBranch: name('base_branch', { length: 255 }).notNull(),
    baseReleaseId: id('base_release_id'),
    /** Tag of a release that Signalbox did not make: where the notes begin when there is no base release. */
    baseTag: name('base_tag', { length: 255 }),
    /** Commit at which the branch was forked. */
    forkCommit: word('fork_commit', { length: 64 }),
    releaseTag: name('release_tag', { length: 255 }),
    buildMode: word('build_mode', { length: 16 }).notNull(),
    kickOffReminderDate: instant('kick_off_reminder_date'),
    kickOffDate: instant('kick_off_date').notNull(),
    targetReleaseDate: instant('target_release_date').notNull(),
    /** Of the last delay; all of them are in `release_delays`. */
    delayReason: text('delay_reason'),
    releaseDate: instant('release_date'),
    /** Since when every target's store has the version for review; NULL while one has not, or has rejected it. */
    submittedAt: instant('submitted_at'),
    archivedAt: instant('archived_at'),
    /** What is wanted of archiving while the stores are cleared for it; NULL = nobody archives, or it is done. */
    archiving: json<ArchiveRequest>('archiving'),
    /** Since when no other release of its config and type is before it; NULL for those that wait for nobody. */
    turnTakenAt: instant('turn_taken_at'),
    /** A person wants the next regression slot now; cleared by the plan that uses it. */
    regressionRequestedAt: instant('regression_requested_at'),
    /** A person wants no more regression cycles. */
    preReleaseRequestedAt: instant('pre_release_requested_at'),
    /** Why only a person can move the release on, in the planner's words. */
    attention: name('attention', { length: 1000 }),
    pilotAccountId: id('pilot_account_id'),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('releases_number').on(t.tenantId, t.displayNumber),
    index('releases_tenant').on(t.tenantId, t.id),
    index('releases_run').on(t.runId),
    index('releases_config').on(t.tenantId, t.configId, t.id),
  ],
);

/** A target release date that moved later, and why. */
export const releaseDelays = mysqlTable(
  'release_delays',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    fromDate: instant('from_date').notNull(),
    toDate: instant('to_date').notNull(),
    reason: text('reason').notNull(),
    accountId: id('account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [index('release_delays_release').on(t.tenantId, t.releaseId, t.id)],
);

export const platformReleases = mysqlTable(
  'platform_releases',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    platform: word('platform', { length: 16 }).notNull(),
    target: word('target', { length: 16 }).notNull(),
    version: name('version', { length: 64 }).notNull(),
    ticketKey: name('ticket_key', { length: 128 }),
    ticketUrl: name('ticket_url', { length: 1024 }),
    testRunId: name('test_run_id', { length: 128 }),
    testRunUrl: name('test_run_url', { length: 1024 }),
  },
  (t) => [uniqueIndex('platform_releases_target').on(t.tenantId, t.releaseId, t.platform, t.target)],
);

/** A planned instant with flags; a cycle is the actual round. */
export const regressionSlots = mysqlTable(
  'regression_slots',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    date: instant('date').notNull(),
    /** PLANNED, USED (a cycle came of it) or SKIPPED. */
    status: word('status', { length: 16 }).notNull(),
    /** Why it was skipped. */
    reason: name('reason', { length: 1000 }),
    flags: json<{ automation: boolean }>('flags').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [index('regression_slots_release').on(t.tenantId, t.releaseId, t.date)],
);

export const regressionCycles = mysqlTable(
  'regression_cycles',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    slotId: id('slot_id').notNull(),
    /** 1, 2, …: the attempt of the regression stage it is, and the number in its RC tag. */
    number: int('number', { unsigned: true }).notNull(),
    status: word('status', { length: 16 }).notNull(),
    rcTag: name('rc_tag', { length: 255 }),
    rcCommit: word('rc_commit', { length: 64 }),
    /** Why it was abandoned, and by whom; NULL = it was not, or not by a person. */
    reason: name('reason', { length: 1000 }),
    abandonedByAccountId: id('abandoned_by_account_id'),
    startedAt: instant('started_at').notNull().default(now),
    endedAt: instant('ended_at'),
  },
  (t) => [uniqueIndex('regression_cycles_number').on(t.tenantId, t.releaseId, t.number)],
);

/** One CI run (or manual upload) and its artifact. The correlation id is stored before the run is asked for. */
export const builds = mysqlTable(
  'builds',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    taskId: id('task_id').notNull(),
    platform: word('platform', { length: 16 }).notNull(),
    /** Grows when the task is retried after this build failed. */
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    workflowType: word('workflow_type', { length: 32 }).notNull(),
    mode: word('mode', { length: 16 }).notNull(),
    integrationId: id('integration_id'),
    workflowId: name('workflow_id', { length: 512 }),
    ref: name('ref', { length: 255 }).notNull(),
    version: name('version', { length: 64 }).notNull(),
    correlationId: word('correlation_id', { length: 64 }).notNull(),
    status: word('status', { length: 16 }).notNull(),
    /** The provider's own word for the state, kept for people. */
    providerState: name('provider_state', { length: 64 }),
    handle: name('handle', { length: 512 }),
    url: name('url', { length: 1024 }),
    commit: word('commit_sha', { length: 64 }),
    artifactName: name('artifact_name', { length: 255 }),
    artifactUrl: name('artifact_url', { length: 1024 }),
    artifactSize: bigint('artifact_size', { mode: 'number' }),
    /** Of what is kept: `sha256:` and hexadecimal. */
    artifactDigest: name('artifact_digest', { length: 128 }),
    /** Where the artifact store keeps it; NULL = not, or not any more. */
    artifactKey: name('artifact_key', { length: 255 }),
    artifactKeptAt: instant('artifact_kept_at'),
    /** Where CI says the artifact is, sealed: addresses of this kind are often signed; the worker fetches it. NULL = nobody named one. */
    artifactSource: text('artifact_source'),
    /** The same without what may be secret. */
    artifactSourceShown: name('artifact_source_shown', { length: 1024 }),
    artifactSourceSha256: word('artifact_source_sha256', { length: 64 }),
    artifactSourceSize: bigint('artifact_source_size', { mode: 'number' }),
    /** Why it is not here yet. */
    artifactSourceFailure: json<Failure>('artifact_source_failure'),
    /** What CI said of the run itself, and when; its provider's word counts more while it has one. */
    reportedStatus: word('reported_status', { length: 16 }),
    reportedAt: instant('reported_at'),
    /** Who gave the task this build, which was made elsewhere; NULL = it is the task's own. */
    adoptedByAccountId: id('adopted_by_account_id'),
    /** The commit the task asked for, where the adopted build is known to be, or may be, of another; NULL = it is of that one. */
    expectedCommit: word('expected_commit', { length: 64 }),
    /** Why another commit was taken all the same. */
    otherCommitReason: name('other_commit_reason', { length: 1000 }),
    /** Of an adopted build that lies in a store only. */
    storeBuildNumber: name('store_build_number', { length: 64 }),
    /** Written before the dispatch: from here on the run may exist. */
    dispatchedAt: instant('dispatched_at'),
    createdAt: instant('created_at').notNull().default(now),
    endedAt: instant('ended_at'),
  },
  (t) => [
    uniqueIndex('builds_task').on(t.taskId, t.platform, t.ordinal),
    uniqueIndex('builds_correlation').on(t.correlationId),
    index('builds_tenant').on(t.tenantId, t.id),
    index('builds_artifact').on(t.artifactKeptAt),
  ],
);

/** Which builds belong to which release, and in what role. */
export const releaseBuilds = mysqlTable(
  'release_builds',
  {
    releaseId: id('release_id').notNull(),
    buildId: id('build_id').notNull(),
    tenantId: id('tenant_id').notNull(),
    stageKey: word('stage_key', { length: 32 }).notNull(),
    cycleId: id('cycle_id'),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('release_builds_release').on(t.tenantId, t.releaseId, t.buildId)],
);

export const releaseNotes = mysqlTable(
  'release_notes',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    /** `cycle` notes cover one RC, `final` notes the release. */
    kind: word('kind', { length: 16 }).notNull(),
    /** Cycle number; 0 for final notes. */
    cycle: int('cycle', { unsigned: true }).notNull(),
    base: name('base_ref', { length: 255 }).notNull(),
    head: name('head_ref', { length: 255 }).notNull(),
    /** As people read them, edits applied. */
    markdown: mediumtext('markdown').notNull(),
    /** As composed; null for notes of before it was kept. */
    document: json<NotesDocument>('document'),
    /** By people; null = none. */
    edits: json<NotesEdits>('edits'),
    /** Goes up by one with every edit, and when notes composed again read differently. */
    version: int('version', { unsigned: true }).notNull().default(1),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('release_notes_kind').on(t.tenantId, t.releaseId, t.kind, t.cycle)],
);

/** By which words a release is found: what its notes were made of. */
export const releaseChanges = mysqlTable(
  'release_changes',
  {
    tenantId: id('tenant_id').notNull(),
    /** `commit`, `pull-request` or `ticket`. */
    kind: word('kind', { length: 16 }).notNull(),
    key: word('change_key', { length: 128 }).notNull(),
    releaseId: id('release_id').notNull(),
    /** The first candidate that had it; 0 = only the final notes tell of it. */
    firstCycle: int('first_cycle', { unsigned: true }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.kind, t.key, t.releaseId] }),
    index('release_changes_release').on(t.tenantId, t.releaseId, t.firstCycle),
  ],
);

/** A person's word on a gate, bound to exactly what they saw. */
export const approvals = mysqlTable(
  'approvals',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** What is approved: a release or, at a gate of one, a deployment. */
    releaseId: id('release_id').notNull(),
    /** The gate task. */
    taskId: id('task_id').notNull(),
    accountId: id('account_id').notNull(),
    decision: word('decision', { length: 16 }).notNull(),
    comment: name('comment', { length: 1000 }),
    /** The candidate it was given for. */
    commit: word('commit_sha', { length: 64 }),
    /** What exactly was shown: commit, builds and notes; NULL for words of before that was kept. */
    subject: json<GateSubject>('subject'),
    /** Who had left their approving to the account by then; NULL = nobody. */
    forAccountIds: json<string[]>('for_account_ids'),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('approvals_account').on(t.tenantId, t.taskId, t.accountId),
    index('approvals_release').on(t.tenantId, t.releaseId, t.id),
  ],
);
