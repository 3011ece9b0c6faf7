import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Bucket } from '../../domain/release/vocabulary.ts';
import type { ConfigBody, ConfigKind } from '../configs/config-resource.ts';

type Channels = Partial<Record<Bucket, string[]>>;

export interface CommChannelsBody extends ConfigBody {
  /** Bucket → channel ids at the provider; a bucket without channels is not sent. */
  channels: Channels;
}

/** Which channels get which kind of notification. */
export const commChannels: ConfigKind<CommChannelsBody> = {
  what: 'The channel config',
  table: 'tenant_comm_channels',
  category: 'communication',
  referenceField: 'commsConfigId',
  problems: () => [],
  columns: ({ channels }) => ({ channels: JSON.stringify(channels) }),
  async bodies(sql: Sql, tenantId: string, ids: readonly string[]) {
    const rows = await sql.rows<{ id: string; channels: unknown }>(
      'SELECT id, channels FROM tenant_comm_channels WHERE tenant_id = ? AND id IN (?)',
      [tenantId, ids],
    );
    return new Map(rows.map((row) => [row.id, { channels: parseJson(row.channels) as Channels }]));
  },
};
