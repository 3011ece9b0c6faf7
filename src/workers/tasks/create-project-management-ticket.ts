import { ticketsDone } from '../done-outside.ts';
import type { TaskHandler } from '../task-context.ts';

/** One ticket per platform, found again by a marker made of task and platform. */
export const createProjectManagementTicket: TaskHandler = {
  verifyDone: ticketsDone,
  locks: (release) => [`tickets:${release.id}`],
  async run({ task, release, services, intent, renewIntent }) {
    const { tenantId, config } = release;
    const configId = config.projectManagementConfigId;
    if (configId === null) return { kind: 'completed', output: { tickets: [] } };
    const visibleWithinMs = await services.tickets.visibleWithinMs({ tenantId, configId });
    const tickets: { platform: string; key: string; url: string }[] = [];
    for (const target of release.platforms) {
      const marker = `${task.id}-${target.platform}-${target.target}`.toLowerCase().replaceAll('_', '-');
      if (target.ticketKey !== null) {
        // Written down by an earlier attempt: the search may not show it yet.
        tickets.push({ platform: target.platform, key: target.ticketKey, url: target.ticketUrl ?? '' });
        continue;
      }
      const effect = `ticket:${target.id}`;
      const { repeated, agoMs } = await intent(effect);
      const found = repeated ? await services.tickets.findTicket({ tenantId, configId, platform: target.platform, marker }) : null;
      if (repeated && found === null) {
        // An earlier attempt may have created it, and the tracker's search may not show it yet.
        if (agoMs < visibleWithinMs) {
          return { kind: 'waiting', reason: 'TIMER', forMs: 2_000, output: { waitingFor: 'the search of the tracker', tickets } };
        }
        await renewIntent(effect);
      }
      const ticket = found ?? (await create(target.platform, marker));
      await services.records.ticketCreated({ tenantId, id: target.id }, ticket);
      tickets.push({ platform: target.platform, key: ticket.ticketKey, url: ticket.url });
    }
    return { kind: 'completed', output: { tickets } };

    async function create(platform: string, marker: string): Promise<{ ticketKey: string; url: string }> {
      const version = release.platforms.find((target) => target.platform === platform)?.version ?? '';
      const created = await services.tickets.createTickets({
        tenantId,
        configId: configId as string,
        tickets: [
          {
            platform,
            title: `Release ${version} (${platform})`,
            description: [release.description ?? '', `${release.displayId}, branch ${release.branch}`].filter(Boolean).join('\n\n'),
            marker,
          },
        ],
      });
      const ticket = created[platform];
      if (ticket === undefined) throw new Error(`no ticket came back for ${platform}`);
      return ticket;
    }
  },
};
