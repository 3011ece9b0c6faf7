import type { Database } from '../../db/client.ts';
import { type Failure, retryDecision } from '../../domain/failure.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import { LeaseLostError } from '../../engine/lease.ts';
import type { Outbox, OutboxClaim, OutboxEnd } from '../../engine/outbox.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { WakeJob } from '../../platform/queues.ts';
import { inAttempt } from '../execution/attempt-scope.ts';
import { failureOf, type NotificationService } from '../execution/notification-service.ts';
import type { ReleaseContext, ReleaseSource } from '../execution/release-source.ts';
import { toFailure } from '../execution/to-failure.ts';
import { composeGateRequest } from '../releases/compose-gate-request.ts';
import { composeNotification } from '../releases/compose-notification.ts';
import { composeStatus } from '../releases/compose-status.ts';
import { isGateRequest } from '../releases/gate-request.ts';
import { beginStatusMessage, STATUS_MESSAGE } from '../releases/status-message.ts';
import {
  type DeliveryError,
  keyIn,
  notePosted,
  type OpenDelivery,
  openDelivery,
  type Sending,
  saveError,
  saveProgress,
} from './delivery-row.ts';
import type { LivingMessages } from './living-message.ts';

interface DeliverOptions {
  db: Database;
  outbox: Outbox;
  notifications: NotificationService;
  living: LivingMessages;
  releases: ReleaseSource;
  metrics: Metrics;
  /** Of the outbox's claims, milliseconds. */
  leaseMs: number;
  /** Aborts when the process stops. */
  signal: AbortSignal;
}

/**
 * Sends one message of the outbox to its channels. What is posted is written down channel by channel: a crash forgets nothing, and the next attempt looks
 * before it posts. A channel that fails stops no other; the row has failed as long as one does.
 */
export function createDeliver(options: DeliverOptions): (wake: WakeJob) => Promise<void> {
  const { db, outbox, metrics, signal, leaseMs } = options;
  return async (wake) => {
    const claim = await outbox.claim(wake);
    if (claim === null) return;
    let delivery: OpenDelivery | null = null;
    let end: OutboxEnd;
    try {
      delivery = await openDelivery(db, claim, STATUS_MESSAGE);
      end = await inAttempt({ signal, assertOurs: whileLeased(signal, leaseMs) }, () => send(claim, delivery));
    } catch (error) {
      // A stopping process leaves the row to its lease; the next one looks before it posts.
      if (signal.aborted || error instanceof LeaseLostError) return;
      end = await failed(claim, delivery, { failure: toFailure(error), channels: {} });
    }
    await outbox.settle(claim, end, delivery !== null && isLiving(delivery.type) ? delivery.revision : undefined);
    metrics.deliveries.inc({ outcome: end.status.toLowerCase() });
  };

  async function send(claim: OutboxClaim, delivery: OpenDelivery | null): Promise<OutboxEnd> {
    if (delivery === null) return { status: 'SKIPPED', why: 'the delivery is gone' };
    const release = await options.releases.load(delivery.subjectId);
    const { commsConfigId } = release.config;
    if (commsConfigId === null) return { status: 'SKIPPED', why: 'the release has no channels' };
    const sending = await tell(claim, delivery, release, commsConfigId);
    // A release that began before there were status messages gets its own with its next notification.
    if (delivery.type !== STATUS_MESSAGE && !delivery.hasStatus)
      await beginStatusMessage(db, { tenantId: delivery.tenantId, id: release.id });
    if ('skipped' in sending) return { status: 'SKIPPED', why: sending.skipped };
    const failure = failureOf(sending.failures, sending.channels);
    return failure === null ? { status: 'DONE' } : failed(claim, delivery, { failure, channels: sending.failures });
  }

  async function tell(claim: OutboxClaim, delivery: OpenDelivery, release: ReleaseContext, commsConfigId: string): Promise<Sending> {
    const { type } = delivery;
    if (type === STATUS_MESSAGE) {
      const status = await composeStatus(db, delivery.tenantId, release.id);
      const shown = await options.living.show(claim, delivery, { ...status, commsConfigId, inThread: false });
      return 'cannotEdit' in shown ? { skipped: `${shown.cannotEdit} cannot change what was sent` } : shown;
    }
    if (isGateRequest(type)) {
      const request = await composeGateRequest(db, { type, data: delivery.data }, release);
      const shown = await options.living.show(claim, delivery, { ...request, commsConfigId, inThread: true });
      // Where nothing can be changed it is asked once.
      return 'cannotEdit' in shown ? notify(claim, delivery, release, commsConfigId, request.notification) : shown;
    }
    const notification = composeNotification(delivery, release);
    return notification === null ? { skipped: `nobody renders ${type}` } : notify(claim, delivery, release, commsConfigId, notification);
  }

  async function notify(
    claim: OutboxClaim,
    delivery: OpenDelivery,
    release: ReleaseContext,
    commsConfigId: string,
    notification: Notification,
  ): Promise<Sending> {
    const { posted, failures, skipped } = await options.notifications.sendMessage({
      ...notification,
      ...{ tenantId: delivery.tenantId, releaseId: release.id, commsConfigId },
      keyIn: (channelId) => keyIn(delivery, channelId),
      lookSince: claim.repeated ? (delivery.replayedAt ?? delivery.createdAt) : null,
      // The claim before this one failed `POST_SETTLES_MS` ago, or its lease is over.
      triedAgoMs: null,
      onPostingAgain: async () => undefined,
      posted: delivery.posted,
      refused: refusedIn(delivery),
      onPosted: async (all, message) => {
        notePosted(delivery, all, message);
        await saveProgress(db, claim, delivery);
      },
    });
    return skipped === null ? { failures, channels: Object.keys({ ...posted, ...failures }).length } : { skipped };
  }

  async function failed(claim: OutboxClaim, delivery: OpenDelivery | null, error: Omit<DeliveryError, 'at'>): Promise<OutboxEnd> {
    const { failure, channels } = error;
    if (delivery !== null) await saveError(db, claim, delivery, error);
    const nothingPosted = [failure, ...Object.values(channels)].every(isRefusal);
    return { status: 'FAILED', failure, ...(nothingPosted ? {} : { notBeforeMs: POST_SETTLES_MS }) };
  }
}

/** Messages that are edited in place as what they are about changes. */
const isLiving = (type: string) => type === STATUS_MESSAGE || isGateRequest(type);

/** Channels that said no for good are not asked again before a person has the message sent again. */
function refusedIn({ outcomes }: OpenDelivery): Record<string, Failure> {
  return Object.fromEntries(
    Object.entries(outcomes).flatMap(([channelId, { failure }]) =>
      failure !== undefined && retryDecision(failure).when === 'never' ? [[channelId, failure]] : [],
    ),
  );
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
