import type { Database, SqlValue } from '../../db/client.ts';
import { createBatch } from '../../engine/batch.ts';
import type { ClaimedTask, Outcome } from '../../engine/vocabulary.ts';
import type { Exchange } from '../../integrations/kit/exchange.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Secret } from '../../platform/secret.ts';
import { createRedact } from './redact.ts';

/*
 * What an attempt asked of its providers, for the person who looks into it. It is written after the attempt, beside its settlement and never within
 * it, many attempts together; what the database does not take is lost and nothing else is. Of an attempt that looks again and again the last look is
 * kept, of a look the last calls: what it ended with is what people want to see.
 */

/** A call of a connection. */
export interface ObservedCall extends Exchange {
  provider: string;
  integrationId: string;
  /** Of the connection; taken out before anything is written. */
  secrets: readonly Secret[];
  at: Date;
}

/** The calls of one look, the last ones of many. */
export interface CallLog {
  add(call: ObservedCall): void;
  /** With their place among all of the look, from 0. */
  calls(): readonly { ordinal: number; call: ObservedCall }[];
}

const MAX_CALLS = 30;

export function createCallLog(): CallLog {
  const kept: { ordinal: number; call: ObservedCall }[] = [];
  let count = 0;
  return {
    add(call) {
      kept.push({ ordinal: count, call });
      count += 1;
      if (kept.length > MAX_CALLS) kept.shift();
    },
    calls: () => kept,
  };
}

export interface CallKeeper {
  keep(task: ClaimedTask, outcome: Outcome['kind'], log: CallLog): void;
  /** Resolves when what was given so far is written, or lost. */
  idle(): Promise<void>;
}

/** What went well is rarely read. */
const BODY_CHARS: Record<Outcome['kind'], number> = { failed: 4_096, waiting: 4_096, completed: 512, 'handed-back': 0 };
const URL_CHARS = 2_048;
/** Looks that wait to be written; beyond that they are lost rather than piled up. */
const MAX_WAITING = 1_000;

interface Look {
  task: ClaimedTask;
  outcome: Outcome['kind'];
  calls: ReturnType<CallLog['calls']>;
}

export function createCallKeeper(db: Database, logger: Logger): CallKeeper {
  let waiting = 0;
  let lost = 0;
  let idle: (() => void)[] = [];
  const write = createBatch<Look, boolean>({
    maxSize: 50,
    maxConcurrent: 1,
    async flush(looks) {
      await writeLooks(db, looks);
      return looks.map(() => true);
    },
  });

  async function writeOne(look: Look): Promise<void> {
    waiting += 1;
    try {
      await write(look);
    } catch (error) {
      lost += 1;
      if (lost === 1 || lost % 1_000 === 0) logger.warn({ err: error, lost }, 'calls of an attempt could not be kept');
    } finally {
      waiting -= 1;
      if (waiting === 0) for (const resolve of idle.splice(0)) resolve();
    }
  }

  return {
    keep(task, outcome, log) {
      const calls = log.calls();
      // Whoever has the task now writes down its own.
      if (calls.length === 0 || outcome === 'handed-back' || waiting >= MAX_WAITING) return;
      void writeOne({ task, outcome, calls });
    },
    async idle() {
      if (waiting > 0) {
        await new Promise<void>((resolve) => {
          idle = [...idle, resolve];
        });
      }
    },
  };
}

async function writeLooks(db: Database, looks: readonly Look[]): Promise<void> {
  const rows = looks.flatMap(rowsOf);
  const again = looks.filter(({ task }) => task.waitedFor !== null).map(({ task }) => [task.tenantId, task.id, task.attempt]);
  await db.transact(async (tx) => {
    await tx.finish([
      ...(again.length === 0 ? [] : [['DELETE FROM attempt_calls WHERE (tenant_id, task_id, attempt) IN (?)', [again]] as const]),
      [
        `INSERT IGNORE INTO attempt_calls (tenant_id, task_id, attempt, ordinal, provider, integration_id, method, url, status, outcome,
           milliseconds, request_id, request_body, response_body, called_at) VALUES ?`,
        [rows],
      ],
    ]);
  });
}

function rowsOf({ task, outcome, calls }: Look): SqlValue[][] {
  const limit = BODY_CHARS[outcome];
  return calls.map(({ ordinal, call }) => {
    const redact = createRedact(call.secrets);
    const body = (text: string | null) => (text === null ? null : shortened(redact(text), limit));
    const status = typeof call.outcome === 'number' ? call.outcome : null;
    return [
      ...[task.tenantId, task.id, task.attempt, ordinal, call.provider, call.integrationId === '' ? null : call.integrationId],
      ...[call.method, call.url === null ? null : shortened(redact(call.url), URL_CHARS)],
      ...[status, typeof call.outcome === 'number' ? 'answered' : call.outcome, Math.round(call.milliseconds)],
      ...[call.requestId === null ? null : redact(call.requestId), body(call.requestBody), body(call.responseBody), call.at],
    ];
  });
}

/** Never half a character: the database would refuse it. */
function shortened(text: string, chars: number): string {
  if (text.length <= chars) return text;
  return `${text.slice(0, chars - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
