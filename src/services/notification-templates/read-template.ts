import { type MessageType, messageTypes } from '../../domain/notifications/message-types.ts';
import type { OwnWords } from '../../domain/notifications/own-words.ts';
import { wordsProblems } from '../../domain/notifications/own-words.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { invalid } from '../service-error.ts';
import { type OwnWordsRow, ownWordsColumns } from './own-words-row.ts';
import { demandType, type NotificationTemplateView, type RenderedTemplate, renderExample, templateView } from './template-view.ts';

/** Every type, with the tenant's words where it has some. */
export async function listTemplates(deps: Pick<ServiceDeps, 'db'>, caller: Caller): Promise<NotificationTemplateView[]> {
  authorise(caller, 'config:read');
  const rows = await deps.db.rows<OwnWordsRow>(`SELECT ${ownWordsColumns} FROM notification_templates WHERE tenant_id = ?`, [
    caller.tenantId,
  ]);
  const byType = new Map(rows.map((row) => [row.type, row]));
  return [...messageTypes].sort().map((type) => templateView(type, byType.get(type)));
}

/** @throws ServiceError not-found for a type that does not exist */
export async function readTemplate(deps: Pick<ServiceDeps, 'db'>, caller: Caller, type: string): Promise<NotificationTemplateView> {
  authorise(caller, 'config:read');
  const known = demandType(type);
  const [row] = await deps.db.rows<OwnWordsRow>(`SELECT ${ownWordsColumns} FROM notification_templates WHERE tenant_id = ? AND type = ?`, [
    caller.tenantId,
    known,
  ]);
  return templateView(known, row);
}

/** What the words make of the type's example; nothing is stored. @throws ServiceError invalid */
export function previewTemplate(caller: Caller, type: string, words: OwnWords): { rendered: RenderedTemplate | null } {
  authorise(caller, 'config:read');
  const known = demandType(type);
  demandWords(known, words);
  return { rendered: renderExample(known, words) };
}

/** @throws ServiceError invalid with every problem, each naming its field */
export function demandWords(type: MessageType, words: OwnWords): void {
  const problems = wordsProblems(type, words);
  if (problems.length > 0) throw invalid(problems.map(({ field, message }) => ({ field: `/${field}`, message })));
}
