import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { Ticket } from '../../integrations/capabilities/issue-tracker.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { lacks } from '../connections/ask-provider.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { displayIdOf, findRunOf } from '../releases/release-row.ts';
import { conflict, notFound } from '../service-error.ts';

/** Where the tickets of a release are. */
export interface ReleaseTracker {
  integrationId: string;
  /** Statuses that its config counts as done. */
  completedStatuses: string[];
}

/**
 * A ticket of the release's tracker.
 * @throws ServiceError conflict when the release has no tracker, not-found when the tracker has no such ticket
 */
export async function askTicket(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  releaseId: string,
  key: string,
): Promise<{ ticket: Ticket; tracker: ReleaseTracker }> {
  const tracker = await trackerOf(deps.db, caller, releaseId);
  const connection = { category: 'project-management' as const, tenantId: caller.tenantId, id: tracker.integrationId };
  const ticket = await askConnection(deps, connection, (open) => {
    const issues = open.provider.issueTracker?.(open.connection, open.deps);
    if (issues === undefined) throw lacks(open.provider, 'tickets');
    return issues.ticket(key);
  });
  if (ticket === null) throw notFound(`The ticket ${key} of the release's tracker`);
  return { ticket, tracker };
}

async function trackerOf(sql: Sql, caller: Caller, releaseId: string): Promise<ReleaseTracker> {
  await findRunOf(sql, caller, releaseId);
  const [release] = await sql.rows<{ displayNumber: number; config: unknown }>(
    'SELECT display_number AS displayNumber, config FROM releases WHERE tenant_id = ? AND id = ?',
    [caller.tenantId, releaseId],
  );
  const configId = release === undefined ? null : readFrozenConfig(parseJson(release.config)).projectManagementConfigId;
  const [config] =
    configId === null
      ? []
      : await sql.rows<{ integrationId: string; platforms: unknown }>(
          'SELECT integration_id AS integrationId, platforms FROM project_management_configs WHERE tenant_id = ? AND id = ?',
          [caller.tenantId, configId],
        );
  if (config === undefined) {
    throw conflict(`${displayIdOf(release?.displayNumber ?? 0)} has no tracker: add the blocker in words.`);
  }
  const platforms = parseJson(config.platforms) as { completedStatus: string | null }[];
  const completedStatuses = new Set(platforms.flatMap(({ completedStatus }) => completedStatus ?? []));
  return { integrationId: config.integrationId, completedStatuses: [...completedStatuses] };
}
