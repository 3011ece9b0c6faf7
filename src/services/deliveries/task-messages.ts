import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { type ChannelOutcome, type DeliveryError, withError } from './delivery-row.ts';

/** What has become of a task's message so far. */
export interface TaskMessage {
  id: string;
  /** Channel id → message id. */
  posted: Record<string, string>;
  outcomes: Record<string, ChannelOutcome>;
  errors: DeliveryError[];
  /** When its first attempt began, by the database's clock. */
  since: Date;
  /** The database's clock, now. */
  now: () => Date;
}

/** How an attempt to send it ended: nothing in `failures` and no failure = every channel has it. */
export interface TaskMessageEnd {
  /** Why it went nowhere; null = it was to go somewhere. */
  skipped: string | null;
  failure: Failure | null;
  failures: Record<string, Failure>;
}

/**
 * Messages that are the work of a task are kept as deliveries, too, so that people find them in one list and can have any of them sent again. Such a
 * delivery has the task's id: in a channel both know the message by one key.
 */
export interface TaskMessages {
  /** @throws ProviderError unavailable while a person has it sent again: whoever sends it then tells what came of it */
  open(taskId: string): Promise<TaskMessage>;
  keep(
    about: { tenantId: string; releaseId: string },
    notification: Notification,
    message: TaskMessage,
    end: TaskMessageEnd,
  ): Promise<void>;
}

const BEING_SENT_MS = 2_000;

interface Row {
  status: string;
  posted: unknown;
  outcomes: unknown;
  errors: unknown;
  createdAt: Date;
}

export function createTaskMessages(db: Database): TaskMessages {
  return {
    async open(taskId) {
      const [[row], [clock]] = (await db.batch([
        [`SELECT status, posted, outcomes, errors, created_at AS createdAt FROM deliveries WHERE id = ?`, [taskId]],
        ['SELECT UTC_TIMESTAMP(3) AS now', []],
      ])) as [Row[], [{ now: Date }]];
      const readAt = performance.now();
      const now = () => new Date(clock.now.getTime() + performance.now() - readAt);
      if (row !== undefined && isBeingSent(row)) {
        throw new ProviderError('unavailable', 'The message is being sent again.', {
          provider: 'communication',
          retryAfterMs: BEING_SENT_MS,
        });
      }
      return {
        id: taskId,
        posted: (parseJson(row?.posted) as TaskMessage['posted'] | null) ?? {},
        outcomes: (parseJson(row?.outcomes) as TaskMessage['outcomes'] | null) ?? {},
        errors: (parseJson(row?.errors) as DeliveryError[] | null) ?? [],
        since: row?.createdAt ?? clock.now,
        now,
      };
    },

    async keep({ tenantId, releaseId }, { type, data }, message, { skipped, failure, failures }) {
      const { id, posted, since, now } = message;
      const { outcomes, errors } =
        failure === null ? message : withError(message, { at: now().toISOString(), failure, channels: failures });
      const status = failure !== null ? 'FAILED' : skipped === null ? 'DONE' : 'SKIPPED';
      const why = skipped === null ? failure : { kind: 'invalid', message: skipped };
      const { release: _release, ...said } = data as Record<string, unknown>;
      const kept = [
        status,
        JSON.stringify(posted),
        JSON.stringify(outcomes),
        JSON.stringify(errors),
        why === null ? null : JSON.stringify(why),
      ];
      await db.transact(async (tx) => {
        const [row] = await tx.rows<Row>('SELECT status FROM deliveries WHERE id = ? FOR UPDATE', [id]);
        // What a person has sent again meanwhile tells itself what comes of it.
        if (row !== undefined && isBeingSent(row)) return;
        if (row === undefined) {
          await tx.run(
            `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, created_at, settled_at, status, posted, outcomes, errors, failure)
             VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), ?, ?, ?, ?, ?)`,
            [id, tenantId, releaseId, type, JSON.stringify(said), `task/${id}`, since, ...kept],
          );
        } else {
          await tx.run(
            `UPDATE deliveries SET data = ?, settled_at = UTC_TIMESTAMP(3), fence = fence + 1, status = ?, posted = ?, outcomes = ?, errors = ?, failure = ?
             WHERE id = ?`,
            [JSON.stringify(said), ...kept, id],
          );
        }
      });
    },
  };
}

const isBeingSent = ({ status }: Pick<Row, 'status'>) => status === 'PENDING' || status === 'IN_PROGRESS';
