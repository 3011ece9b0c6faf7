import { z } from 'zod';
import type { StorePlace } from '../stores/store.ts';
import type { Api } from './api.ts';
import type { Connections } from './connections.ts';

type Target = { url: string; secret: string };
export interface Targets extends Record<'scm' | 'ci' | 'tracker', Target[]> {
  stores: Partial<Record<StorePlace['target'], Target[]>>;
}

const registration = z.object({ registered: z.boolean() });

/**
 * Has Signalbox set up the tracker's webhook through the tracker's API, where that can do it.
 * @returns what people set up by hand at each provider
 */
export async function setUpWebhooks(api: Api, tenantId: string, connections: Connections, secret: string): Promise<Targets> {
  const { scm, 'ci-cd': ci, 'project-management': tracker } = connections;
  const path = `/tenants/${tenantId}/integrations/project-management/${tracker.id}/webhook`;
  const { registered } = await api.send('POST', path, undefined, registration);
  const by = ({ webhookUrl: url }: { webhookUrl: string | null }) => (url === null ? [] : [{ url, secret }]);
  const stores = Object.fromEntries(Object.entries(connections.stores).map(([target, store]) => [target, by(store)]));
  return { scm: by(scm), ci: by(ci), tracker: registered ? [] : by(tracker), stores };
}
