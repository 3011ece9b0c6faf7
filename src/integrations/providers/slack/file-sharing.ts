import type { FileSharing } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { kindOfStatus, retryAfterMs } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { slackClient } from './client.ts';
import { PROVIDER, type SlackConnection } from './identity.ts';

const OPERATION = 'the upload of the file';

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

  return {
    async shareFile({ channelId, threadId, name, sizeBytes, open }) {
      const { upload_url, file_id } = await client.announceFile(name, sizeBytes);
      await send(upload_url, sizeBytes, open);
      const { files } = await client.shareFile({
        files: [{ id: file_id, title: name }],
        channel_id: channelId,
        ...(threadId === undefined ? {} : { thread_ts: threadId }),
      });
      return { id: file_id, url: files.find(({ id }) => id === file_id)?.permalink ?? null };
    },
  };
}
