import type { Database, Tx } from '../db/client.ts';
import { parseJson } from '../db/schema/columns.ts';
import type { Keyring } from '../platform/crypto.ts';
import type { Caller, IdempotencyClaim } from './context.ts';
import { conflict } from './service-error.ts';

/*
 * Idempotency-Key: the first request with a key claims a row; whoever repeats it gets the first answer again.
 *
 *   1. claim     INSERT IGNORE. Taken: answered → replay; other request → mismatch; younger than a minute → under way; older → taken over.
 *   2. work      the use case writes the answer into the row *in its own transaction* (`rememberAnswer`).
 *   3. complete  writes the answer if 2 did not; `release` deletes the row if the request was refused, so that it may be tried again.
 *
 * If the process dies
 *   between 1 and 2's commit  nothing was written; after a minute the next request with the key takes the row over and does the work
 *   after 2's commit          the answer is there; it is replayed
 * `since` is the fence: whoever was taken over finds its row changed in 2, and its transaction rolls back. Use cases that do not call
 * `rememberAnswer` are protected against repeated requests, not against a crash between their commit and 3.
 *
 * Answers are sealed: some show a secret once.
 */

export interface Answer {
  status: number;
  body: unknown;
}

export type ClaimResult =
  | { kind: 'claimed'; claim: IdempotencyClaim }
  | { kind: 'replay'; answer: Answer }
  | { kind: 'mismatch' }
  | { kind: 'under-way' };

interface IdempotencyDeps {
  db: Database;
  keyring: Keyring;
}

type Owner = Pick<Caller, 'tenantId' | 'accountId'>;

interface Row {
  requestHash: string;
  status: number | null;
  body: unknown;
  completed: number;
  createdAt: Date;
  lapsed: number;
  expired: number;
}

const UNDER_WAY_SECONDS = 60;
const KEEP_HOURS = 24;
const WHERE = 'tenant_id = ? AND account_id = ? AND idempotency_key = ?';

/** What a stored answer is bound to. */
export const idempotencySealContext = (owner: Owner, key: string) => `idempotency_keys/${owner.tenantId}/${owner.accountId}/${key}`;

/** @param requestHash SHA-256 of what makes the request the same: method, path and body */
export async function claimKey(deps: IdempotencyDeps, owner: Owner, key: string, requestHash: string): Promise<ClaimResult> {
  const { db } = deps;
  const id = [owner.tenantId, owner.accountId, key];
  for (let tries = 0; tries < 5; tries += 1) {
    const inserted = await db.run(
      'INSERT IGNORE INTO idempotency_keys (tenant_id, account_id, idempotency_key, request_hash) VALUES (?, ?, ?, ?)',
      [...id, requestHash],
    );
    const [row] = await db.rows<Row>(
      `SELECT request_hash AS requestHash, status, body, completed, created_at AS createdAt,
              created_at < UTC_TIMESTAMP(3) - INTERVAL ${UNDER_WAY_SECONDS} SECOND AS lapsed,
              created_at < UTC_TIMESTAMP(3) - INTERVAL ${KEEP_HOURS} HOUR AS expired
       FROM idempotency_keys WHERE ${WHERE}`,
      id,
    );
    if (row === undefined) continue;
    if (inserted === 1) return { kind: 'claimed', claim: { key, since: row.createdAt } };
    const isOver =
      Number(row.expired) === 1 || (Number(row.completed) === 0 && Number(row.lapsed) === 1 && row.requestHash === requestHash);
    if (!isOver) return standing(deps, owner, key, row, requestHash);
    await db.run(`DELETE FROM idempotency_keys WHERE ${WHERE} AND created_at = ? AND completed = ?`, [...id, row.createdAt, row.completed]);
  }
  return { kind: 'under-way' };
}

function standing(deps: IdempotencyDeps, owner: Owner, key: string, row: Row, requestHash: string): ClaimResult {
  if (row.requestHash !== requestHash) return { kind: 'mismatch' };
  if (Number(row.completed) === 0 || row.status === null) return { kind: 'under-way' };
  const { sealed } = parseJson(row.body) as { sealed: string };
  const body: unknown = JSON.parse(deps.keyring.open(sealed, idempotencySealContext(owner, key)).reveal());
  return { kind: 'replay', answer: { status: row.status, body } };
}

/**
 * Writes the answer in the transaction of the effect, so that either both exist or neither. Without an Idempotency-Key it does nothing.
 * @throws ServiceError conflict when another request took the key over meanwhile
 */
export async function rememberAnswer(tx: Tx, deps: { keyring: Keyring }, caller: Caller, answer: Answer): Promise<void> {
  if (caller.idempotency === undefined) return;
  const written = await write(tx, deps.keyring, caller, caller.idempotency, answer);
  if (written === 0) throw conflict('Another request with the same Idempotency-Key took over.');
}

/** For use cases that did not remember their answer themselves. */
export async function completeKey(deps: IdempotencyDeps, owner: Owner, claim: IdempotencyClaim, answer: Answer): Promise<void> {
  await write(deps.db, deps.keyring, owner, claim, answer);
}

function write(sql: Pick<Tx, 'run'>, keyring: Keyring, owner: Owner, claim: IdempotencyClaim, answer: Answer): Promise<number> {
  const sealed = keyring.seal(JSON.stringify(answer.body), idempotencySealContext(owner, claim.key));
  return sql.run(`UPDATE idempotency_keys SET status = ?, body = ?, completed = 1 WHERE ${WHERE} AND created_at = ? AND completed = 0`, [
    answer.status,
    JSON.stringify({ sealed }),
    owner.tenantId,
    owner.accountId,
    claim.key,
    claim.since,
  ]);
}

/** Gives the key free after a refusal. An answer that was remembered stays, even if the request failed later. */
export async function releaseKey(deps: IdempotencyDeps, owner: Owner, claim: IdempotencyClaim): Promise<void> {
  await deps.db.run(`DELETE FROM idempotency_keys WHERE ${WHERE} AND created_at = ? AND completed = 0`, [
    owner.tenantId,
    owner.accountId,
    claim.key,
    claim.since,
  ]);
}
