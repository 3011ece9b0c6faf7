import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { next } from '../../engine/transitions.ts';
import type { Connector } from '../connections/connect.ts';
import { createReleaseRecords } from './release-records.ts';
import { createReleaseSource } from './release-source.ts';
import { createSourceControlService } from './source-control-service.ts';
import { createStoreService } from './stores/store-service.ts';
import { createTestRunService } from './test-run-service.ts';
import { createTicketService } from './ticket-service.ts';

/** What it takes to look whether the work of a task is done. */
export function createDoneServices(db: Database, connector: Connector) {
  return {
    scm: createSourceControlService(connector),
    tickets: createTicketService(db, connector),
    testRuns: createTestRunService(db, connector),
    stores: createStoreService(connector),
    records: createReleaseRecords(db),
    releases: createReleaseSource(db),
    /** A task that a person may complete; null = there is none. */
    async openTask(tenantId: string, releaseId: string, taskId: string) {
      const [task] = await db.rows<{ id: string; type: string; status: TaskStatus; input: unknown }>(
        `SELECT t.id, t.type, t.status, t.input FROM releases r JOIN tasks t ON t.run_id = r.run_id
         WHERE r.tenant_id = ? AND r.id = ? AND t.id = ?`,
        [tenantId, releaseId, taskId],
      );
      if (task === undefined || next(task.status, 'complete-outside') === null) return null;
      return { id: task.id, type: task.type, input: (parseJson(task.input) as Record<string, unknown> | null) ?? {} };
    },
  };
}

export type DoneServices = ReturnType<typeof createDoneServices>;
