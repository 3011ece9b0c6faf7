import type { Database } from '../../db/client.ts';
import { type DeploymentMessageType, isDeploymentMessage } from '../../domain/deployment/messages.ts';
import { type Failure, retryDecision } from '../../domain/failure.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import { LeaseLostError } from '../../engine/lease.ts';
import type { Outbox, OutboxClaim, OutboxEnd } from '../../engine/outbox.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { WakeJob } from '../../platform/queues.ts';
import { composeDeploymentMessage } from '../deployments/compose-deployment-message.ts';
import { DEPLOYMENT_STATUS } from '../deployments/deployment-status-message.ts';
import { inAttempt } from '../execution/attempt-scope.ts';
import { failureOf, type NotificationService } from '../execution/notification-service.ts';
import type { ReleaseContext, ReleaseSource } from '../execution/release-source.ts';
import { toFailure } from '../execution/to-failure.ts';
import { isGateRequest, isReleaseGateRequest } from '../gates/gate-request.ts';
import { composeGateRequest } from '../releases/messages/compose-gate-request.ts';
import { composeNotification } from '../releases/messages/compose-notification.ts';
import { composeStatus } from '../releases/messages/compose-status.ts';
import { beginStatusMessage, STATUS_MESSAGE } from '../releases/messages/status-message.ts';
import { isRolloutRequest } from '../service-rollouts/step-request.ts';
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
import type { FileShares } from './share-file.ts';
import { FILE_SHARED } from './shared-file.ts';

interface DeliverOptions {
  db: Database;
  outbox: Outbox;
  notifications: NotificationService;
  living: LivingMessages;
  shares: FileShares;
  releases: ReleaseSource;
  metrics: Metrics;
  /** How long a claim may begin calls, milliseconds; the outbox's own lease is `deliveryLeaseMs`. */
  leaseMs: number;
  /** Aborts when the process stops. */
  signal: AbortSignal;
}

/**
 * Sends one message of the outbox to its channels. What is posted is written down channel by channel: a crash forgets nothing, and the next attempt looks
 * before it posts. A channel that fails stops no other; the row has failed as long as one does.
 */
