import { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonAnswer, jsonHttp, retryAfterMs } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { isRedirect, redirectRefused } from '../../kit/transport.ts';
import { type MondayConnection, PROVIDER } from './identity.ts';
import { errorsOf, kindOfAnswer, mondayTrouble, waitOf, wordsOf } from './monday-error.ts';

/** The version whose schema the queries are written for; monday keeps each for at least six months. */
const API_VERSION = '2026-10';
const MAX_WORDS = 500;

interface Request<T> {
  /** For error messages: what we were doing, e.g. `create item`. */
  operation: string;
  query: string;
  variables?: Record<string, unknown>;
  /** monday answers a mutation with a key it has seen within 30 minutes from its memory and does not carry it out again. */
  idempotencyKey?: string;
  /** Only the fields we read, of `data`. */
  schema: z.ZodType<T>;
}

export interface MondayTransport {
  /** Throws `ProviderError`; an answer with errors is a refusal, whatever its status and whatever data came along. */
  ask<T>(request: Request<T>): Promise<T>;
}

/** GraphQL over HTTP. */
export function mondayTransport(connection: MondayConnection, deps: AdapterDeps): MondayTransport {
  const { apiToken } = connection.credentials;

  async function send({ operation, query, variables, idempotencyKey }: Request<unknown>): Promise<JsonAnswer> {
    const http = jsonHttp({
      provider: PROVIDER,
      baseUrl: connection.baseUrl,
      fetch: deps.fetch,
      now: deps.now,
      headers: () => ({
        authorization: apiToken.reveal(),
        'api-version': API_VERSION,
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      }),
      describeError: wordsOf,
      kindOf: kindOfAnswer,
      secrets: [apiToken],
    });
    return http.send({ operation, method: 'POST', path: '/v2', body: { query, ...(variables && { variables }) } });
  }

  function refusal(operation: string, response: Response, json: unknown): ProviderError {
    const words = (wordsOf(json) ?? '').replaceAll(apiToken.reveal(), apiToken.toString()).slice(0, MAX_WORDS);
    const replayed = response.headers.get('idempotency-replayed') === 'true';
    const repeats = replayed ? ' (monday repeats its answer to the same request for 30 minutes)' : '';
    return new ProviderError(
      kindOfAnswer(response.status, response.headers, json),
      `${PROVIDER}: ${operation} was refused: ${words}${repeats}`,
      {
        provider: PROVIDER,
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers, deps.now()) ?? waitOf(json, deps.now()),
      },
    );
  }

  return {
    async ask<T>(request: Request<T>): Promise<T> {
      const { operation, schema } = request;
      const { response, isJson, json } = await send(request);
      if (isRedirect(response)) throw redirectRefused(response, { provider: PROVIDER, doing: operation });
      if (!isJson) throw mondayTrouble('malformed', `${operation} answered ${response.status}, but the body is not JSON`);
      if (errorsOf(json)) throw refusal(operation, response, json);
      const parsed = z.object({ data: schema }).safeParse(json);
      if (parsed.success) return parsed.data.data;
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
      throw mondayTrouble('malformed', `${operation} answered ${response.status}, but unexpected shape at ${where.slice(0, MAX_WORDS)}`);
    },
  };
}
