import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonAnswer, jsonHttp, retryAfterMs } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { isRedirect, redirectRefused } from '../../kit/transport.ts';
import { type LinearConnection, type LinearCredentials, PROVIDER } from './identity.ts';
import { errorsOf, isAbsent, kindOfAnswer, linearTrouble, wordsOf } from './linear-error.ts';

/** Linear's buckets refill all the time: a minute gives a sixtieth of what an hour allows, the reset header tells when they are full. */
const REFILL_MS = 60_000;
const MAX_WORDS = 500;

interface Request<T> {
  /** For error messages: what we were doing, e.g. `create issue`. */
  operation: string;
  query: string;
  variables?: Record<string, unknown>;
  /** Only the fields we read, of `data`. */
  schema: z.ZodType<T>;
}

export interface LinearTransport {
  ask<T>(request: Request<T>): Promise<T>;
  /** The same, with Linear's "Entity not found" as `null`. */
  find<T>(request: Request<T>): Promise<T | null>;
  /** The same, with the headers of the answer. */
  askWithHeaders<T>(request: Request<T>): Promise<{ data: T; headers: Headers }>;
}

/** GraphQL over HTTP. An answer with errors is a refusal, whatever its status and whatever data came along. */
export function linearTransport(connection: LinearConnection, deps: AdapterDeps): LinearTransport {
  const { authorization, secret } = authorise(connection.credentials);
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl: connection.baseUrl,
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({ authorization }),
    describeError: wordsOf,
    kindOf: kindOfAnswer,
    secrets: [secret],
  });

  async function askWithHeaders<T>({ operation, query, variables, schema }: Request<T>): Promise<{ data: T; headers: Headers }> {
    const { response, isJson, json } = await send(operation, { query, ...(variables && { variables }) });
    if (isRedirect(response)) throw redirectRefused(response, { provider: PROVIDER, doing: operation });
    if (!isJson) throw linearTrouble('malformed', `${operation} answered ${response.status}, but the body is not JSON`);
    if (errorsOf(json)) throw refusal(operation, response, json);
    const parsed = z.object({ data: schema }).safeParse(json);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      throw linearTrouble('malformed', `${operation} answered ${response.status}, but unexpected shape at ${where.slice(0, MAX_WORDS)}`);
    }
    return { data: parsed.data.data, headers: response.headers };
  }

  async function send(operation: string, body: unknown): Promise<JsonAnswer> {
    try {
      return await http.send({ operation, method: 'POST', path: '/graphql', body });
    } catch (error) {
      throw error instanceof ProviderError ? withWait(error) : error;
    }
  }

  function refusal(operation: string, response: Response, json: unknown): ProviderError {
    const kind = kindOfAnswer(response.status, response.headers, json);
    const words = (wordsOf(json) ?? '').replaceAll(secret.reveal(), secret.toString()).slice(0, MAX_WORDS);
    return withWait(
      new ProviderError(kind, `${PROVIDER}: ${operation} was refused: ${words}`, {
        provider: PROVIDER,
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers, deps.now()),
      }),
    );
  }

  const ask = async <T>(request: Request<T>): Promise<T> => (await askWithHeaders(request)).data;

  return {
    ask,
    askWithHeaders,
    async find(request) {
      try {
        return await ask(request);
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    },
  };
}

function authorise(credentials: LinearCredentials): { authorization: string; secret: Secret } {
  if ('apiKey' in credentials) return { authorization: credentials.apiKey.reveal(), secret: credentials.apiKey };
  return { authorization: `Bearer ${credentials.accessToken.reveal()}`, secret: credentials.accessToken };
}

function withWait(error: ProviderError): ProviderError {
  if (error.kind !== 'rate-limited' || error.retryAfterMs !== undefined) return error;
  const { kind, message, provider, status } = error;
  return new ProviderError(kind, message, { provider, status, retryAfterMs: REFILL_MS, cause: error });
}
