import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { effectivePermissions, type Permission, type Role, roles } from '../../domain/access/permissions.ts';
import { createBatch } from '../../engine/batch.ts';
import { hashToken } from '../../platform/crypto.ts';

/** What a valid token says about whoever sent it. */
export interface Identity {
  tokenId: string;
  tenantId: string;
  accountId: string;
  /** The member's and the token's: neither may give what the other could not. */
  roles: readonly [Role, Role];
  /** What member, token and scopes leave together. */
  permissions: ReadonlySet<Permission>;
}

export interface Authenticator {
  /** `null`: unknown, expired, revoked, or its account is no member any more. */
  authenticate(token: string): Promise<Identity | null>;
}

interface TokenRow {
  id: string;
  hash: string;
  tenantId: string;
  accountId: string;
  role: string;
  memberRole: string;
  scopes: unknown;
  stale: number;
}

/** API tokens: `sbx_` and 256 random bits. */
const TOKEN = /^sbx_[A-Za-z0-9_-]{43}$/;
export const TOKEN_PREFIX = 'sbx';

/**
 * Every request is checked against the database, so a revocation holds at once and everywhere; requests that arrive while a check is under
 * way share the next one, so a busy process asks a few hundred times a second, not thousands.
 */
export function createAuthenticator({ db }: { db: Database }): Authenticator {
  const lookUp = createBatch<string, Identity | null>({
    maxSize: 200,
    maxConcurrent: 2,
    flush: async (hashes) => {
      const found = await findTokens(db, [...new Set(hashes)]);
      return hashes.map((hash) => found.get(hash) ?? null);
    },
  });
  return {
    authenticate: async (token) => (TOKEN.test(token) ? lookUp(hashToken(token)) : null),
  };
}

async function findTokens(db: Database, hashes: readonly string[]): Promise<Map<string, Identity>> {
  const rows = await db.rows<TokenRow>(
    `SELECT t.id, t.token_hash AS hash, t.tenant_id AS tenantId, t.account_id AS accountId, t.role, m.role AS memberRole, t.scopes,
            t.last_used_at IS NULL OR t.last_used_at < UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE AS stale
     FROM api_tokens t JOIN members m ON m.tenant_id = t.tenant_id AND m.account_id = t.account_id
     WHERE t.token_hash IN (?) AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > UTC_TIMESTAMP(3))`,
    [hashes],
  );
  noteUse(db, rows);
  const found = new Map<string, Identity>();
  for (const row of rows) {
    const identity = identityOf(row);
    if (identity !== null) found.set(row.hash, identity);
  }
  return found;
}

function identityOf(row: TokenRow): Identity | null {
  const { role, memberRole } = row;
  if (!isRole(role) || !isRole(memberRole)) return null;
  const scopes = parseJson(row.scopes) as string[];
  return {
    tokenId: row.id,
    tenantId: row.tenantId,
    accountId: row.accountId,
    roles: [memberRole, role],
    permissions: effectivePermissions(memberRole, role, scopes),
  };
}

const isRole = (word: string): word is Role => (roles as readonly string[]).includes(word);

/** At most once a minute and token, and nobody waits for it. */
function noteUse(db: Database, rows: readonly TokenRow[]): void {
  const ids = rows.filter((row) => Number(row.stale) === 1).map((row) => row.id);
  if (ids.length === 0) return;
  db.run(
    `UPDATE api_tokens SET last_used_at = UTC_TIMESTAMP(3)
     WHERE id IN (?) AND (last_used_at IS NULL OR last_used_at < UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE)`,
    [ids.sort()],
  ).catch(() => undefined);
}
