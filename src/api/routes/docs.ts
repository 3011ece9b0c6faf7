import type { ApiDeps, App } from '../context.ts';
import { publicUrlOf } from '../context.ts';
import { type OpenApiDocument, renderReference } from '../reference-page.ts';

const INFO = {
  title: 'Signalbox',
  version: '1',
  description:
    'Release orchestration. Every path but the probes and webhooks needs an API token: `Authorization: Bearer sbx_…`. Errors are problem details (RFC 9457) that list every wrong field. Lists are pages: give `nextCursor` back as `cursor`. POST requests that create may be repeated safely with an `Idempotency-Key`.',
};

const TAGS = [
  { name: 'Access', description: 'Tenants, members and API tokens' },
  { name: 'Integrations', description: 'Connections to providers' },
  { name: 'Configs', description: 'What a release uses of an integration' },
  { name: 'Release configs', description: 'Templates of releases' },
  { name: 'Releases', description: 'Releases, what they wait for, their history, notes and builds' },
  { name: 'Tasks', description: 'The steps of a release' },
  { name: 'Approvals', description: 'What people say at a gate' },
  { name: 'Stores', description: 'Submissions, rollouts and notes of a release in its stores' },
  { name: 'Regression slots', description: 'Planned regression rounds' },
  { name: 'Blockers', description: 'What must be out of the way before a release goes on' },
  { name: 'Milestones', description: 'What several releases together bring about' },
  { name: 'Deployments', description: 'Services on their way to an environment, and back' },
  { name: 'Catalogue', description: 'What there is to deploy, and where: apps, services, environments, targets, variables' },
  { name: 'Artifacts', description: 'Versions of services, and which of them go together' },
  { name: 'Pipelines', description: 'What a deployment does, version by version' },
  { name: 'Deployments', description: 'Services on their way into environments' },
  { name: 'Windows', description: 'When exposure may grow, and when not' },
  { name: 'Messages', description: 'What people are told, where it went, and in which words' },
  { name: 'Webhooks', description: 'What providers tell us' },
  { name: 'Health', description: 'Probes and metrics' },
];

/** The description of the API and a page to read it on, both made from the schemas that validate. */
export function registerDocsRoutes(app: App, deps: ApiDeps): void {
  let generated: OpenApiDocument | undefined;
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token of a tenant: `sbx_…`',
  });

  // Made at the first request: by then every route is registered.
  const documentOnce = () => {
    // The library's types allow references anywhere in a document; what it makes of routes has none outside schemas.
    generated ??= app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, tags: TAGS }) as unknown as OpenApiDocument;
    return generated;
  };

  // What people type first.
  app.get('/', (c) => c.redirect('/docs'));
  app.get('/openapi.json', (c) => c.json({ ...documentOnce(), servers: [{ url: publicUrlOf(c, deps) }] }));
  app.get('/docs', (c) =>
    c.html(renderReference(documentOnce()), 200, {
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    }),
  );
}
