import type { Database } from '../../db/client.ts';
import type { Failure } from '../../domain/failure.ts';
import { asText } from '../../domain/notifications/own-words.ts';
import { type Notification, renderNotification } from '../../domain/release/notifications.ts';
import type { OutboxClaim } from '../../engine/outbox.ts';
import type { FileSharing, SharedFile as ShownFile } from '../../integrations/capabilities/messaging.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { type ArtifactStore, piecesOf } from '../../platform/artifact-store.ts';
import type { Keyring } from '../../platform/crypto.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from '../execution/attempt-scope.ts';
import { address } from '../execution/channels.ts';
import { inThread } from '../execution/in-thread.ts';
import { notTried } from '../execution/notification-service.ts';
import type { ReleaseContext } from '../execution/release-source.ts';
import { linkTo, openBuildArtifact } from '../releases/builds/link-artifact.ts';
import type { OpenedArtifact } from '../releases/builds/open-artifact.ts';
import { summaryOf } from '../releases/messages/compose-notification.ts';
import { openNotes } from '../releases/open-notes.ts';
import { conflict } from '../service-error.ts';
import { notePosted, type OpenDelivery, type Sending, saveProgress } from './delivery-row.ts';
import { FILE_SHARED, type SharedFile } from './shared-file.ts';

/*
 * A file is streamed from the store to the provider, channel by channel, while the row's lease is kept. All of it is there before anybody sees it; in
 * between its id at the provider is written down. If the process dies
 *   before that is written   nobody sees anything; the next attempt sends another file, and the provider drops this one
 *   after it                 the next attempt asks by the id whether the file can be seen; while it may still come to be seen nothing is sent
 * Providers that take no files get a message with a link that ends; they tell repeats by the message's key, if at all.
 */

export interface FileShares {
  /** @returns a message to send instead, where the provider takes no files */
  share(claim: OutboxClaim, delivery: OpenDelivery, place: SharePlace): Promise<Sending | FileAsLink>;
}

export interface SharePlace {
  release: ReleaseContext;
  commsConfigId: string;
  /** Keeps the lease of the row; to be asked with every piece. @throws LeaseLostError */
  keep: () => Promise<void>;
  /** Channels that refused it for good. */
  refused: Readonly<Record<string, Failure>>;
}

export interface FileAsLink {
  notification: Notification;
  channels: readonly string[];
}

interface ShareDeps {
  db: Database;
  connector: Connector;
  artifacts: ArtifactStore;
  keyring: Keyring;
}

const LINK_VALID_MS = 24 * 3_600_000;

/** What one sending works with. */
interface Pass {
  sharing: FileSharing;
  delivery: OpenDelivery;
  file: OpenedArtifact;
  comment: string;
  provider: string;
  threads: Readonly<Record<string, string>>;
  /** How long a share stays doubtful when its answer is lost, milliseconds. */
  doubtMs: number;
  keep: () => Promise<void>;
  save: () => Promise<void>;
}

export function createFileShares(shareDeps: ShareDeps): FileShares {
  const { db, connector } = shareDeps;
  return {
    async share(claim, delivery, { release, commsConfigId, keep, refused }) {
      const { tenantId } = delivery;
      const shared = delivery.data as unknown as SharedFile;
      const file = await openShared(shareDeps, tenantId, shared);
      const told = notificationOf(shared, file, release, null);
      const about = { tenantId, releaseId: release.id, commsConfigId, channels: shared.channelIds };
      const addressed = await address(db, about, told);
      if (typeof addressed === 'string') return { skipped: addressed };
      const { channels, content, integrationId, threads } = addressed;
      const { provider, connection, deps } = await connector.open('communication', tenantId, integrationId, attemptSignal());
      const sharing = provider.fileSharing?.(connection, deps);
      if (sharing === undefined) {
        const until = delivery.now().getTime() + LINK_VALID_MS;
        const place = { tenantId, until, ...('buildId' in shared.file ? shared.file : { notesId: shared.file.notesId }) };
        const link = { url: linkTo({ ...shareDeps, publicUrl: shared.publicUrl }, place), until: new Date(until).toISOString() };
        return { notification: notificationOf(shared, file, release, link), channels };
      }
      const { headline, body } = asText(content);
      const pass: Pass = {
        ...{ sharing, delivery, file, threads, keep, comment: `${headline}\n\n${body}`.trim(), provider: provider.id },
        doubtMs: connector.comesToLightWithinMs(sharing.shareVisibleWithinMs),
        save: () => saveProgress(db, claim, delivery),
      };
      return { failures: await shareInEach(pass, channels, refused), channels: channels.length };
    },
  };
}

