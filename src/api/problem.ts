import { z } from '@hono/zod-openapi';
import type { Context, ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ProviderError, type ProviderErrorKind } from '../integrations/kit/provider-error.ts';
import { ArtifactStoreFullError, ArtifactTooLargeError } from '../platform/artifact-store.ts';
import { issueText, type ValidationIssue } from '../platform/issue-text.ts';
import { LockBusyError, LockLostError, LockUnavailableError } from '../platform/lock.ts';
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
  | 'no-such-range'
  | 'storage-full'
  | 'unsupported-media-type'
  | 'too-many-requests'
  | 'provider-refused'
  | 'provider-limited'
  | 'provider-unusable'
  | 'provider-unavailable'
  | 'internal';

const kinds: Record<ProblemCode, { status: ContentfulStatusCode; title: string }> = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'Authentication is needed' },
  forbidden: { status: 403, title: 'Not permitted' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict with the present state' },
  'too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is of another kind than the route takes' },
  'no-such-range': { status: 416, title: 'There are no such bytes' },
  'storage-full': { status: 507, title: 'There is no room for it' },
  invalid: { status: 422, title: 'The request has invalid fields' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'Not available now' },
  // Never 401: that is about the caller's own token.
  'provider-refused': { status: 409, title: 'The provider refuses it' },
  'provider-limited': { status: 429, title: "The provider's rate limit is used up" },
  'provider-unusable': { status: 502, title: "The provider's answer cannot be used" },
  'provider-unavailable': { status: 503, title: 'The provider is not available now' },
};

/** What the provider's trouble is to whoever asked us. */
const ofProvider: Record<ProviderErrorKind, ProblemCode> = {
  unauthorized: 'provider-refused',
  forbidden: 'provider-refused',
  'not-found': 'provider-refused',
  conflict: 'provider-refused',
  invalid: 'provider-refused',
  'rate-limited': 'provider-limited',
  unavailable: 'provider-unavailable',
  timeout: 'provider-unavailable',
  malformed: 'provider-unusable',
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
  if (error instanceof ProviderError) return providerProblem(error, c);
  if (error instanceof HTTPException) return frameworkProblem(error, c);
  if (error instanceof LockBusyError) return problem(c, 'conflict', 'The same is being done right now; try again.', retryIn(1_000));
  if (error instanceof LockUnavailableError || error instanceof LockLostError) {
    return problem(c, 'unavailable', 'Redis is away, so its locks cannot be held; try again.', retryIn(2_000));
  }
  // What else is on its way is not worth reading.
  if (error instanceof ArtifactTooLargeError) return problem(c, 'too-large', error.message, { headers: { connection: 'close' } });
  c.get('logger').error({ err: error, method: c.req.method }, 'request failed');
  if (error instanceof ArtifactStoreFullError) {
    return problem(c, 'storage-full', 'The artifact store is full; tell the operator. Nothing of the file was kept.', {
      headers: { connection: 'close' },
    });
  }
  if (isOutage(error)) return problem(c, 'unavailable', 'The database cannot be used now; try again.', retryIn(2_000));
  return problem(c, 'internal', `The request failed for a reason of ours. Tell the operator its id: ${c.get('requestId')}`);
};

const DEFAULT_LIMIT_MS = 60_000;

function providerProblem({ kind, message, retryAfterMs }: ProviderError, c: Context<AppEnv>): Response {
  const advice = kind === 'unauthorized' ? ' Somebody with integration:write must renew its credentials.' : '';
  const waitMs = retryAfterMs ?? (kind === 'rate-limited' ? DEFAULT_LIMIT_MS : undefined);
  return problem(c, ofProvider[kind], `${message}${advice}`, waitMs === undefined ? {} : retryIn(waitMs));
}

const retryIn = (ms: number) => ({ headers: { 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) } });

/** What the framework itself refuses: unreadable JSON, another media type. */
function frameworkProblem(error: HTTPException, c: Context<AppEnv>): Response {
  switch (error.status) {
    case 413:
      return problem(c, 'too-large', 'The request body is larger than this route takes.');
    case 416:
      return problem(c, 'no-such-range', 'The artifact has no such bytes.', { headers: { 'content-range': error.message } });
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

interface Issue extends ValidationIssue {
  /** Of `unrecognized_keys`: each is a wrong field of its own. */
  keys?: string[];
  /** Of `invalid_union`: what is wrong with the value as each of its forms, with paths from the value on. */
  errors?: Issue[][];
}

/**
 * Validation failures of a route's schemas. A path parameter that cannot be an id is the id of nothing: 404. Everything else is listed
 * field by field.
 */
export function validationHook(
  result: { success: true } | { success: false; target: string; data?: unknown; error: { issues: Issue[] } },
  c: Context<AppEnv>,
): Response | undefined {
  if (result.success) return undefined;
  if (result.target === 'param') return problem(c, 'not-found', 'There is nothing with this id.');
  return problem(c, 'invalid', 'The request has invalid fields.', { errors: fieldErrors(result.error.issues, result.target, result.data) });
}

/** One problem for each field: what the later checks of a value say that the first has refused is noise. */
function fieldErrors(issues: readonly Issue[], target: string, data: unknown): FieldError[] {
  const errors = new Map<string, FieldError>();
  for (const issue of issues.flatMap(ofTheFormMeant)) {
    const paths = issue.keys === undefined ? [issue.path] : issue.keys.map((key) => [...issue.path, key]);
    const message = issueText(issue, data);
    for (const path of paths) {
      const field = fieldName(path, target);
      if (!errors.has(field)) errors.set(field, { field, message });
    }
  }
  return [...errors.values()];
}

/** Of an object that may have several forms, one of which has more of the fields that are there than every other: what is wrong with it as that one. */
function ofTheFormMeant(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors === undefined || issue.message !== 'Invalid input') return [issue];
  const strangeness = ({ code, path, keys = [] }: Issue) => {
    if (path.length > 0) return 0;
    return code === 'invalid_type' ? Number.POSITIVE_INFINITY : code === 'unrecognized_keys' ? keys.length : 0;
  };
  const strange = issue.errors.map((form) => form.reduce((sum, each) => sum + strangeness(each), 0));
  const least = Math.min(...strange);
  const [meant, ...others] = issue.errors.filter((_, index) => strange[index] === least);
  if (meant === undefined || others.length > 0 || !Number.isFinite(least)) return [issue];
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(ofTheFormMeant);
}

function fieldName(path: readonly PropertyKey[], target: string): string {
  if (target === 'json') return pointer(path);
  return target === 'query' ? `?${path.map(String).join('.')}` : `${target}:${path.map(String).join('.')}`;
}

/** RFC 6901. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
