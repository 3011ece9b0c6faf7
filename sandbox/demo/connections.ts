import { z } from 'zod';
import type { ConnectionAccess } from '../hosts/host.ts';
import type { StorePlace } from '../stores/store.ts';
import type { TenantAccess } from '../tenant.ts';
import { type Api, allItems } from './api.ts';

const connection = z.object({
  id: z.string(),
  displayName: z.string(),
  verificationStatus: z.string(),
  verificationError: z.string().nullable(),
  webhookUrl: z.string().nullable(),
});
type Connection = z.infer<typeof connection>;

const categories = ['scm', 'ci-cd', 'project-management', 'test-management', 'communication'] as const;
export interface Connections extends Record<(typeof categories)[number], Connection> {
  /** By target; none where the sandbox has no stores. */
  stores: Partial<Record<StorePlace['target'], Connection>>;
}

/** The connections to the sandbox, made, or moved to where it is now; each verified by the API on the way. */
export async function connect(api: Api, tenantId: string, access: TenantAccess, webhookSecret: string): Promise<Connections> {
  const { scm, ci, tracker, checkmate, slack } = access;
  const forms: Record<(typeof categories)[number], object> = {
    // A start with another choice leaves the connections of the one before.
    scm: { ...formOf(scm), webhookSecret, allowMultiple: true },
    'ci-cd': { ...formOf(ci), webhookSecret },
    'project-management': { ...formOf(tracker), webhookSecret },
    'test-management': {
      ...{ provider: 'checkmate', displayName: 'Sandbox Checkmate', baseUrl: checkmate.origin },
      credentials: { token: checkmate.token },
      settings: {},
    },
    communication: {
      ...{ provider: 'slack', displayName: 'Sandbox Slack', baseUrl: slack.baseUrl },
      credentials: { botToken: slack.token },
      settings: {},
    },
  };
  const made = await Promise.all(
    categories.map(async (category) => [category, await ensure(api, tenantId, category, forms[category])] as const),
  );
  const inStores = await Promise.all(
    access.stores.map(
      async (store) => [store.place.target, await ensure(api, tenantId, 'store', { ...formOf(store), webhookSecret })] as const,
    ),
  );
  // One entry per category, made from the list of categories.
  return { ...(Object.fromEntries(made) as Omit<Connections, 'stores'>), stores: Object.fromEntries(inStores) };
}

const formOf = ({ provider, displayName, baseUrl, credentials, settings }: ConnectionAccess) => ({
  ...{ provider, displayName, baseUrl, credentials, settings },
});

/** What a change leaves out. */
const namedForm = z.looseObject({ displayName: z.string(), provider: z.string(), allowMultiple: z.boolean().optional() });

async function ensure(api: Api, tenantId: string, category: (typeof categories)[number] | 'store', form: object): Promise<Connection> {
  const path = `/tenants/${tenantId}/integrations/${category}`;
  const { displayName, provider: _provider, allowMultiple: _allow, ...change } = namedForm.parse(form);
  const existing = (await allItems(api, path, connection)).find((each) => each.displayName === displayName);
  const made = existing
    ? await api.send('PATCH', `${path}/${existing.id}`, change, connection)
    : await api.send('POST', path, form, connection);
  if (made.verificationStatus !== 'VALID') {
    throw new Error(`${displayName} could not be verified: ${made.verificationStatus} ${made.verificationError ?? ''}`);
  }
  return made;
}
