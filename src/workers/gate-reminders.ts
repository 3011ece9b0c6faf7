import type { ApprovalRules } from '../domain/gates/approval-rules.ts';
import { type DueNotice, remindersAt } from '../domain/gates/reminders.ts';

/**
 * Sends what is due about a gate that waits for people.
 * @param send null = nobody hears of it
 * @returns milliseconds until the next message is due; null = none will be
 */
export async function remindOfGate(
  rules: Pick<ApprovalRules, 'remindAfterMs' | 'remindEveryMs' | 'escalateAfterMs'>,
  { askedAt, readAt }: { askedAt: Date; readAt: Date },
  send: ((notice: DueNotice) => Promise<void>) | null,
): Promise<number | null> {
  const { due, nextAt } = remindersAt(rules, askedAt, readAt);
  if (send !== null) for (const notice of due) await send(notice);
  return nextAt === null ? null : Math.max(0, nextAt.getTime() - readAt.getTime());
}
