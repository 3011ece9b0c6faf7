import { createHash } from 'node:crypto';
import type { Database } from '../../db/client.ts';
import type { Failure } from '../../domain/failure.ts';
import type { MessageContent } from '../../domain/message.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import type { OutboxClaim } from '../../engine/outbox.ts';
import type { MessageEditing, MessageHistory, Messaging, PostedMessage } from '../../integrations/capabilities/messaging.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from '../execution/attempt-scope.ts';
import { address } from '../execution/channels.ts';
import { findInThread, postInThread } from '../execution/in-thread.ts';
import { type ChannelOutcome, keyIn, notePosted, type OpenDelivery, type Sending, saveProgress } from './delivery-row.ts';

/*
 * A living message is posted once per channel and edited in place from then on.
 *
 * One process at a time has the row (claim and lease), reads the row's revision before it reads what the message says, and settles against it: a change that
 * came meanwhile makes the row due again. So the last one to send has read the last state. What could still leave an older state standing is an
 * edit whose answer was lost: it may be carried out after a newer one. Therefore each edit is written down as doubtful before it leaves, and until
 * that doubt has passed nothing else is said in the channel. A crash between any two lines leaves the doubt behind, never a wrong digest.
 */

export interface LivingMessages {
  /**
   * Makes every channel say what is true now. Channels that say it already are left alone.
   * @returns `cannotEdit` where the provider, by its name, cannot change what was sent: nothing was said then
   */
  show(claim: OutboxClaim, delivery: OpenDelivery, living: LivingContent): Promise<Sending | { cannotEdit: string }>;
}

/** What a living message says now, read after the row's revision. */
export interface LivingContent {
  notification: Notification;
  /** Nothing about it changes any more. */
  isFinal: boolean;
  commsConfigId: string;
  /** Whether it is posted below the status message where people want that. */
  inThread: boolean;
}

/** How long after its time-out a lost edit may still be carried out, milliseconds. */
const EDIT_SETTLES_MS = 2_000;

/** What one sending works with. */
interface Pass {
  content: MessageContent;
  digest: string;
  isFinal: boolean;
  provider: string;
  messaging: Messaging;
  editing: MessageEditing;
  history: MessageHistory | undefined;
  delivery: OpenDelivery;
  /** Channel id → message below which it is posted. */
  threads: Readonly<Record<string, string>>;
  /** How long what is sent now stays doubtful when its answer is lost, milliseconds. */
  doubtMs: number;
  save: () => Promise<void>;
}

export function createLivingMessages(db: Database, connector: Connector): LivingMessages {
  return {
    async show(claim, delivery, { notification, isFinal, commsConfigId, inThread }) {
      const { tenantId, subjectId } = delivery;
      const addressed = await address(db, { tenantId, releaseId: subjectId, commsConfigId }, notification);
      if (typeof addressed === 'string') return { skipped: addressed };
      const { channels, content, integrationId } = addressed;
      const threads = inThread ? addressed.threads : {};
      const digest = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
      const stale = channels.filter((channelId) => !isUpToDate(delivery, channelId, digest));
      if (stale.length === 0) return { failures: {}, channels: channels.length };
      const { provider, connection, deps } = await connector.open('communication', tenantId, integrationId, attemptSignal());
      const [messaging, editing] = [provider.messaging?.(connection, deps), provider.messageEditing?.(connection, deps)];
      if (messaging === undefined || editing === undefined) return { cannotEdit: provider.displayName };
      const history = provider.messageHistory?.(connection, deps);
      const pass: Pass = {
        ...{ content, digest, isFinal, messaging, editing, history, delivery, threads },
        provider: provider.id,
        doubtMs: connector.comesToLightWithinMs(Math.max(EDIT_SETTLES_MS, history?.postVisibleWithinMs ?? 0)),
        save: () => saveProgress(db, claim, delivery),
      };
      const failures: Record<string, Failure> = {};
      for (const channelId of stale) {
        try {
          await bringUpToDate(pass, channelId);
        } catch (error) {
          if (!(error instanceof ProviderError)) throw error;
          failures[channelId] = error.toFailure();
          if (error.kind === 'unauthorized' || error.kind === 'rate-limited') break;
        }
      }
      return { failures, channels: channels.length };
    },
  };
}

