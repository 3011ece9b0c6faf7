import type { Database } from '../../db/client.ts';
import type { Escalation } from '../../domain/gates/approval-rules.ts';
import type { DueNotice } from '../../domain/gates/reminders.ts';
import type { NotificationData } from '../../domain/release/notification-data.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';

/** A message about a gate that waits for people. */
export interface GateReminder {
  /** The gate's. */
  taskId: string;
  notice: DueNotice;
  data: Omit<NotificationData['APPROVAL_REMINDER'], 'number' | 'gate'> & { gate: string };
  escalateTo: Escalation;
  /** Of the messages; absent = those of a release. */
  types?: Record<DueNotice['kind'], string>;
}

/** How many people a message names. */
const NAMED = 20;

const ofRelease = { reminder: 'APPROVAL_REMINDER', escalation: 'APPROVAL_ESCALATION' } as const;

/**
 * Writes the message that is due, under a key of the gate and the instant: whoever writes it again, after a crash or beside somebody else, finds it
 * there. The sweep rings for it.
 */
export async function remindApprovers(db: Database, subject: { tenantId: string; id: string }, reminder: GateReminder): Promise<void> {
  const { taskId, notice, data, escalateTo, types = ofRelease } = reminder;
  const type = types[notice.kind];
  const dedupeKey = `${type}/${taskId}/${notice.at.getTime()}`;
  const told =
    notice.kind === 'reminder'
      ? { ...data, number: notice.number }
      : { ...data, critical: escalateTo.critical, people: await namesOf(db, subject.tenantId, escalateTo) };
  await writeDelivery(db, { tenantId: subject.tenantId, subjectId: subject.id, type, data: told, dedupeKey });
}

/** Those who are members still. */
async function namesOf(db: Database, tenantId: string, { accountIds, roles }: Escalation): Promise<string[]> {
  if (accountIds.length + roles.length === 0) return [];
  // An empty list is no list in SQL: no id and no role is the empty text.
  const rows = await db.rows<{ name: string }>(
    `SELECT a.display_name AS name FROM members m JOIN accounts a ON a.id = m.account_id
     WHERE m.tenant_id = ? AND (m.account_id IN (?) OR m.role IN (?)) ORDER BY m.account_id LIMIT ?`,
    [tenantId, ['', ...accountIds], ['', ...roles], NAMED],
  );
  return rows.map(({ name }) => name);
}
