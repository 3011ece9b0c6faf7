import { z } from '@hono/zod-openapi';
import { problemSchema } from './problem.ts';

/** Pieces that the schemas of many routes share. */

/** ULID: Crockford's alphabet, 26 characters. Anything else is the id of nothing. */
export const idSchema = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be an id')
  .meta({ example: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z' });

export const instantSchema = z.iso.datetime().meta({ description: 'ISO 8601, UTC', example: '2026-11-21T04:00:00.000Z' });

/** Text from people: NUL and other control characters have no business in a name. */
export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');

export const tenantParams = z.object({ tenantId: idSchema });

export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Items per page' }),
  cursor: z.string().min(1).max(200).optional().meta({ description: '`nextCursor` of the page before' }),
});

/** A yes or no in a query. */
export function flagSchema(fallback: 'true' | 'false') {
  return z
    .enum(['true', 'false'])
    .default(fallback)
    .transform((text) => text === 'true');
}

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'Give it back as `cursor`; null on the last page' }),
  });
}

export function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } } as const;
}

export function answer<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { 'application/json': { schema } } } as const;
}

const problemContent = { 'application/problem+json': { schema: problemSchema } } as const;

const refusals = {
  400: 'The body is not well-formed JSON',
  401: 'No token, or one that is not valid',
  403: 'The token lacks the permission',
  404: 'Does not exist, or belongs to another tenant',
  409: 'Not possible in the present state',
  413: 'The body is too large',
  415: 'The body is not JSON',
  416: 'There are no such bytes',
  422: 'Fields are wrong; `errors` lists all of them',
  429: 'The token used up its requests; see Retry-After',
  502: "The provider's answer cannot be used",
  503: 'Something needed is not available now',
  507: 'The artifact store is full',
} as const;
type Refusal = keyof typeof refusals;

/** The problem responses of a route, by status. */
export function problems<const S extends Refusal>(...statuses: readonly S[]) {
  const entries = statuses.map((status) => [status, { description: refusals[status], content: problemContent }] as const);
  // `fromEntries` forgets which keys it was given; they are exactly the statuses above.
  return Object.fromEntries(entries) as unknown as { [K in S]: { description: string; content: typeof problemContent } };
}

/** What any protected read can answer besides success. */
export const readProblems = problems(401, 403, 404, 422, 429);
/** What a question that is passed on to a provider can answer besides success; 409 is its refusal, 429 may be its rate limit. */
export const providerProblems = problems(401, 403, 404, 409, 422, 429, 502, 503);
/** What any protected write can answer besides success. */
export const writeProblems = problems(400, 401, 403, 404, 409, 413, 415, 422, 429);

/** What a write that a provider carries out can answer besides success. */
export const providerWriteProblems = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 502, 503);

export const bearer: { [scheme: string]: string[] }[] = [{ bearer: [] }];

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .meta({ description: 'Repeating the request with the same key repeats the first answer and nothing else, for 24 hours' }),
});
