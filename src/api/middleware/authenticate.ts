import type { MiddlewareHandler } from 'hono';
import type { Authenticator } from '../../services/access/authenticate.ts';
import type { ApiDeps, AppEnv } from '../context.ts';
import { problem } from '../problem.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** Lets requests with a valid API token pass, within the token's budget. */
export function authenticateRequest(deps: ApiDeps, authenticator: Authenticator): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const presented = BEARER.exec(c.req.header('authorization') ?? '')?.[1];
    if (presented === undefined) {
      return problem(c, 'unauthorized', 'Send an API token: `Authorization: Bearer sbx_…`.', {
        headers: { 'www-authenticate': 'Bearer realm="signalbox"' },
      });
    }
    const identity = await authenticator.authenticate(presented);
    if (identity === null) {
      return problem(c, 'unauthorized', 'The API token is unknown, expired or revoked.', {
        headers: { 'www-authenticate': 'Bearer realm="signalbox", error="invalid_token"' },
      });
    }
    const admission = deps.budget.spend(identity.tokenId);
    if (!admission.ok) {
      return problem(c, 'too-many-requests', 'This token has used up its requests for this minute.', {
        headers: { 'retry-after': String(Math.ceil(admission.retryAfterMs / 1000)) },
      });
    }
    c.set('tokenId', identity.tokenId);
    c.set('roles', identity.roles);
    c.set('caller', { tenantId: identity.tenantId, accountId: identity.accountId, permissions: identity.permissions });
    return next();
  };
}

/** The tenant in the path must be the token's. Another's is answered like one that does not exist. */
export const guardTenant: MiddlewareHandler<AppEnv, '/:tenantId'> = async (c, next) => {
  if (c.req.param('tenantId') !== c.get('caller').tenantId) return problem(c, 'not-found', 'The tenant does not exist.');
  return next();
};
