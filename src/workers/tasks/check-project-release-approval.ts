import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import type { TaskHandler } from '../task-context.ts';

/** Waits until every ticket of the release stands at its done status. */
export const checkProjectReleaseApproval: TaskHandler = {
  async run({ release, services, pollMs }) {
    const { tenantId, config } = release;
    const configId = config.projectManagementConfigId;
    if (configId === null) return { kind: 'completed', output: { tickets: [] } };
    const standings = [];
    for (const { platform, ticketKey } of release.platforms) {
      if (ticketKey === null) continue;
      standings.push({ platform, ...(await services.tickets.standing({ tenantId, configId, platform, ticketKey })) });
    }
    const output = { tickets: standings, checkedAt: new Date().toISOString() };
    if (standings.every((standing) => standing.done)) return { kind: 'completed', output };
    const integrationId = await services.tickets.integrationId({ tenantId, configId });
    return {
      kind: 'waiting',
      reason: 'CALLBACK',
      forMs: pollMs,
      output,
      signals: standings.filter(({ done }) => !done).map(({ key }) => ({ integrationId, key: signalKey.ticket(key) })),
    };
  },
};
