import type { WebClientOptions } from '@slack/web-api';
import type { GuardedFetch } from '../../kit/http.ts';
import { kindOfStatus, retryAfterMs } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import { readCode } from './slack-error.ts';

type SlackFetch = NonNullable<WebClientOptions['fetch']>;

/** Carries what was thrown through the client library, which wraps and renames errors and loses what is no `Error` (abort reasons). */
export class Carried extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('carried');
    this.reason = reason;
  }
}

/**
 * The guarded fetch as Slack's client should see it: every answer that is not a JSON object with status 200 is an error here, with our
 * classification. The client would put a web page into the error's text, and sleep on a 429 without Retry-After.
 */
export function slackFetch(fetch: GuardedFetch, now: () => Date): SlackFetch {
  return async (url, init) => {
    try {
      const { method, headers, body, redirect } = init ?? {};
      const response = await fetch(url, {
        ...(method === undefined ? {} : { method }),
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
        ...(redirect === undefined ? {} : { redirect }),
      });
      const text = await response.text();
      check(methodOf(url), response, text, now);
      return new Response(text, { status: response.status, headers: response.headers });
    } catch (reason) {
      throw new Carried(reason);
    }
  };
}

function check(method: string, { status, headers }: Response, text: string, now: () => Date): void {
  const body = parse(text);
  if (status !== 200) {
    const code = readCode(body?.error);
    throw new ProviderError(kindOfStatus(status, headers), `${PROVIDER}: ${method} answered ${status}${code === null ? '' : `: ${code}`}`, {
      provider: PROVIDER,
      status,
      retryAfterMs: retryAfterMs(headers, now()),
    });
  }
  if (body === null) {
    throw new ProviderError('malformed', `${PROVIDER}: ${method} answered 200, but the body is not a JSON object`, {
      provider: PROVIDER,
      status,
    });
  }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function methodOf(url: string | URL): string {
  return new URL(url).pathname.split('/').at(-1) ?? '';
}
