import { OpenAPIHono } from '@hono/zod-openapi';
import { createAuthenticator } from '../services/access/authenticate.ts';
import type { ApiDeps, App, AppEnv } from './context.ts';
import { authenticateRequest, guardTenant } from './middleware/authenticate.ts';
import { JSON_BODY_BYTES, limitBody } from './middleware/body-limit.ts';
import { observeRequest } from './middleware/request.ts';
import { unlessUpload } from './middleware/upload-path.ts';
import { refuseBrokenText } from './middleware/well-formed.ts';
import { onError, onNotFound, validationHook } from './problem.ts';
import { registerOpenRoutes, registerProtectedRoutes } from './routes/index.ts';

/**
 * The whole API as a value: `app.request()` needs no server. Order is protection: what is registered before the authentication is open,
 * everything after it, whatever its path, needs a token.
 */
export function createApp(deps: ApiDeps): App {
  const app: App = new OpenAPIHono<AppEnv>({ defaultHook: validationHook });
  app.onError(onError);
  app.notFound(onNotFound);
  app.use(observeRequest(deps));

  registerOpenRoutes(app, deps);

  app.use('/api/*', unlessUpload(limitBody(JSON_BODY_BYTES)));
  app.use('/api/*', authenticateRequest(deps, createAuthenticator(deps)));
  app.use('/api/*', unlessUpload(refuseBrokenText));
  app.use('/api/v1/tenants/:tenantId/*', guardTenant);
  app.use('/api/v1/release-management/tenants/:tenantId/*', guardTenant);

  registerProtectedRoutes(app, deps);
  return app;
}
