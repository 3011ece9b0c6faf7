import { createRoute, z } from '@hono/zod-openapi';
import { listChannels } from '../../services/connections/channel-metadata.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, providerProblems, tenantParams } from '../schemas.ts';
import { listOf, listQuery } from './connections-metadata.ts';

/** What the form of a channel config offers to choose from. */

const channelSchema = z
  .object({
    id: z.string().meta({ description: 'What a channel config names', example: 'C0123456789' }),
    name: z.string(),
    isPrivate: z.boolean(),
    isMember: z.boolean().meta({ description: 'Whether Signalbox may post there now' }),
  })
  .openapi('ChatChannel');

const channels = createRoute({
  tags: ['Integrations'],
  security: bearer,
  method: 'get',
  path: '/api/v1/tenants/{tenantId}/integrations/communication/{integrationId}/channels',
  operationId: 'listIntegrationChannels',
  summary: 'Channels that messages can go to',
  description:
    "In the chat's own order, as it tells them now. Refused (409) where the provider has no list of them, as mail and webhooks have none.",
  request: { params: tenantParams.extend({ integrationId: idSchema }), query: listQuery },
  responses: { 200: answer('The channels', listOf(channelSchema).openapi('ChatChannelList')), ...providerProblems },
});

export function registerChannelMetadataRoutes(app: App, deps: ApiDeps): void {
  app.openapi(channels, async (c) =>
    c.json(await listChannels(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
}
