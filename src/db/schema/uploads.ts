import { bigint, index, mysqlTable } from 'drizzle-orm/mysql-core';
import { id, instant, name, now, word } from './columns.ts';

/** A file that somebody sent ahead of, or to, a build task. The row is written before the first byte: a file without a row is never left. */
export const uploads = mysqlTable(
  'uploads',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    releaseId: id('release_id').notNull(),
    platform: word('platform', { length: 16 }).notNull(),
    /** Workflow type whose build it is. */
    type: word('type', { length: 32 }).notNull(),
    fileName: name('file_name', { length: 255 }).notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }),
    /** `sha256:` and hexadecimal. */
    digest: name('digest', { length: 128 }),
    artifactKey: name('artifact_key', { length: 255 }).notNull(),
    uploadedByAccountId: id('uploaded_by_account_id').notNull(),
    /** The build that took it; from then on the file is the build's. */
    buildId: id('build_id'),
    createdAt: instant('created_at').notNull().default(now),
    /** When it was there whole; NULL = arriving, or left by a crash: nobody sees it. */
    storedAt: instant('stored_at'),
    /** Somebody took it back, or it grew old: the file goes next, then the row. */
    removedAt: instant('removed_at'),
  },
  (t) => [
    index('uploads_release').on(t.tenantId, t.releaseId, t.platform, t.type, t.storedAt),
    // For the round that clears away, over all tenants.
    index('uploads_created').on(t.buildId, t.createdAt),
  ],
);