export function createDeliver(options: DeliverOptions): (wake: WakeJob) => Promise<void> {
  const { db, outbox, metrics, signal } = options;
  return async (wake) => {
    const claim = await outbox.claim(wake);
    if (claim === null) return;
    const lease = leaseOf(claim, options);
    let delivery: OpenDelivery | null = null;
    let end: OutboxEnd;
    try {
      delivery = await openDelivery(db, claim, STATUS_MESSAGE);
      end = await inAttempt({ signal, assertOurs: lease.assertOurs }, () => send({ ...claim, keep: lease.keep }, delivery));
    } catch (error) {
      // A stopping process leaves the row to its lease; the next one looks before it posts.
      if (signal.aborted || error instanceof LeaseLostError) return;
      end = await failed(claim, delivery, { failure: toFailure(error), channels: {} });
    }
    await outbox.settle(claim, end, delivery !== null && isLiving(delivery.type) ? delivery.revision : undefined);
    metrics.deliveries.inc({ outcome: end.status.toLowerCase() });
  };

  async function send(claim: HeldClaim, delivery: OpenDelivery | null): Promise<OutboxEnd> {
    if (delivery === null) return { status: 'SKIPPED', why: 'the delivery is gone' };
    if (isDeploymentMessage(delivery.type)) return endOf(claim, delivery, await tellOfDeployment(claim, delivery, delivery.type));
    const release = await options.releases.load(delivery.subjectId);
    const { commsConfigId } = release.config;
    if (commsConfigId === null) return { status: 'SKIPPED', why: 'the release has no channels' };
    const sending = await tell(claim, delivery, release, commsConfigId);
    // A release that began before there were status messages gets its own with its next notification.
    if (delivery.type !== STATUS_MESSAGE && !delivery.hasStatus)
      await beginStatusMessage(db, { tenantId: delivery.tenantId, id: release.id });
    return endOf(claim, delivery, sending);
  }

  async function endOf(claim: OutboxClaim, delivery: OpenDelivery, sending: Sending): Promise<OutboxEnd> {
    if ('skipped' in sending) return { status: 'SKIPPED', why: sending.skipped };
    const failure = failureOf(sending.failures, sending.channels);
    return failure === null ? { status: 'DONE' } : failed(claim, delivery, { failure, channels: sending.failures });
  }

  async function tellOfDeployment(claim: OutboxClaim, delivery: OpenDelivery, type: DeploymentMessageType): Promise<Sending> {
    const { commsConfigId, ...message } = await composeDeploymentMessage(db, delivery.tenantId, delivery.subjectId, type, delivery.data);
    if (commsConfigId === null) return { skipped: 'the environment has no channels' };
    const ask = () => notify(claim, delivery, { id: delivery.subjectId }, commsConfigId, message.notification);
    if (!isLiving(type)) return ask();
    const shown = await options.living.show(claim, delivery, { ...message, commsConfigId, inThread: false });
    if (!('cannotEdit' in shown)) return shown;
    // Where nothing can be changed it is asked once.
    return type === DEPLOYMENT_STATUS ? { skipped: `${shown.cannotEdit} cannot change what was sent` } : ask();
  }

  async function tell(claim: HeldClaim, delivery: OpenDelivery, release: ReleaseContext, commsConfigId: string): Promise<Sending> {
    const { type } = delivery;
    if (type === STATUS_MESSAGE) {
      const status = await composeStatus(db, delivery.tenantId, release.id);
      const shown = await options.living.show(claim, delivery, { ...status, commsConfigId, inThread: false });
      return 'cannotEdit' in shown ? { skipped: `${shown.cannotEdit} cannot change what was sent` } : shown;
    }
    if (isReleaseGateRequest(type)) {
      const request = await composeGateRequest(db, { type, data: delivery.data }, release);
      const shown = await options.living.show(claim, delivery, { ...request, commsConfigId, inThread: true });
      // Where nothing can be changed it is asked once.
      return 'cannotEdit' in shown ? notify(claim, delivery, release, commsConfigId, request.notification) : shown;
    }
    if (type === FILE_SHARED) {
      const shared = await options.shares.share(claim, delivery, {
        release,
        commsConfigId,
        keep: claim.keep,
        refused: refusedIn(delivery),
      });
      return 'notification' in shared ? notify(claim, delivery, release, commsConfigId, shared.notification, shared.channels) : shared;
    }
    const notification = composeNotification(delivery, release);
    return notification === null ? { skipped: `nobody renders ${type}` } : notify(claim, delivery, release, commsConfigId, notification);
  }

  async function notify(
    claim: OutboxClaim,
    delivery: OpenDelivery,
    release: Pick<ReleaseContext, 'id'>,
    commsConfigId: string,
    notification: Notification,
    channels?: readonly string[],
  ): Promise<Sending> {
    const { posted, failures, skipped } = await options.notifications.sendMessage({
      ...notification,
      ...{ tenantId: delivery.tenantId, releaseId: release.id, commsConfigId },
      ...(channels === undefined ? {} : { channels }),
      keyIn: (channelId) => keyIn(delivery, channelId),
      lookSince: claim.repeated ? triedSince(delivery) : null,
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
const isLiving = (type: string) => type === STATUS_MESSAGE || type === DEPLOYMENT_STATUS || isRolloutRequest(type) || isGateRequest(type);

/** Channels that said no for good are not asked again before a person has the message sent again. */
function refusedIn({ outcomes }: OpenDelivery): Record<string, Failure> {
  return Object.fromEntries(
    Object.entries(outcomes).flatMap(([channelId, { failure }]) =>
      failure !== undefined && retryDecision(failure).when === 'never' ? [[channelId, failure]] : [],
    ),
  );
}

/** Since when what is sent now may be there: a copy that a person asked for only since then, anything else since it was first tried. */
function triedSince({ outcomes, createdAt, replayedAt }: OpenDelivery): Date {
  const isCopy = Object.values(outcomes).some(({ copy = 0 }) => copy > 0);
  return isCopy ? (replayedAt ?? createdAt) : createdAt;
}

/** What was posted without an answer shows by then; a retry that looks sooner might not see it and post again. */
const POST_SETTLES_MS = 2_000;

/**
 * How long a claim keeps its row from others, milliseconds. No call begins when its `leaseMs` are over; the one under way then may last as long as calls do, and
 * what it posted needs to show before the next claim looks.
 */
export const deliveryLeaseMs = ({ leaseMs, providerTimeoutMs }: { leaseMs: number; providerTimeoutMs: number }): number =>
  leaseMs + providerTimeoutMs + POST_SETTLES_MS;

/** Nothing was posted for certain. */
const isRefusal = ({ kind }: Failure) => !['unavailable', 'timeout', 'malformed', 'internal'].includes(kind);

/** A claim whose lease can be kept. */
interface HeldClaim extends OutboxClaim {
  keep: () => Promise<void>;
}

/** A process that stood still past its lease must post nothing: somebody else has the row by now. */
function leaseOf(claim: OutboxClaim, { outbox, signal, leaseMs }: Pick<DeliverOptions, 'outbox' | 'signal' | 'leaseMs'>) {
  const over = () => new LeaseLostError('the lease of the delivery is over');
  let since = performance.now();
  return {
    assertOurs(): void {
      signal.throwIfAborted();
      if (performance.now() >= since + leaseMs * 0.75) throw over();
    },
    /** For what takes longer than a lease; asked often, it renews now and then. @throws LeaseLostError */
    async keep(): Promise<void> {
      signal.throwIfAborted();
      const now = performance.now();
      if (now < since + leaseMs * 0.25) return;
      if (!(await outbox.renew(claim))) throw over();
      since = now;
    },
  };
}
