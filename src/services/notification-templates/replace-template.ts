import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { MessageType } from '../../domain/notifications/message-types.ts';
import type { OwnWords } from '../../domain/notifications/own-words.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type OwnWordsRow, ownWordsOf, selectOwnWords } from './own-words-row.ts';
import { demandWords } from './read-template.ts';
import { demandType, type NotificationTemplateView, templateView } from './template-view.ts';

/**
 * The tenant's own words for a type, from the next message on.
 * @throws ServiceError not-found for a type that does not exist; invalid when a placeholder is none of the type's
 */
export async function replaceTemplate(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  type: string,
  words: OwnWords,
): Promise<NotificationTemplateView> {
  authorise(caller, 'config:write');
  const known = demandType(type);
  demandWords(known, words);
  const { tenantId } = caller;
  return deps.db.transact(async (tx) => {
    const before = await lockWords(tx, tenantId, known);
    const values = [words.isEnabled, words.bucket, words.headline, words.body, caller.accountId];
    await tx.run(
      `INSERT INTO notification_templates (id, tenant_id, type, is_enabled, bucket, headline, body, updated_by_account_id) VALUES (?)
       ON DUPLICATE KEY UPDATE is_enabled = ?, bucket = ?, headline = ?, body = ?, updated_by_account_id = ?, updated_at = UTC_TIMESTAMP(3)`,
      [[ulid(), tenantId, known, ...values], ...values],
    );
    const after = await lockWords(tx, tenantId, known);
    if (after === undefined) throw new Error(`the words of ${known} vanished while they were locked`);
    await recordWords(tx, caller, known, before, after);
    return templateView(known, after);
  });
}

/** Back to our words. @throws ServiceError not-found for a type that does not exist */
export async function deleteTemplate(deps: Pick<ServiceDeps, 'db'>, caller: Caller, type: string): Promise<void> {
  authorise(caller, 'config:write');
  const known = demandType(type);
  await deps.db.transact(async (tx) => {
    const before = await lockWords(tx, caller.tenantId, known);
    if (before === undefined) return;
    await tx.run('DELETE FROM notification_templates WHERE tenant_id = ? AND type = ?', [caller.tenantId, known]);
    await recordWords(tx, caller, known, before, undefined);
  });
}

async function lockWords(tx: Tx, tenantId: string, type: MessageType): Promise<OwnWordsRow | undefined> {
  const [row] = await tx.rows<OwnWordsRow>(...selectOwnWords(tenantId, type, 'FOR UPDATE'));
  return row;
}

function recordWords(
  tx: Tx,
  caller: Caller,
  type: MessageType,
  before: OwnWordsRow | undefined,
  after: OwnWordsRow | undefined,
): Promise<void> {
  const id = (after ?? before)?.id ?? '';
  const told = (row: OwnWordsRow | undefined) => (row === undefined ? null : JSON.stringify(ownWordsOf(row)));
  return writeHistory(tx, [
    {
      tenantId: caller.tenantId,
      scopeId: id,
      entityType: 'config',
      entityId: id,
      action: before === undefined ? 'CREATE' : after === undefined ? 'REMOVE' : 'UPDATE',
      actor: actorOf(caller),
      items: [{ field: `notificationTemplate:${type}`, before: told(before), after: told(after) }],
    },
  ]);
}
