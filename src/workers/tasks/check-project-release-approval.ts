import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import type { TaskHandler } from '../task-context.ts';

/** Waits until every ticket of the release stands at its done status. */
export const checkProjectReleaseApproval: TaskHandler = {
  async run({ release, services, pollMs }) {
    const { tenantId, config } = release;
    const configId = config.projectManagementConfigId;
    if (configId === null) return { kind: 'completed', output: { tickets: [] } };
    const standings: { platform: string; key: string; status: string; url: string; done: boolean }[] = [];
    /** Of tickets that are not done. */
    const awaited: string[] = [];
    for (const { platform, ticketKey } of release.platforms) {
      if (ticketKey === null) continue;
      const { webhookKey, ...standing } = await services.tickets.standing({ tenantId, configId, platform, ticketKey });
      standings.push({ platform, ...standing });
      if (!standing.done) awaited.push(webhookKey);
    }
    const output = { tickets: standings, checkedAt: new Date().toISOString() };
    if (awaited.length === 0) return { kind: 'completed', output };
    const integrationId = await services.tickets.integrationId({ tenantId, configId });
    return {
      kind: 'waiting',
      reason: 'CALLBACK',
      forMs: pollMs,
      output,
      signals: awaited.map((key) => ({ integrationId, key: signalKey.ticket(key) })),
    };
  },
};
