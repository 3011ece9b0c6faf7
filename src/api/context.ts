import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Role } from '../domain/access/permissions.ts';
import type { ArtifactStore } from '../platform/artifact-store.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Checks } from '../platform/ops-server.ts';
import type { Queues } from '../platform/queues.ts';
import type { Granter } from '../services/access/members.ts';
import type { Caller, ServiceDeps } from '../services/context.ts';
import type { EventHub } from '../services/events/event-hub.ts';
import type { RequestBudget } from './request-budget.ts';

export interface ApiDeps extends ServiceDeps {
  metrics: Metrics;
  /** What `/readyz` asks; each says in its message what is wrong. */
  checks: Checks;
  /** Requests per minute and token. */
  budget: RequestBudget;
  /** One look at the history for all streams of the process. */
  events: EventHub;
  /** Where the artifacts of builds are kept. */
  artifacts: ArtifactStore;
  /** Largest that is taken, bytes. */
  artifactMaxBytes: number;
  /** For the queue board. */
  queues: Pick<Queues, 'all'>;
  /** Whether `X-Forwarded-*` come from a proxy that can be believed. */
  trustProxy: boolean;
  /** Set when the operator gave an address; otherwise links are made from each request's own. */
  fixedPublicUrl: string | null;
}

/** What the middleware learned about the request. `caller` and what follows exist behind the authentication only. */
export interface AppEnv {
  /** Absent where no server is: `app.request()`. */
  Bindings: Partial<HttpBindings> | undefined;
  Variables: {
    requestId: string;
    /** What the log calls the path when that is a secret itself. */
    shownPath: string | undefined;
    logger: Logger;
    /** A probe that answers 503 is no failed request: its route logs the change. */
    isProbe: boolean | undefined;
    /** Behind the queue board's login only. */
    operatorId: string | undefined;
    caller: Caller;
    tokenId: string;
    /** Of the member and of the token. */
    roles: readonly [Role, Role];
  };
}

export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;

/** Where whoever sent this request reaches the API, without trailing slash. */
export function publicUrlOf(c: AppContext, deps: ApiDeps): string {
  if (deps.fixedPublicUrl !== null) return deps.fixedPublicUrl;
  const url = new URL(c.req.url);
  if (!deps.trustProxy) return url.origin;
  const proto = c.req.header('x-forwarded-proto')?.split(',')[0]?.trim();
  const host = c.req.header('x-forwarded-host')?.split(',')[0]?.trim();
  const scheme = proto === 'https' || proto === 'http' ? proto : url.protocol.slice(0, -1);
  const origin = `${scheme}://${host ?? url.host}`;
  return URL.canParse(origin) ? new URL(origin).origin : url.origin;
}

/** The dependencies as the use cases of this request get them. */
export function servicesFor(c: AppContext, deps: ApiDeps): ApiDeps {
  return { ...deps, logger: c.get('logger'), publicUrl: publicUrlOf(c, deps) };
}

/** The caller with the roles that bound what they may give to others. */
export const granterOf = (c: AppContext): Granter => ({ ...c.get('caller'), roles: c.get('roles') });
