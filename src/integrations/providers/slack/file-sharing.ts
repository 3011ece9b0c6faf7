import type { FileSharing } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { kindOfStatus, retryAfterMs } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { slackClient } from './client.ts';
import { PROVIDER, type SlackConnection } from './identity.ts';
import { clipped } from './text-limits.ts';

const OPERATION = 'the upload of the file';

/** Slack shares after it has answered: it looks through the file first. A guess with room, for nothing is said of how long that takes. */
const SHARE_VISIBLE_WITHIN_MS = 120_000;

const MAX_COMMENT_CHARS = 3000;

/**
 * An address for the bytes, the bytes, then sharing them. Dying before the last step leaves a file that nobody sees, which Slack drops;
 * nothing shows twice unless it is called twice.
 */
export function slackFileSharing(connection: SlackConnection, deps: AdapterDeps): FileSharing {
  const client = slackClient(connection, deps);

  /** Without our token: the address itself is the permission. */
  async function send(address: string, sizeBytes: number, open: () => AsyncIterable<Uint8Array>): Promise<void> {
    if (connection.baseUrl.startsWith('https:') && !address.startsWith('https:')) {
      throw new ProviderError('malformed', `${PROVIDER}: ${OPERATION} was sent to an address that is not encrypted`, {
        provider: PROVIDER,
      });
    }
    const { status, headers } = await deps.upload(address, {
      ...{ operation: OPERATION, sizeBytes, open },
      headers: { 'content-type': 'application/octet-stream' },
    });
    if (status === 200) return;
    throw new ProviderError(kindOfStatus(status, headers), `${PROVIDER}: ${OPERATION} answered ${status}`, {
      provider: PROVIDER,
      status,
      retryAfterMs: retryAfterMs(headers, deps.now()),
    });
  }

  async function found(fileId: string) {
    try {
      return (await client.file(fileId)).file;
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  return {
    shareVisibleWithinMs: SHARE_VISIBLE_WITHIN_MS,

    async shareFile({ channelId, threadId, name, sizeBytes, comment, open, onArrived }) {
      const { upload_url, file_id } = await client.announceFile(name, sizeBytes);
      await send(upload_url, sizeBytes, open);
      await onArrived?.(file_id);
      const { files } = await client.shareFile({
        files: [{ id: file_id, title: name }],
        channel_id: channelId,
        ...(threadId === undefined ? {} : { thread_ts: threadId }),
        ...(comment === undefined ? {} : { initial_comment: clipped(comment, MAX_COMMENT_CHARS) }),
      });
      return { id: file_id, url: files.find(({ id }) => id === file_id)?.permalink ?? null };
    },

    async findShared({ channelId, fileId }) {
      const file = await found(fileId);
      const places = { ...file?.shares?.public, ...file?.shares?.private };
      return file !== null && Object.hasOwn(places, channelId) ? { id: fileId, url: file.permalink ?? null } : null;
    },
  };
}
