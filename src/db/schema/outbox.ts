import { customType, index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { Failure } from '../../domain/failure.ts';
import { id, instant, json, name, now, word } from './columns.ts';

const mediumblob = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'mediumblob' });

/** The columns that make a row "due": claimed, leased and settled like a task. */
const due = () => ({
  status: word('status', { length: 16 }).notNull(),
  fence: int('fence', { unsigned: true }).notNull().default(0),
  runAt: instant('run_at'),
  leaseOwner: word('lease_owner', { length: 64 }),
  failures: int('failures', { unsigned: true }).notNull().default(0),
  failure: json<Failure>('failure'),
  createdAt: instant('created_at').notNull().default(now),
  settledAt: instant('settled_at'),
});

/** Messages to people, caused by a transition and written in its transaction. */
export const deliveries = mysqlTable(
  'deliveries',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** The release (or deployment) it is about. */
    subjectId: id('subject_id').notNull(),
    /** Notification type, e.g. TASK_FAILED. */
    type: word('type', { length: 64 }).notNull(),
    data: json<Record<string, unknown>>('data').notNull(),
    /** The same edge causes one message, however often it is written. */
    dedupeKey: word('dedupe_key', { length: 160 }).notNull(),
    /** Messages posted so far: channel id → message id. */
    posted: json<Record<string, string>>('posted'),
    /** What became of it in each channel it was tried in: channel id → outcome. */
    outcomes: json<Record<string, unknown>>('outcomes'),
    /** The latest failed attempts, oldest first. */
    errors: json<unknown[]>('errors'),
    /** Changes of the subject so far, where the message always shows how it stands. */
    revision: int('revision', { unsigned: true }).notNull().default(0),
    /** When a person last had it sent again; NULL = never. */
    replayedAt: instant('replayed_at'),
    ...due(),
  },
  (t) => [
    uniqueIndex('deliveries_dedupe').on(t.tenantId, t.dedupeKey),
    index('deliveries_due').on(t.status, t.runAt, t.id),
    index('deliveries_subject').on(t.tenantId, t.subjectId, t.id),
    index('deliveries_tenant').on(t.tenantId, t.id),
    index('deliveries_ended').on(t.status, t.createdAt),
  ],
);

/** Webhooks in, stored raw before they are answered. */
export const webhookEvents = mysqlTable(
  'webhook_events',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    provider: word('provider', { length: 32 }).notNull(),
    /** The provider's own id of the delivery. */
    deliveryId: name('delivery_id', { length: 255 }).notNull(),
    event: name('event', { length: 128 }).notNull(),
    headers: json<Record<string, string>>('headers').notNull(),
    body: mediumblob('body').notNull(),
    ...due(),
  },
  (t) => [
    uniqueIndex('webhook_events_delivery').on(t.integrationId, t.deliveryId),
    index('webhook_events_due').on(t.status, t.runAt, t.id),
    index('webhook_events_tenant').on(t.tenantId, t.id),
    index('webhook_events_ended').on(t.status, t.createdAt),
  ],
);
