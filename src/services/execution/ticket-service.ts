import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { IssueTracker, Ticket } from '../../integrations/capabilities/issue-tracker.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';

export interface TicketRequest {
  platform: string;
  title: string;
  description: string;
  /** Unique per ticket, see `IssueTracker`. */
  marker: string;
}

export interface TicketStanding {
  key: string;
  status: string;
  url: string;
  /** At the config's completed status, or in a done category where the config names none. */
  done: boolean;
  /** What the tracker's webhooks call it. */
  webhookKey: string;
}

/** Project management for task handlers, by project management config id. */
export interface TicketService {
  /** Creates what is not there yet; `mayCreate: false` only looks (an earlier attempt may have written and the search lags). */
  createTickets(request: {
    tenantId: string;
    configId: string;
    tickets: TicketRequest[];
  }): Promise<Record<string, { ticketKey: string; url: string }>>;
  findTicket(request: {
    tenantId: string;
    configId: string;
    platform: string;
    marker: string;
  }): Promise<{ ticketKey: string; url: string } | null>;
  /** How long after a creation began its ticket may stay invisible to `findTicket`, milliseconds. */
  visibleWithinMs(request: { tenantId: string; configId: string }): Promise<number>;
  /** @throws ProviderError not-found for a ticket that is gone */
  standing(request: { tenantId: string; configId: string; platform: string; ticketKey: string }): Promise<TicketStanding>;
  /** Attaches a web address, once per address. @throws ProviderError not-found for a ticket that is gone */
  link(request: { tenantId: string; configId: string; ticketKey: string; url: string; title: string }): Promise<void>;
  integrationId(request: { tenantId: string; configId: string }): Promise<string>;
  /** Projects that the config names, by key or id; asks no provider. Empty for a config that is gone. */
  projects(request: { tenantId: string; configId: string }): Promise<string[]>;
}

interface PlatformConfig {
  platform: string;
  project: string;
  issueType: string;
  completedStatus: string | null;
  labels: string[];
  assignee: string | null;
  parent: string | null;
  priority: string | null;
}

export function createTicketService(db: Database, connector: Connector): TicketService {
  async function open(
    tenantId: string,
    configId: string,
  ): Promise<{ tracker: IssueTracker; integrationId: string; of: (platform: string) => PlatformConfig }> {
    const [row] = await db.rows<{ integrationId: string; platforms: unknown }>(
      'SELECT integration_id AS integrationId, platforms FROM project_management_configs WHERE tenant_id = ? AND id = ?',
      [tenantId, configId],
    );
    if (row === undefined)
      throw new ProviderError('not-found', 'The project management config does not exist any more.', { provider: 'project-management' });
    const opened = await connector.open('project-management', tenantId, row.integrationId, attemptSignal());
    const tracker = opened.provider.issueTracker?.(opened.connection, opened.deps);
    if (tracker === undefined)
      throw new ProviderError('invalid', `${opened.provider.displayName} is no issue tracker.`, { provider: opened.provider.id });
    const platforms = parseJson(row.platforms) as PlatformConfig[];
    const of = (platform: string) => {
      const found = platforms.find((candidate) => candidate.platform === platform);
      if (found === undefined)
        throw new ProviderError('invalid', `The project management config says nothing about ${platform}.`, {
          provider: opened.provider.id,
        });
      return found;
    };
    return { tracker, integrationId: row.integrationId, of };
  }

  const reference = (ticket: Ticket) => ({ ticketKey: ticket.key, url: ticket.url });

  return {
    async createTickets({ tenantId, configId, tickets }) {
      const { tracker, of } = await open(tenantId, configId);
      const created: Record<string, { ticketKey: string; url: string }> = {};
      for (const { platform, title, description, marker } of tickets) {
        const { project, issueType, labels, assignee, parent, priority } = of(platform);
        const ticket = await tracker.ensureTicket({
          ...{ project, type: issueType, title, description, labels, marker },
          ...(assignee === null ? {} : { assignee }),
          ...(parent === null ? {} : { parent }),
          ...(priority === null ? {} : { priority }),
        });
        created[platform] = reference(ticket);
      }
      return created;
    },
    async findTicket({ tenantId, configId, platform, marker }) {
      const { tracker, of } = await open(tenantId, configId);
      const ticket = await tracker.findTicket({ project: of(platform).project, marker });
      return ticket === null ? null : reference(ticket);
    },
    async visibleWithinMs({ tenantId, configId }) {
      return connector.comesToLightWithinMs((await open(tenantId, configId)).tracker.searchVisibleWithinMs);
    },
    async standing({ tenantId, configId, platform, ticketKey }) {
      const { tracker, of } = await open(tenantId, configId);
      const ticket = await tracker.ticket(ticketKey);
      if (ticket === null)
        throw new ProviderError('not-found', `The ticket ${ticketKey} does not exist.`, { provider: 'project-management' });
      const { completedStatus } = of(platform);
      const done = completedStatus === null ? ticket.status.category === 'done' : sameStatus(ticket.status.name, completedStatus);
      const { key, status, url, webhookKey = key } = ticket;
      return { key, status: status.name, url, done, webhookKey };
    },
    async link({ tenantId, configId, ticketKey, url, title }) {
      const { tracker } = await open(tenantId, configId);
      await tracker.ensureLink(ticketKey, { url, title });
    },
    async integrationId({ tenantId, configId }) {
      return (await open(tenantId, configId)).integrationId;
    },
    async projects({ tenantId, configId }) {
      const [row] = await db.rows<{ platforms: unknown }>(
        'SELECT platforms FROM project_management_configs WHERE tenant_id = ? AND id = ?',
        [tenantId, configId],
      );
      const platforms = (parseJson(row?.platforms ?? []) ?? []) as PlatformConfig[];
      return [...new Set(platforms.map(({ project }) => project))];
    },
  };
}

const sameStatus = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();
