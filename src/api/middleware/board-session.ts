import type { MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { TOKEN_PREFIX } from '../../services/access/authenticate.ts';
import { authenticateOperator } from '../../services/access/operators.ts';
import { ServiceError } from '../../services/service-error.ts';
import { type ApiDeps, type App, type AppContext, type AppEnv, publicUrlOf } from '../context.ts';
import { loginPage } from '../login-page.ts';
import { problem } from '../problem.ts';
import { limitBody } from './body-limit.ts';

/*
 * The way to the queue board, which shows and rings the jobs of all tenants: an operator's token as bearer token, or, for browsers, a login that
 * keeps it sealed in a cookie. A tenant's API tokens open nothing here. Each request is checked against the database, so removing the operator
 * ends the session. The cookie is SameSite=Strict, and what changes something must come
 * from our own pages.
 */

const COOKIE = 'signalbox_board';
const SEAL_CONTEXT = 'queue-board-session';
const SESSION_SECONDS = 8 * 3600;
const ANSWER_WITHIN_MS = 5000;
const NOT_A_TENANTS = "A tenant's API token does not open the queues, which all tenants share. This needs an operator's token.";

/** What the board may change: wake-ups of single jobs or of all in one state. */
const ALLOWED_WRITES = [
  /^PUT \/api\/queues\/[^/]+\/(retry|clean)\/[^/]+$/,
  /^PUT \/api\/queues\/[^/]+\/promote$/,
  /^PUT \/api\/queues\/[^/]+\/[^/]+\/(retry|promote|clean)$/,
];

const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/** By its form: what it may do to its tenant does not matter here. */
const isOfTenant = (token: string) => token.startsWith(`${TOKEN_PREFIX}_`);

const isRead = (c: AppContext) => c.req.method === 'GET' || c.req.method === 'HEAD';

export function guardBoard(app: App, deps: ApiDeps, path: string): void {
  const headers: MiddlewareHandler<AppEnv> = async (c, next) => {
    await next();
    c.res.headers.set('content-security-policy', POLICY);
    c.res.headers.set('referrer-policy', 'same-origin');
  };

  const guard: MiddlewareHandler<AppEnv> = async (c, next) => {
    const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    const token = bearer ?? sessionToken(deps, c);
    const operatorId = token === null ? null : await authenticateOperator(deps.db, token);
    if (operatorId === null)
      return bearer !== undefined && isOfTenant(bearer) ? problem(c, 'forbidden', NOT_A_TENANTS) : askForLogin(c, path);
    if (!isRead(c)) {
      if (bearer === undefined && !isSameOrigin(c)) return problem(c, 'forbidden', 'This request does not come from the board itself.');
      if (!ALLOWED_WRITES.some((allowed) => allowed.test(`${c.req.method} ${c.req.path.slice(path.length)}`))) {
        return problem(c, 'forbidden', 'The queues are shared by all tenants; the board may ring, promote and clean jobs, nothing else.');
      }
    }
    c.set('operatorId', operatorId);
    return next();
  };

  app.use(`${path}/*`, limitBody(64 * 1024), headers);
  app.post(`${path}/login`, async (c) => {
    if (!isSameOrigin(c)) return problem(c, 'forbidden', 'This request does not come from the login page.');
    const { token } = await c.req.parseBody();
    const given = typeof token === 'string' ? token.trim() : '';
    if (isOfTenant(given)) return c.html(loginPage(path, NOT_A_TENANTS), 403);
    if ((await authenticateOperator(deps.db, given)) === null) {
      return c.html(loginPage(path, 'The token is unknown or expired, or its operator was removed.'), 401);
    }
    startSession(deps, c, path, given);
    return c.redirect(path, 303);
  });
  app.get(`${path}/logout`, (c) => {
    deleteCookie(c, COOKIE, { path });
    return c.redirect(path, 303);
  });
  app.use(`${path}/*`, guard, withinTime);
}

/** Queues wait for Redis without limit; people do not. */
const withinTime: MiddlewareHandler<AppEnv> = async (_c, next) => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ServiceError('unavailable', 'Redis does not answer.')), ANSWER_WITHIN_MS);
  });
  await Promise.race([next(), late]).finally(() => clearTimeout(timer));
};

function startSession(deps: ApiDeps, c: AppContext, path: string, token: string): void {
  const session = JSON.stringify({ token, until: Date.now() + SESSION_SECONDS * 1000 });
  setCookie(c, COOKIE, deps.keyring.seal(session, SEAL_CONTEXT), {
    path,
    httpOnly: true,
    sameSite: 'Strict',
    secure: publicUrlOf(c, deps).startsWith('https:'),
    maxAge: SESSION_SECONDS,
  });
}

function sessionToken(deps: ApiDeps, c: AppContext): string | null {
  const sealed = getCookie(c, COOKIE);
  if (sealed === undefined) return null;
  try {
    const session = JSON.parse(deps.keyring.open(sealed, SEAL_CONTEXT).reveal()) as { token: string; until: number };
    return session.until > Date.now() ? session.token : null;
  } catch {
    return null;
  }
}

/** Browsers say where a request comes from; one that does not say is no browser's and has no business with a cookie. */
function isSameOrigin(c: AppContext): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = c.req.header('origin');
  if (origin === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === (c.req.header('host') ?? new URL(c.req.url).host);
}

function askForLogin(c: AppContext, path: string): Response | Promise<Response> {
  if (c.req.method === 'GET' && c.req.header('accept')?.includes('text/html')) return c.html(loginPage(path, null), 401);
  return problem(c, 'unauthorized', `Log in at ${path}, or send an operator's token: \`Authorization: Bearer sbo_…\`.`, {
    headers: { 'www-authenticate': 'Bearer realm="signalbox"' },
  });
}
