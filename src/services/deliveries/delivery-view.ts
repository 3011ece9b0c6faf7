import { parseJson } from '../../db/schema/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import { type DeliveryStatus, deliveryRemedy } from '../../domain/notifications/delivery.ts';
import type { ChannelOutcome, DeliveryError } from './delivery-row.ts';
import { FILE_SHARED, type SharedFileView, sharedFileView } from './shared-file.ts';

interface FailureView extends Failure {
  /** What a person can do. */
  remedy: string;
}

export interface DeliveryView {
  id: string;
  releaseId: string;
  /** Notification type; RELEASE_STATUS is the message that is edited in place. */
  type: string;
  status: DeliveryStatus;
  createdAt: string;
  settledAt: string | null;
  /** When it is tried next; null = it is not. */
  nextAttemptAt: string | null;
  /** Why it has failed so far, or failed for good. */
  failure: FailureView | null;
  /** Why it went nowhere. */
  skippedBecause: string | null;
  /** The file that it shares; null = it is another message. */
  shared: SharedFileView | null;
}

interface ChannelView {
  channelId: string;
  status: 'POSTED' | 'FAILED';
  messageId: string | null;
  url: string | null;
  /** When it was posted or last changed. */
  at: string | null;
  failure: FailureView | null;
}

export interface DeliveryDetail extends DeliveryView {
  channels: ChannelView[];
  /** Failed attempts, oldest first; the latest fifty. */
  attempts: { at: string; failure: FailureView; channels: { channelId: string; failure: FailureView }[] }[];
}

export interface DeliveryRow {
  id: string;
  releaseId: string;
  type: string;
  status: DeliveryStatus;
  runAt: Date | null;
  failure: unknown;
  createdAt: Date;
  settledAt: Date | null;
  sharedData: unknown;
}

export interface DetailRow extends DeliveryRow {
  posted: unknown;
  outcomes: unknown;
  errors: unknown;
}

export const deliveryColumns = `id, subject_id AS releaseId, type, status, run_at AS runAt, failure, created_at AS createdAt,
  settled_at AS settledAt, CASE WHEN type = '${FILE_SHARED}' THEN data END AS sharedData`;

export const detailColumns = `${deliveryColumns}, posted, outcomes, errors`;

export function deliveryView(row: DeliveryRow): DeliveryView {
  const { id, releaseId, type, status, runAt, failure, createdAt, settledAt, sharedData } = row;
  const stored = parseJson(failure) as Failure | null;
  const isSkipped = status === 'SKIPPED';
  return {
    ...{ id, releaseId, type, status },
    createdAt: createdAt.toISOString(),
    settledAt: settledAt?.toISOString() ?? null,
    nextAttemptAt: status === 'PENDING' ? (runAt?.toISOString() ?? null) : null,
    failure: stored === null || isSkipped ? null : failureView(stored),
    skippedBecause: isSkipped ? (stored?.message ?? null) : null,
    shared: sharedFileView(sharedData),
  };
}

export function deliveryDetail(row: DetailRow): DeliveryDetail {
  const posted = (parseJson(row.posted) as Record<string, string> | null) ?? {};
  const outcomes = (parseJson(row.outcomes) as Record<string, ChannelOutcome> | null) ?? {};
  const errors = (parseJson(row.errors) as DeliveryError[] | null) ?? [];
  const channelIds = [...new Set([...Object.keys(posted), ...Object.keys(outcomes)])].sort();
  return {
    ...deliveryView(row),
    channels: channelIds.flatMap((channelId) => channelView(channelId, posted[channelId] ?? null, outcomes[channelId] ?? {})),
    attempts: errors.map(({ at, failure, channels }) => ({
      at,
      failure: failureView(failure),
      channels: Object.entries(channels).map(([channelId, why]) => ({ channelId, failure: failureView(why) })),
    })),
  };
}

/** There is nothing to show of a channel whose first post is under way. */
function channelView(channelId: string, messageId: string | null, { url, at, failure }: ChannelOutcome): ChannelView[] {
  if (messageId === null && failure === undefined) return [];
  return [
    {
      ...{ channelId, messageId },
      status: failure === undefined ? 'POSTED' : 'FAILED',
      url: url ?? null,
      at: at ?? null,
      failure: failure === undefined ? null : failureView(failure),
    },
  ];
}

const failureView = (failure: Failure): FailureView => ({ ...failure, remedy: deliveryRemedy(failure) });