/** @throws ServiceError conflict when it is not kept any more */
async function openShared({ db, artifacts }: ShareDeps, tenantId: string, { file, name }: SharedFile): Promise<OpenedArtifact> {
  const opened =
    'buildId' in file ? await openBuildArtifact({ db, artifacts }, tenantId, file.buildId) : await openNotes(db, tenantId, file.notesId);
  if (opened === null) throw conflict(`${name} is not kept any more.`);
  return opened;
}

function notificationOf(
  { comment, by }: SharedFile,
  { name, sizeBytes }: OpenedArtifact,
  release: ReleaseContext,
  link: { url: string; until: string } | null,
): Notification {
  const data = { name, size: inWords(sizeBytes), note: comment, by, url: link?.url ?? null, until: link?.until ?? null };
  return renderNotification(FILE_SHARED, { release: summaryOf(release), ...data });
}

async function shareInEach(
  pass: Pass,
  channels: readonly string[],
  refused: Readonly<Record<string, Failure>>,
): Promise<Record<string, Failure>> {
  const missing = channels.filter((channelId) => pass.delivery.posted[channelId] === undefined);
  const failures: Record<string, Failure> = Object.fromEntries(missing.map((channelId) => [channelId, refused[channelId] ?? notTried]));
  for (const channelId of missing.filter((each) => refused[each] === undefined)) {
    try {
      await findOrShare(pass, channelId);
      delete failures[channelId];
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      failures[channelId] = error.toFailure();
      if (error.kind === 'unauthorized' || error.kind === 'rate-limited') break;
    }
  }
  return failures;
}

async function findOrShare(pass: Pass, channelId: string): Promise<void> {
  const { sharing, delivery, provider } = pass;
  const earlier = delivery.outcomes[channelId]?.sharing;
  if (earlier !== undefined) {
    const found = await sharing.findShared({ channelId, fileId: earlier.fileId });
    if (found !== null) return noteShown(pass, channelId, found);
    const retryAfterMs = Date.parse(earlier.until) - delivery.now().getTime();
    if (retryAfterMs > 0)
      throw new ProviderError('unavailable', 'An earlier share of this file may still be carried out.', { provider, retryAfterMs });
  }
  await noteShown(pass, channelId, await inThread(pass.threads[channelId], (thread) => shareAnew(pass, channelId, thread)));
}

async function shareAnew(pass: Pass, channelId: string, thread: { threadId?: string }): Promise<ShownFile> {
  const { sharing, file, comment, delivery, doubtMs, keep, save } = pass;
  const { name, sizeBytes } = file;
  try {
    return await sharing.shareFile({
      ...{ channelId, name, sizeBytes, comment, ...thread },
      open: () => piecesIn(file, keep),
      async onArrived(fileId) {
        await keep();
        const until = new Date(delivery.now().getTime() + doubtMs).toISOString();
        delivery.outcomes[channelId] = { ...delivery.outcomes[channelId], sharing: { fileId, until } };
        await save();
      },
    });
  } catch (error) {
    if (error instanceof ProviderError && isRefusal(error)) forget(delivery, channelId);
    throw error;
  }
}

async function noteShown({ delivery, save }: Pass, channelId: string, { id, url }: ShownFile): Promise<void> {
  forget(delivery, channelId);
  notePosted(delivery, { ...delivery.posted, [channelId]: id }, { channelId, messageId: id, url });
  await save();
}

function forget({ outcomes }: OpenDelivery, channelId: string): void {
  const { sharing: _done, ...outcome } = outcomes[channelId] ?? {};
  outcomes[channelId] = outcome;
}

/** Read no faster than it is taken. */
async function* piecesIn({ name, open }: OpenedArtifact, keep: () => Promise<void>): AsyncGenerator<Uint8Array> {
  const body = await open();
  if (body === null) throw conflict(`${name} is not kept any more.`);
  for await (const piece of piecesOf(body)) {
    await keep();
    yield piece;
  }
}

function inWords(sizeBytes: number): string {
  if (sizeBytes < 1_000) return `${sizeBytes} bytes`;
  const [divisor, unit] = sizeBytes < 1_000_000 ? [1_000, 'kB'] : [1_000_000, 'MB'];
  return `${(sizeBytes / divisor).toFixed(1)} ${unit}`;
}

/** Nobody sees it for certain. */
const isRefusal = ({ kind }: ProviderError) => !['unavailable', 'timeout', 'malformed'].includes(kind);
