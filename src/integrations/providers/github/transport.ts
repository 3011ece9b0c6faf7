import type { GuardedFetch } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/**
 * The guarded fetch as octokit should see it. Octokit takes a redirect for success and lets a missing or odd content type decide how a body
 * is read: JSON it must be, and what is not JSON comes out as text.
 */
export function octokitFetch(fetch: GuardedFetch): GuardedFetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' });
    const { status } = response;
    if (status >= 300 && status < 400) {
      const what = 'the repository has moved or been renamed, or the base URL is not the address of the API: correct the connection';
      throw new ProviderError('invalid', `${PROVIDER}: ${what}`, { provider: PROVIDER, status });
    }
    const headers = new Headers(response.headers);
    headers.set('content-type', 'application/json; charset=utf-8');
    return new Response(response.body, { status, headers });
  };
}
