import { ulid } from 'ulid';
import type { Database } from '../../db/client.ts';
import { hashToken, randomToken } from '../../platform/crypto.ts';
import type { Secret } from '../../platform/secret.ts';
import { notFound } from '../service-error.ts';

/**
 * Operators run the installation and belong to no tenant: what all tenants share, the queues, is theirs and no tenant's. They come and go by
 * the command line, so no role of a tenant can make one.
 */

interface OperatorView {
  id: string;
  name: string;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  removedAt: Date | null;
  createdAt: Date;
}

/** Operators' tokens: `sbo_` and 256 random bits. */
const TOKEN = /^sbo_[A-Za-z0-9_-]{43}$/;
const TOKEN_PREFIX = 'sbo';
const LIVE = 'removed_at IS NULL AND (expires_at IS NULL OR expires_at > UTC_TIMESTAMP(3))';

/** The token is in the answer and nowhere else. */
export async function addOperator(
  db: Database,
  operator: { name: string; expiresAt: Date | null },
): Promise<{ id: string; token: Secret }> {
  const id = ulid();
  const token = randomToken(TOKEN_PREFIX);
  await db.run('INSERT INTO operators (id, name, token_hash, expires_at) VALUES (?, ?, ?, ?)', [
    id,
    operator.name,
    hashToken(token.reveal()),
    operator.expiresAt,
  ]);
  return { id, token };
}

export async function listOperators(db: Database): Promise<OperatorView[]> {
  return db.rows(
    `SELECT id, name, expires_at AS expiresAt, last_used_at AS lastUsedAt, removed_at AS removedAt, created_at AS createdAt
     FROM operators ORDER BY id`,
  );
}

/** Holds at once in every process. Removing twice is no error. @throws ServiceError not-found */
export async function removeOperator(db: Database, operatorId: string): Promise<void> {
  const rows = await db.rows('SELECT id FROM operators WHERE id = ?', [operatorId]);
  if (rows.length === 0) throw notFound(`The operator ${operatorId}`);
  await db.run('UPDATE operators SET removed_at = UTC_TIMESTAMP(3) WHERE id = ? AND removed_at IS NULL', [operatorId]);
}

/** @returns the operator's id; `null`: unknown, expired or removed */
export async function authenticateOperator(db: Database, token: string): Promise<string | null> {
  if (!TOKEN.test(token)) return null;
  const [row] = await db.rows<{ id: string }>(`SELECT id FROM operators WHERE token_hash = ? AND ${LIVE}`, [hashToken(token)]);
  if (row === undefined) return null;
  // At most once a minute, and nobody waits for it.
  db.run(
    `UPDATE operators SET last_used_at = UTC_TIMESTAMP(3)
     WHERE id = ? AND (last_used_at IS NULL OR last_used_at < UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE)`,
    [row.id],
  ).catch(() => undefined);
  return row.id;
}
