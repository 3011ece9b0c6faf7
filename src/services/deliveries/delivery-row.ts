import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import { LeaseLostError } from '../../engine/lease.ts';
import type { OutboxClaim } from '../../engine/outbox.ts';
import type { PostedMessage } from '../../integrations/capabilities/messaging.ts';

/** What became of a delivery in one channel. Instants are ISO 8601, by the database's clock. */
export interface ChannelOutcome {
  /** Page of the message. */
  url?: string | null;
  /** When it was posted or last changed. */
  at?: string;
  /** How often it was begun anew on purpose: each has a key of its own, so that none is taken for another. */
  copy?: number;
  /** Since when the present copy is being tried; absent = since the delivery was written. */
  since?: string;
  /** The channel does not have it, or not as it should be. */
  failure?: Failure;
  /** Of a living message: what it says now, as far as is known. */
  digest?: string;
  /** Of a living message: a change of this digest may still be carried out until then. */
  doubt?: { until: string; digest: string };
  /** Of a file that was about to be seen: its id at the provider, and until when that may still be carried out. */
  sharing?: { fileId: string; until: string };
  /** Of a living message: it says how the release ended, and nothing follows. */
  isFinal?: true;
}

/** One failed attempt. */
export interface DeliveryError {
  at: string;
  failure: Failure;
  /** Channel id → why. */
  channels: Record<string, Failure>;
}

/** A delivery that is being sent. */
export interface OpenDelivery {
  id: string;
  tenantId: string;
  subjectId: string;
  type: string;
  data: Record<string, unknown>;
  posted: Record<string, string>;
  outcomes: Record<string, ChannelOutcome>;
  errors: DeliveryError[];
  revision: number;
  createdAt: Date;
  replayedAt: Date | null;
  /** The database's clock, now. */
  now: () => Date;
  /** Whether the release has a status message. */
  hasStatus: boolean;
}

/** What sending came to: nothing in `failures` = every channel has it. */
export type Sending = { skipped: string } | { failures: Record<string, Failure>; channels: number };

const MAX_ERRORS = 50;

interface Row {
  tenantId: string;
  subjectId: string;
  type: string;
  data: unknown;
  posted: unknown;
  outcomes: unknown;
  errors: unknown;
  revision: number;
  createdAt: Date;
  replayedAt: Date | null;
  now: Date;
  hasStatus: number;
}

/** Reads a claimed delivery; null = it is gone. */
export async function openDelivery(db: Database, { id }: OutboxClaim, statusType: string): Promise<OpenDelivery | null> {
  const [row] = await db.rows<Row>(
    `SELECT d.tenant_id AS tenantId, d.subject_id AS subjectId, d.type, d.data, d.posted, d.outcomes, d.errors, d.revision,
            d.created_at AS createdAt, d.replayed_at AS replayedAt, UTC_TIMESTAMP(3) AS now,
            EXISTS (SELECT 1 FROM deliveries s WHERE s.tenant_id = d.tenant_id AND s.dedupe_key = CONCAT(?, d.subject_id)) AS hasStatus
     FROM deliveries d WHERE d.id = ?`,
    [`${statusType}/`, id],
  );
  if (row === undefined) return null;
  const readAt = performance.now();
  const { now, hasStatus, ...rest } = row;
  return {
    ...rest,
    id,
    data: (parseJson(row.data) as Record<string, unknown> | null) ?? {},
    posted: (parseJson(row.posted) as Record<string, string> | null) ?? {},
    outcomes: (parseJson(row.outcomes) as Record<string, ChannelOutcome> | null) ?? {},
    errors: (parseJson(row.errors) as DeliveryError[] | null) ?? [],
    now: () => new Date(now.getTime() + performance.now() - readAt),
    hasStatus: hasStatus === 1,
  };
}

/** Writes down what happened in the channels so far. @throws LeaseLostError when somebody else has the row by now */
export async function saveProgress(db: Database, claim: OutboxClaim, delivery: OpenDelivery): Promise<void> {
  const found = await db.run(`UPDATE deliveries SET posted = ?, outcomes = ? WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS'`, [
    JSON.stringify(delivery.posted),
    JSON.stringify(delivery.outcomes),
    claim.id,
    claim.fence,
  ]);
  if (found === 0) throw new LeaseLostError('the lease of the delivery is over');
}

/** Writes down why an attempt failed, before it is settled. */
export async function saveError(db: Database, claim: OutboxClaim, delivery: OpenDelivery, error: Omit<DeliveryError, 'at'>): Promise<void> {
  const { errors, outcomes } = withError(delivery, { at: delivery.now().toISOString(), ...error });
  delivery.outcomes = outcomes;
  await db.run(`UPDATE deliveries SET errors = ?, outcomes = ? WHERE id = ? AND fence = ? AND status = 'IN_PROGRESS'`, [
    JSON.stringify(errors),
    JSON.stringify(delivery.outcomes),
    claim.id,
    claim.fence,
  ]);
}

/** What is written down about the channels after a failed attempt. */
export function withError(
  { errors, outcomes }: Pick<OpenDelivery, 'errors' | 'outcomes'>,
  error: DeliveryError,
): Pick<OpenDelivery, 'errors' | 'outcomes'> {
  const failed = Object.entries(error.channels).map(([channelId, failure]) => [channelId, { ...outcomes[channelId], failure }] as const);
  return { errors: [...errors, error].slice(-MAX_ERRORS), outcomes: { ...outcomes, ...Object.fromEntries(failed) } };
}

/** A message was posted, or found where it was posted before. */
export function notePosted(
  delivery: Pick<OpenDelivery, 'posted' | 'outcomes' | 'now'>,
  posted: Record<string, string>,
  message: PostedMessage,
): void {
  delivery.posted = posted;
  const { failure: _healed, ...outcome } = delivery.outcomes[message.channelId] ?? {};
  delivery.outcomes[message.channelId] = { ...outcome, url: message.url, at: delivery.now().toISOString() };
}

/** What a message is known by in a channel. */
export function keyIn(delivery: OpenDelivery, channelId: string): string {
  const copy = delivery.outcomes[channelId]?.copy ?? 0;
  return copy === 0 ? delivery.id : `${delivery.id}.${copy}`;
}
