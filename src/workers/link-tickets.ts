import { ProviderError } from '../integrations/kit/provider-error.ts';
import type { ReleaseContext } from '../services/execution/release-source.ts';
import type { TaskServices } from './task-context.ts';

interface LinkedTicket {
  key: string;
  linked: boolean;
  /** Why it is not linked. */
  why: string | null;
}

/**
 * Attaches an address to every ticket of a release. Nothing of the release depends on that: what could not be attached is told. Attached again it is
 * there once.
 */
export async function linkTickets(
  { release, services }: { release: ReleaseContext; services: Pick<TaskServices, 'tickets'> },
  link: { url: string; title: string },
): Promise<LinkedTicket[]> {
  const { tenantId, platforms } = release;
  const { projectManagementConfigId: configId } = release.config;
  if (configId === null) return [];
  const keys = new Set(platforms.flatMap(({ ticketKey }) => ticketKey ?? []));
  const linked: LinkedTicket[] = [];
  for (const ticketKey of keys) {
    try {
      await services.tickets.link({ tenantId, configId, ticketKey, ...link });
      linked.push({ key: ticketKey, linked: true, why: null });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      linked.push({ key: ticketKey, linked: false, why: error.message });
    }
  }
  return linked;
}
