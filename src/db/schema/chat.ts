import { boolean, index, int, mysqlTable, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import { id, instant, name, now, word } from './columns.ts';

/** How a tenant wants one type of notification told, in place of our own words. */
export const notificationTemplates = mysqlTable(
  'notification_templates',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    type: word('type', { length: 64 }).notNull(),
    /** false: this type is not sent at all. */
    isEnabled: boolean('is_enabled').notNull().default(true),
    /** Where it goes; NULL = as ours. */
    bucket: word('bucket', { length: 16 }),
    /** One line with placeholders; NULL = ours. */
    headline: name('headline', { length: 500 }),
    /** Text with placeholders below the headline; NULL = ours. */
    body: text('body'),
    updatedByAccountId: id('updated_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('notification_templates_type').on(t.tenantId, t.type)],
);

/** Who a person of a chat is here. Bound from both sides: the account asked for it, the person confirmed it where they chat. */
export const chatIdentities = mysqlTable(
  'chat_identities',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    accountId: id('account_id').notNull(),
    /** At the provider. */
    personId: name('person_id', { length: 128 }).notNull(),
    personName: name('person_name', { length: 200 }).notNull(),
    /** PENDING or CONFIRMED. */
    status: word('status', { length: 16 }).notNull(),
    /** Of what the confirming button carries; SHA-256, hexadecimal. */
    challengeHash: word('challenge_hash', { length: 64 }).notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** Presses of that person that did not carry it. */
    attempts: int('attempts', { unsigned: true }).notNull().default(0),
    createdAt: instant('created_at').notNull().default(now),
    confirmedAt: instant('confirmed_at'),
  },
  (t) => [
    uniqueIndex('chat_identities_account').on(t.tenantId, t.integrationId, t.accountId),
    index('chat_identities_person').on(t.tenantId, t.integrationId, t.personId),
  ],
);
