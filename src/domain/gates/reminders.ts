import type { ApprovalRules } from './approval-rules.ts';

/** A message that is due about a gate that waits for people. */
export interface DueNotice {
  kind: 'reminder' | 'escalation';
  /** The how-manieth reminder, from 1; 1 for the escalation. */
  number: number;
  /** When it was due: with the kind it names the message. */
  at: Date;
}

export interface Reminders {
  /** Those whose time has come. Of reminders only the last one: whoever was away needs no heap of them. */
  due: readonly DueNotice[];
  /** When the next one is due; null = none will be. */
  nextAt: Date | null;
  nextKind: DueNotice['kind'] | null;
}

type Times = Pick<ApprovalRules, 'remindAfterMs' | 'remindEveryMs' | 'escalateAfterMs'>;

/** Which messages are due at an instant. The same times always name the same messages, so that each can be written once. */
export function remindersAt(times: Times, askedAt: Date, now: Date): Reminders {
  const waitedMs = now.getTime() - askedAt.getTime();
  const number = remindersWithin(times, waitedMs);
  const reminderMs = (which: number) => (times.remindAfterMs ?? 0) + (which - 1) * (times.remindEveryMs ?? 0);
  const after = (ms: number) => new Date(askedAt.getTime() + ms);
  const { escalateAfterMs } = times;
  const escalated = escalateAfterMs !== null && escalateAfterMs <= waitedMs;
  const due: DueNotice[] = [
    ...(number === 0 ? [] : [{ kind: 'reminder' as const, number, at: after(reminderMs(number)) }]),
    ...(escalated ? [{ kind: 'escalation' as const, number: 1, at: after(escalateAfterMs) }] : []),
  ];
  const hasNext = times.remindAfterMs !== null && (number === 0 || times.remindEveryMs !== null);
  const upcoming = [
    ...(hasNext ? [{ kind: 'reminder' as const, ms: reminderMs(number + 1) }] : []),
    ...(escalateAfterMs === null || escalated ? [] : [{ kind: 'escalation' as const, ms: escalateAfterMs }]),
  ].sort((a, b) => a.ms - b.ms);
  const [next] = upcoming;
  return { due, nextAt: next === undefined ? null : after(next.ms), nextKind: next?.kind ?? null };
}

function remindersWithin({ remindAfterMs, remindEveryMs }: Times, waitedMs: number): number {
  if (remindAfterMs === null || waitedMs < remindAfterMs) return 0;
  return remindEveryMs === null ? 1 : 1 + Math.floor((waitedMs - remindAfterMs) / remindEveryMs);
}
