import { bigint, index, int, mysqlTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import { id, instant, name, now, word } from './columns.ts';

/** Append-only record of every change: who, when, what, why. Written in the change's own transaction. */
export const stateHistory = mysqlTable(
  'state_history',
  {
    id: id('id').primaryKey(),
    /**
     * The order of what happened to one entity, given by the database: `id` and `occurred_at` are clocks. A change writes its row while it
     * holds the lock of what it changed, so the next change of the same entity gets a higher number.
     */
    sequence: bigint('sequence', { mode: 'number', unsigned: true }).notNull().autoincrement(),
    tenantId: id('tenant_id').notNull(),
    /** What a reader asks the history of: a release, a release config, a connection. */
    scopeId: id('scope_id').notNull(),
    /** `release`, `task`, `stage`, `run`, … */
    entityType: word('entity_type', { length: 32 }).notNull(),
    entityId: id('entity_id').notNull(),
    action: word('action', { length: 16 }).notNull(),
    /** NULL = the engine. */
    accountId: id('account_id'),
    why: name('why', { length: 1000 }),
    occurredAt: instant('occurred_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('state_history_sequence').on(t.sequence),
    index('state_history_scope').on(t.tenantId, t.scopeId, t.sequence),
    index('state_history_tenant').on(t.tenantId, t.sequence),
  ],
);

export const stateHistoryItems = mysqlTable(
  'state_history_items',
  {
    historyId: id('history_id').notNull(),
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    /** Set where one change moved another row too, e.g. a dependant released by a completion. */
    entityId: id('entity_id'),
    field: word('field', { length: 64 }).notNull(),
    before: text('value_before'),
    after: text('value_after'),
  },
  (t) => [primaryKey({ columns: [t.historyId, t.ordinal] })],
);
