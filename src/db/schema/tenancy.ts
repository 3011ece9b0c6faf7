import { boolean, customType, index, int, mysqlTable, primaryKey, uniqueIndex } from 'drizzle-orm/mysql-core';
import { id, instant, json, name, now, word } from './columns.ts';

const sha256 = customType<{ data: string; driverData: string }>({ dataType: () => 'char(64) character set ascii collate ascii_bin' });

export const tenants = mysqlTable('tenants', {
  id: id('id').primaryKey(),
  name: name('name', { length: 200 }).notNull(),
  /** Sealed: what the fingerprints of its secrets rest on. NULL until it has one. */
  fingerprintKey: word('fingerprint_key', { length: 255 }),
  createdAt: instant('created_at').notNull().default(now),
});

export const accounts = mysqlTable(
  'accounts',
  {
    id: id('id').primaryKey(),
    /** A service account has none. */
    email: name('email', { length: 320 }),
    displayName: name('display_name', { length: 200 }).notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('accounts_email').on(t.email)],
);

export const members = mysqlTable(
  'members',
  {
    tenantId: id('tenant_id').notNull(),
    accountId: id('account_id').notNull(),
    role: word('role', { length: 32 }).notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.accountId] })],
);

export const apiTokens = mysqlTable(
  'api_tokens',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    accountId: id('account_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    /** SHA-256 of the token; the token itself is shown once and kept nowhere. */
    tokenHash: sha256('token_hash').notNull(),
    /** At most this role, whatever the account's own. */
    role: word('role', { length: 32 }).notNull(),
    /** Narrower than the role: only these permissions; empty = all of the role. */
    scopes: json<string[]>('scopes').notNull(),
    expiresAt: instant('expires_at'),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('api_tokens_hash').on(t.tokenHash), index('api_tokens_tenant').on(t.tenantId, t.id)],
);

/** Who runs the installation: of no tenant, with a token for what all tenants share. Added and removed on the command line alone. */
export const operators = mysqlTable(
  'operators',
  {
    id: id('id').primaryKey(),
    name: name('name', { length: 200 }).notNull(),
    /** SHA-256 of the token; the token itself is shown once and kept nowhere. */
    tokenHash: sha256('token_hash').notNull(),
    expiresAt: instant('expires_at'),
    lastUsedAt: instant('last_used_at'),
    removedAt: instant('removed_at'),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('operators_hash').on(t.tokenHash)],
);

/** One row per Idempotency-Key: the first answer is given again to whoever repeats the request. */
export const idempotencyKeys = mysqlTable(
  'idempotency_keys',
  {
    tenantId: id('tenant_id').notNull(),
    accountId: id('account_id').notNull(),
    key: name('idempotency_key', { length: 255 }).notNull(),
    /** SHA-256 of method, path and body: the same key on another request is refused. */
    requestHash: sha256('request_hash').notNull(),
    /** NULL while the first request is under way. */
    status: int('status'),
    body: json<Record<string, unknown>>('body'),
    completed: boolean('completed').notNull().default(false),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.accountId, t.key] }), index('idempotency_keys_created').on(t.createdAt)],
);
