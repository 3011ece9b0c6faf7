import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Bucket } from '../../domain/release/vocabulary.ts';
import type { ConfigBody, ConfigKind } from '../configs/config-resource.ts';

type Channels = Partial<Record<Bucket, string[]>>;

export interface CommChannelsBody extends ConfigBody {
  /** Bucket → channel ids at the provider; a bucket without channels is not sent. */
  channels: Channels;
  /** Messages about a release go as replies below its status message, where the provider has threads. */
  threads: boolean;
}

/** Which channels get which kind of notification. */
export const commChannels: ConfigKind<CommChannelsBody> = {
  what: 'The channel config',
  table: 'tenant_comm_channels',
  category: 'communication',
  problems: () => [],
  columns: ['channels', 'threads'],
  values: ({ channels, threads }) => [JSON.stringify(channels), threads ? 1 : 0],
  isCopied: true,
  async bodies(sql: Sql, tenantId: string, ids: readonly string[]) {
    const rows = await sql.rows<{ id: string; channels: unknown; threads: number }>(
      'SELECT id, channels, threads FROM tenant_comm_channels WHERE tenant_id = ? AND id IN (?)',
      [tenantId, ids],
    );
    return new Map(rows.map((row) => [row.id, { channels: parseJson(row.channels) as Channels, threads: row.threads === 1 }]));
  },
};
