import { createRoute, z } from '@hono/zod-openapi';
import { followArtifactLink } from '../../services/releases/builds/link-artifact.ts';
import type { ApiDeps, App } from '../context.ts';
import { problems } from '../schemas.ts';
import { artifactContent, sendArtifact } from '../send-artifact.ts';

const route = createRoute({
  tags: ['Releases'],
  security: [],
  method: 'get',
  path: '/artifacts/{token}',
  operationId: 'followArtifactLink',
  summary: 'The artifact that a link leads to',
  description: 'Needs no token but the one in its address. One range of bytes may be asked for.',
  request: { params: z.object({ token: z.string().max(1000) }) },
  responses: { ...artifactContent, ...problems(404) },
});

export function registerArtifactLinkRoutes(app: App, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    // Whoever reads the log must not be able to download.
    c.set('shownPath', '/artifacts/:token');
    c.header('referrer-policy', 'no-referrer');
    c.header('x-robots-tag', 'noindex');
    return sendArtifact(c, await followArtifactLink(deps, c.req.valid('param').token));
  });
}
