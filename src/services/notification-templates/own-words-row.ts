import type { Statement } from '../../db/client.ts';
import type { MessageType } from '../../domain/notifications/message-types.ts';
import type { OwnWords } from '../../domain/notifications/own-words.ts';
import type { Bucket } from '../../domain/release/vocabulary.ts';

/** A tenant's words as they lie in their row. */
export interface OwnWordsRow {
  id: string;
  type: MessageType;
  isEnabled: number;
  bucket: Bucket | null;
  headline: string | null;
  body: string | null;
  updatedAt: Date;
}

export const ownWordsColumns = 'id, type, is_enabled AS isEnabled, bucket, headline, body, updated_at AS updatedAt';

export const selectOwnWords = (tenantId: string, type: string, lock: '' | 'FOR UPDATE' = ''): Statement => [
  `SELECT ${ownWordsColumns} FROM notification_templates WHERE tenant_id = ? AND type = ? ${lock}`,
  [tenantId, type],
];

/** @param rows of `selectOwnWords` */
export function readOwnWords(rows: readonly unknown[]): OwnWords | null {
  const [row] = rows as OwnWordsRow[];
  return row === undefined ? null : ownWordsOf(row);
}

export const ownWordsOf = ({ isEnabled, bucket, headline, body }: OwnWordsRow): OwnWords => ({
  ...{ bucket, headline, body },
  isEnabled: isEnabled === 1,
});
