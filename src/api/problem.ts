import { z } from '@hono/zod-openapi';
import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { isOutage } from '../services/outage.ts';
import { ServiceError, type ServiceErrorCode } from '../services/service-error.ts';
import type { AppEnv } from './context.ts';

/** Errors as RFC 9457 problem details. `instance` is the request id, which the log line of the request carries too. */

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Stable id of the kind of problem', example: 'urn:signalbox:problem:invalid' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'Id of the request, as in the X-Request-Id header and in the log' }),
    errors: z
      .array(
        z.object({
          field: z
            .string()
            .meta({ description: 'JSON pointer into the body, or `?name` for a query parameter', example: '/regressionSlots/0/date' }),
          message: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Every wrong field' }),
  })
  .openapi('Problem');

export type ProblemCode =
  | ServiceErrorCode
  | 'bad-request'
  | 'method-not-allowed'
  | 'too-large'
  | 'unsupported-media-type'
  | 'too-many-requests'
  | 'internal';

const kinds: Record<ProblemCode, { status: ContentfulStatusCode; title: string }> = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'Authentication is needed' },
  forbidden: { status: 403, title: 'Not permitted' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict with the present state' },
  'too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  invalid: { status: 422, title: 'The request has invalid fields' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'Not available now' },
};

export interface FieldError {
  field: string;
  message: string;
}

interface ProblemOptions {
  errors?: readonly FieldError[];
  headers?: Record<string, string>;
}

/** A problem as the answer to this request. */
export function problem(c: Context<AppEnv>, code: ProblemCode, detail: string, options: ProblemOptions = {}): Response {
  const { status, title } = kinds[code];
  const body = {
    type: `urn:signalbox:problem:${code}`,
    title,
    status,
    detail,
    instance: c.get('requestId'),
    ...(options.errors === undefined || options.errors.length === 0 ? {} : { errors: options.errors }),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...options.headers });
}

export const onError: ErrorHandler<AppEnv> = (error, c) => {
  if (error instanceof ServiceError) return problem(c, error.code, error.message, { errors: error.problems });
  if (error instanceof HTTPException) return frameworkProblem(error, c);
  c.get('logger').error({ err: error, method: c.req.method }, 'request failed');
  if (isOutage(error)) return problem(c, 'unavailable', 'The database cannot be used now; try again.', { headers: { 'retry-after': '2' } });
  return problem(c, 'internal', `The request failed for a reason of ours. Tell the operator its id: ${c.get('requestId')}`);
};

/** What the framework itself refuses: unreadable JSON, another media type. */
function frameworkProblem(error: HTTPException, c: Context<AppEnv>): Response {
  switch (error.status) {
    case 413:
      return problem(c, 'too-large', 'The request body is larger than this route takes.');
    case 415:
      return problem(c, 'unsupported-media-type', 'Send the body as application/json.');
    case 400:
      return problem(c, 'bad-request', 'The body is not well-formed JSON.');
    default:
      c.get('logger').error({ err: error }, 'request failed in the framework');
      return problem(c, 'internal', `The request failed for a reason of ours. Tell the operator its id: ${c.get('requestId')}`);
  }
}

export const onNotFound: NotFoundHandler<AppEnv> = (c) => problem(c, 'not-found', `There is nothing at ${c.req.method} ${c.req.path}.`);

interface Issue {
  path: PropertyKey[];
  message: string;
  /** Of `unrecognized_keys`: each is a wrong field of its own. */
  keys?: string[];
}

/**
 * Validation failures of a route's schemas. A path parameter that cannot be an id is the id of nothing: 404. Everything else is listed
 * field by field.
 */
export function validationHook(
  result: { success: true } | { success: false; target: string; error: { issues: Issue[] } },
  c: Context<AppEnv>,
): Response | undefined {
  if (result.success) return undefined;
  if (result.target === 'param') return problem(c, 'not-found', 'There is nothing with this id.');
  return problem(c, 'invalid', 'The request has invalid fields.', { errors: fieldErrors(result.error.issues, result.target) });
}

export function fieldErrors(issues: readonly Issue[], target = 'json'): FieldError[] {
  return issues.flatMap(({ path, message, keys }) =>
    keys === undefined
      ? [{ field: fieldName(path, target), message }]
      : keys.map((key) => ({ field: fieldName([...path, key], target), message: 'is not a field that exists here' })),
  );
}

function fieldName(path: readonly PropertyKey[], target: string): string {
  if (target === 'json') return pointer(path);
  return target === 'query' ? `?${path.map(String).join('.')}` : `${target}:${path.map(String).join('.')}`;
}

/** RFC 6901. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