function isUpToDate({ outcomes, posted }: OpenDelivery, channelId: string, digest: string): boolean {
  const outcome = outcomes[channelId];
  if (outcome === undefined || posted[channelId] === undefined) return false;
  return outcome.isFinal === true || (outcome.digest === digest && outcome.failure === undefined);
}

async function bringUpToDate(pass: Pass, channelId: string): Promise<void> {
  const { delivery } = pass;
  demandSettled(pass, channelId);
  if (delivery.posted[channelId] === undefined && !(await recover(pass, channelId))) return post(pass, channelId);
  try {
    await edit(pass, channelId);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'not-found') throw error;
    // Somebody deleted it.
    const { [channelId]: _gone, ...posted } = delivery.posted;
    delivery.posted = posted;
    delivery.outcomes[channelId] = { copy: (delivery.outcomes[channelId]?.copy ?? 0) + 1, since: delivery.now().toISOString() };
    await post(pass, channelId);
  }
}

/** Nothing else is said while something said before may still be carried out. The same again does no harm. */
function demandSettled({ delivery, digest, provider }: Pass, channelId: string): void {
  const doubt = delivery.outcomes[channelId]?.doubt;
  if (doubt === undefined || doubt.digest === digest) return;
  const retryAfterMs = Date.parse(doubt.until) - delivery.now().getTime();
  if (retryAfterMs <= 0) return;
  throw new ProviderError('unavailable', 'An earlier change of this message may still be carried out.', { provider, retryAfterMs });
}

/** Finds what an earlier attempt posted without an answer. */
async function recover({ delivery, history, threads }: Pass, channelId: string): Promise<boolean> {
  const outcome = delivery.outcomes[channelId];
  if (outcome?.doubt === undefined) return false;
  const since = outcome.since ?? (delivery.replayedAt ?? delivery.createdAt).toISOString();
  const found = await findInThread(history, { channelId, key: keyIn(delivery, channelId), since }, threads[channelId]);
  if (found === null) return false;
  notePosted(delivery, { ...delivery.posted, [channelId]: found.messageId }, found);
  return true;
}

async function post(pass: Pass, channelId: string): Promise<void> {
  const { content, messaging, delivery, provider, threads } = pass;
  const doubt = delivery.outcomes[channelId]?.doubt;
  const waitMs = doubt === undefined ? 0 : Date.parse(doubt.until) - delivery.now().getTime();
  if (waitMs > 0)
    throw new ProviderError('unavailable', 'An earlier post of this message may still be carried out.', { provider, retryAfterMs: waitMs });
  await said(pass, channelId, () => postInThread(messaging, { channelId, content, key: keyIn(delivery, channelId) }, threads[channelId]));
}

async function edit(pass: Pass, channelId: string): Promise<void> {
  const { content, editing, delivery } = pass;
  const messageId = delivery.posted[channelId];
  if (messageId === undefined) throw new Error(`nothing is posted in ${channelId}`);
  await said(pass, channelId, () => editing.edit({ channelId, messageId, content, key: keyIn(delivery, channelId) }));
}

/** Writes the doubt down, says it, and writes down what became of it. An older doubt outlives a newer answer. */
async function said(pass: Pass, channelId: string, say: () => Promise<PostedMessage>): Promise<void> {
  const { delivery, digest, isFinal } = pass;
  const { digest: _old, doubt: earlier, ...before } = delivery.outcomes[channelId] ?? {};
  const until = new Date(delivery.now().getTime() + pass.doubtMs).toISOString();
  delivery.outcomes[channelId] = { ...before, doubt: { until, digest } };
  await pass.save();
  const settled: ChannelOutcome = { ...before, ...(stands(earlier, delivery) ? { doubt: earlier } : {}) };
  let message: PostedMessage;
  try {
    message = await say();
  } catch (error) {
    if (error instanceof ProviderError && isRefusal(error)) delivery.outcomes[channelId] = settled;
    throw error;
  }
  delivery.outcomes[channelId] = { ...settled, digest, ...(isFinal ? { isFinal: true } : {}) };
  notePosted(delivery, { ...delivery.posted, [channelId]: message.messageId }, message);
  await pass.save();
}

const stands = (doubt: ChannelOutcome['doubt'], { now }: OpenDelivery): doubt is NonNullable<ChannelOutcome['doubt']> =>
  doubt !== undefined && Date.parse(doubt.until) > now().getTime();

/** Nothing was changed for certain. */
const isRefusal = ({ kind }: ProviderError) => !['unavailable', 'timeout', 'malformed'].includes(kind);
