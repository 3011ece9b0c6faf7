import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import { LeaseLostError } from '../../engine/lease.ts';
import type { Outbox, OutboxClaim, OutboxEnd } from '../../engine/outbox.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { WakeJob } from '../../platform/queues.ts';
import { inAttempt } from '../execution/attempt-scope.ts';
import type { NotificationService } from '../execution/notification-service.ts';
import type { ReleaseSource } from '../execution/release-source.ts';
import { toFailure } from '../execution/to-failure.ts';
import { composeNotification } from '../releases/compose-notification.ts';

interface DeliverOptions {
  db: Database;
  outbox: Outbox;
  notifications: NotificationService;
  releases: ReleaseSource;
  metrics: Metrics;
  /** Of the outbox's claims, milliseconds. */
  leaseMs: number;
  /** Aborts when the process stops. */
  signal: AbortSignal;
}

interface DeliveryRow {
  tenantId: string;
  subjectId: string;
  type: string;
  data: unknown;
  posted: unknown;
  createdAt: Date;
}

/** Posts one message of the outbox to its channels, once each. */
export function createDeliver(options: DeliverOptions): (wake: WakeJob) => Promise<void> {
  const { db, outbox, metrics, signal, leaseMs } = options;
  return async (wake) => {
    const claim = await outbox.claim(wake);
    if (claim === null) return;
    let end: OutboxEnd;
    try {
      end = await inAttempt({ signal, assertOurs: whileLeased(signal, leaseMs) }, () => send(claim));
    } catch (error) {
      // A stopping process leaves the row to its lease; the next one looks before it posts.
      if (signal.aborted || error instanceof LeaseLostError) return;
      const failure = toFailure(error);
      end = { status: 'FAILED', failure, ...(isRefusal(failure) ? {} : { notBeforeMs: POST_SETTLES_MS }) };
    }
    await outbox.settle(claim, end);
    metrics.deliveries.inc({ outcome: end.status.toLowerCase() });
  };

  async function send(claim: OutboxClaim): Promise<OutboxEnd> {
    const [row] = await db.rows<DeliveryRow>(
      'SELECT tenant_id AS tenantId, subject_id AS subjectId, type, data, posted, created_at AS createdAt FROM deliveries WHERE id = ?',
      [claim.id],
    );
    if (row === undefined) return { status: 'SKIPPED', why: 'the delivery is gone' };
    const release = await options.releases.load(row.subjectId);
    const { commsConfigId } = release.config;
    if (commsConfigId === null) return { status: 'SKIPPED', why: 'the release has no channels' };
    const message = composeNotification({ type: row.type, data: parseJson(row.data) as Record<string, unknown> }, release);
    if (message === null) return { status: 'SKIPPED', why: `nobody renders ${row.type}` };
    await options.notifications.sendMessage({
      tenantId: row.tenantId,
      commsConfigId,
      ...message,
      key: claim.id,
      lookSince: claim.repeated ? row.createdAt : null,
      // The claim before this one failed `POST_SETTLES_MS` ago, or its lease is over.
      triedAgoMs: null,
      onPostingAgain: async () => undefined,
      posted: (parseJson(row.posted) as Record<string, string> | null) ?? {},
      onPosted: async (posted) => {
        await db.run('UPDATE deliveries SET posted = ? WHERE id = ?', [JSON.stringify(posted), claim.id]);
      },
    });
    return { status: 'DONE' };
  }
}

/** What was posted without an answer shows by then; a retry that looks sooner might not see it and post again. */
const POST_SETTLES_MS = 2_000;

/** Nothing was posted for certain. */
const isRefusal = ({ kind }: Failure) => !['unavailable', 'timeout', 'malformed', 'internal'].includes(kind);

/** A process that stood still past its lease must post nothing: somebody else has the row by now. */
function whileLeased(signal: AbortSignal, leaseMs: number): () => void {
  const until = performance.now() + leaseMs * 0.75;
  return () => {
    signal.throwIfAborted();
    if (performance.now() >= until) throw new LeaseLostError('the lease of the delivery is over');
  };
}
