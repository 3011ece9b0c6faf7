import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GuardedFetch, jsonHttp } from '../../kit/http.ts';
import { type JenkinsConnection, PROVIDER } from './identity.ts';
import { crumbSchema } from './schema.ts';

/** A crumb belongs to a session, which Jenkins ends after half an hour without a call. */
const CRUMB_LIFE_MS = 10 * 60_000;

/** `null` in the cache: this Jenkins has CSRF protection switched off. */
const cachedSchema = z.object({ field: z.string(), crumb: z.string(), cookie: z.string() }).nullable();
type Crumb = z.output<typeof cachedSchema>;

/**
 * Writes carry a crumb (Jenkins' CSRF token) and the session it was issued in. Current versions waive it for API tokens, older ones and
 * proxies that log in for us do not. A write refused for its crumb did not happen: it is sent once more with a new one.
 */
export function withCrumb(connection: JenkinsConnection, deps: AdapterDeps, authorization: Record<string, string>): GuardedFetch {
  const digest = createHash('sha256')
    .update(JSON.stringify([connection.baseUrl, authorization]))
    .digest('hex');
  const key = `${connection.id}:crumb:${digest}`;

  async function obtain(): Promise<{ value: string; expiresAt: Date }> {
    let cookie = '';
    const http = jsonHttp({
      provider: PROVIDER,
      baseUrl: connection.baseUrl,
      now: deps.now,
      headers: () => authorization,
      fetch: async (input, init) => {
        const response = await deps.fetch(input, init);
        cookie = response.headers
          .getSetCookie()
          .map((line) => line.split(';')[0] ?? '')
          .join('; ');
        return response;
      },
    });
    const issued = await http.find({ operation: 'get a crumb', method: 'GET', path: '/crumbIssuer/api/json', schema: crumbSchema });
    const crumb: Crumb = issued && { field: issued.crumbRequestField, crumb: issued.crumb, cookie };
    return { value: JSON.stringify(crumb), expiresAt: new Date(deps.now().getTime() + CRUMB_LIFE_MS) };
  }

  const send = async (input: Parameters<GuardedFetch>[0], init: RequestInit): Promise<Response> => {
    const crumb = cachedSchema.parse(JSON.parse(await deps.tokens.get(key, obtain)));
    const headers = new Headers(init.headers);
    if (crumb) headers.set(crumb.field, crumb.crumb);
    // A proxy in front may want a cookie of ours as well.
    if (crumb?.cookie) headers.set('cookie', [headers.get('cookie'), crumb.cookie].filter(Boolean).join('; '));
    return deps.fetch(input, { ...init, headers });
  };

  return async (input, init = {}) => {
    if (init.method !== 'POST') return deps.fetch(input, init);
    const response = await send(input, init);
    if (response.status === 401) deps.tokens.forget(key);
    if (response.status !== 403 || !(await response.clone().text()).includes('No valid crumb')) return response;
    deps.tokens.forget(key);
    return send(input, init);
  };
}
