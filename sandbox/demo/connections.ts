import { z } from 'zod';
import type { ConnectionAccess } from '../hosts/host.ts';
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
export type Connections = Record<(typeof categories)[number], Connection>;

/** The five connections to the sandbox, made, or moved to where it is now; each verified by the API on the way. */
export async function connect(api: Api, tenantId: string, access: TenantAccess, webhookSecret: string): Promise<Connections> {
  const { scm, ci, jira, checkmate, slack } = access;
  const forms: Record<keyof Connections, object> = {
    // A start with another choice leaves the connections of the one before.
    scm: { ...formOf(scm), webhookSecret, allowMultiple: true },
    'ci-cd': { ...formOf(ci), webhookSecret },
    'project-management': {
      ...{ provider: 'jira', displayName: 'Sandbox Jira', baseUrl: jira.origin, webhookSecret },
      credentials: { kind: 'cloud', email: jira.email, apiToken: jira.token },
      settings: { projectKey: jira.project },
    },
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
  // One entry per category, made from the list of categories.
  return Object.fromEntries(made) as Connections;
}

const formOf = ({ provider, displayName, baseUrl, credentials, settings }: ConnectionAccess) => ({
  ...{ provider, displayName, baseUrl, credentials, settings },
});

/** What a change leaves out. */
const namedForm = z.looseObject({ displayName: z.string(), provider: z.string(), allowMultiple: z.boolean().optional() });

async function ensure(api: Api, tenantId: string, category: keyof Connections, form: object): Promise<Connection> {
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
