import { Octokit } from '@octokit/rest';
import type { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { alreadyExists, GithubRefusal, githubError } from './github-error.ts';
import { type GithubConnection, PROVIDER } from './identity.ts';
import { octokitFetch } from './transport.ts';

/** One call to GitHub: signed in, its answer read or its refusal classified. */

export const API_VERSION = '2022-11-28';
export const PAGE_SIZE = 100;
export const REPO = '/repos/{owner}/{repo}';

export interface Answer<T> {
  data: T;
  headers: Headers;
  /** The `Link` header names a next page. */
  hasNext: boolean;
}

type Params = Record<string, unknown>;

export interface GithubAuth {
  /** What stands behind `Bearer `. Throws `ProviderError` where an app gets no token. */
  bearer(): Promise<string>;
  /** GitHub refused the bearer. */
  refused(): void;
}

/** @param route `{owner}` and `{repo}` are those of the connection */
export type Ask = <T>(operation: string, route: string, params: Params, schema: z.ZodType<T>) => Promise<Answer<T>>;

export function asker(connection: GithubConnection, deps: AdapterDeps, auth: GithubAuth): Ask {
  const { owner, repo } = connection.settings;
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = new Octokit({
    baseUrl: connection.baseUrl,
    userAgent: 'signalbox',
    log: silent,
    request: { fetch: octokitFetch(deps.fetch), log: silent },
  });

  return async <T>(operation: string, route: string, params: Params, schema: z.ZodType<T>): Promise<Answer<T>> => {
    refuseDotSegments(operation, params);
    const bearer = await auth.bearer();
    const response = await octokit
      .request(route, {
        ...(route.includes('{owner}') ? { owner, repo } : {}),
        ...params,
        headers: { 'x-github-api-version': API_VERSION, authorization: `Bearer ${bearer}` },
      })
      .catch((cause: unknown) => {
        const error = githubError(cause, operation, deps.now(), (text) => text.replaceAll(bearer, '[redacted]'));
        if (error instanceof ProviderError && error.kind === 'unauthorized') auth.refused();
        throw error;
      });
    const parsed = schema.safeParse(response.data);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      const why = typeof response.data === 'string' ? 'the body is not JSON' : `unexpected shape at ${where}`;
      throw new ProviderError('malformed', `${PROVIDER}: ${operation} answered ${response.status}, but ${why}`, {
        provider: PROVIDER,
        status: response.status,
      });
    }
    const hasNext = /rel="next"/.test(String(response.headers.link ?? ''));
    const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
    return { data: parsed.data, headers, hasNext };
  };
}

export async function dataOf<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await answer).data;
}

/** `null`: there is no such thing. */
export async function maybe<T>(answer: Promise<Answer<T>>): Promise<T | null> {
  try {
    return (await answer).data;
  } catch (error) {
    if (error instanceof GithubRefusal && error.kind === 'not-found') return null;
    throw error;
  }
}

/** `null`: refused because it exists already. */
export async function unlessExisting<T>(answer: Promise<Answer<T>>): Promise<T | null> {
  try {
    return (await answer).data;
  } catch (error) {
    if (alreadyExists(error)) return null;
    throw error;
  }
}

/** Encoding leaves `.` and `..` alone and URL parsing would then walk up the path: neither names anything at GitHub. */
function refuseDotSegments(operation: string, params: Params): void {
  for (const value of Object.values(params)) {
    if (value === '.' || value === '..') {
      throw new ProviderError('invalid', `${PROVIDER}: ${operation}: '${value}' is not a name`, { provider: PROVIDER });
    }
  }
}

function ignore(): void {}
