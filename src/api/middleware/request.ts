import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { ApiDeps, AppContext, AppEnv } from '../context.ts';

const REQUEST_ID = /^[\w.:-]{1,64}$/;
const UNMATCHED = '(none)';

/** Gives the request its id and logger, then writes one log line and one measurement about it. */
export function observeRequest(deps: ApiDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const started = performance.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    c.set('requestId', requestId);
    c.set('logger', deps.logger.child({ requestId }));

    await next();

    const milliseconds = performance.now() - started;
    const { status } = c.res;
    const route = routeOf(c);
    c.res.headers.set('x-request-id', requestId);
    c.res.headers.set('x-content-type-options', 'nosniff');
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
    deps.metrics.httpRequestDuration.observe({ method: c.req.method, route, status: String(status) }, milliseconds / 1000);
    const caller = c.get('caller') as AppEnv['Variables']['caller'] | undefined;
    const operatorId = c.get('operatorId');
    c.get('logger')[status >= 500 && c.get('isProbe') !== true ? 'error' : 'info'](
      {
        method: c.req.method,
        // The path only: a query may carry anything.
        path: c.get('shownPath') ?? c.req.path,
        status,
        milliseconds: Math.round(milliseconds * 10) / 10,
        ...(caller === undefined ? {} : { tenantId: caller.tenantId, accountId: caller.accountId }),
        ...(operatorId === undefined ? {} : { operatorId }),
      },
      'request',
    );
  };
}

/** The pattern of the route that answered: a bounded set of label values. */
function routeOf(c: AppContext): string {
  const route = matchedRoutes(c).findLast((candidate) => candidate.method !== 'ALL');
  return route?.path ?? UNMATCHED;
}
