import type { FakeAnswer, FakeRequest } from '../fake-server.ts';

/** Documents of JSON:API and refusals, as Apple sends them. */

interface Resource {
  type: string;
  id: string;
  attributes?: Record<string, unknown>;
  relationships?: Record<string, unknown>;
  links?: { self: string };
}

interface ErrorParts {
  detail?: string;
  source?: { pointer: string } | { parameter: string };
  associatedErrors?: Record<string, { id: string; status: string; code: string; title: string; detail: string }[]>;
}

export function refusal(
  status: number,
  code: string,
  title: string,
  { detail = title, source, associatedErrors }: ErrorParts = {},
): FakeAnswer {
  const error = { id: '3f1c8a52-1111-4222-8333-444455556666', status: String(status), code, title, detail };
  return { status, body: { errors: [{ ...error, ...(source && { source }), ...(associatedErrors && { meta: { associatedErrors } }) }] } };
}

export const notAuthorized = () =>
  refusal(401, 'NOT_AUTHORIZED', 'Authentication credentials are missing or invalid.', {
    detail: 'Provide a properly configured and signed bearer token, and make sure that it has not expired.',
  });
export const notFound = (type: string, id: string) =>
  refusal(404, 'NOT_FOUND', 'The specified resource does not exist', { detail: `There is no resource of type '${type}' with id '${id}'` });
export const wrongState = (detail: string, pointer?: string) =>
  refusal(409, 'STATE_ERROR', 'The request cannot be fulfilled because of the state of another resource.', {
    detail,
    ...(pointer && { source: { pointer } }),
  });
export const wrongAttribute = (code: string, name: string, detail: string) =>
  refusal(409, `ENTITY_ERROR.ATTRIBUTE.${code}`, 'The provided entity includes an attribute with an invalid value', {
    detail,
    source: { pointer: `/data/attributes/${name}` },
  });

const selfOf = (request: FakeRequest, path = request.path) => `http://${request.headers.host}${path}`;

export function single(request: FakeRequest, resource: Resource, status = 200): FakeAnswer {
  return { status, body: { data: resource, links: { self: selfOf(request) } } };
}

export interface Listing<T> {
  all: readonly T[];
  body: (item: T) => Resource;
  included?: (item: T) => Resource[];
  maxPageSize: number;
}

/** One page, with the link to the next. Parameters nobody knows are refused. */
export function page<T>(request: FakeRequest, known: readonly string[], { all, body, included, maxPageSize }: Listing<T>): FakeAnswer {
  const { query } = request;
  const stranger = [...query.keys()].find((name) => ![...known, 'limit', 'cursor'].includes(name));
  if (stranger) return wrongParameter('ILLEGAL', stranger);
  const asked = Number(query.get('limit') ?? 50);
  if (!Number.isInteger(asked) || asked < 1 || asked > 200) return wrongParameter('INVALID', 'limit');
  const limit = Math.min(asked, maxPageSize);
  const from = Number(Buffer.from(query.get('cursor') ?? '', 'base64url').toString() || 0);
  const items = all.slice(from, from + limit);
  const hasMore = from + limit < all.length;
  const next = new URLSearchParams([...query].filter(([name]) => name !== 'cursor'));
  next.set('cursor', Buffer.from(String(from + limit)).toString('base64url'));
  const extra = included ? items.flatMap(included) : [];
  return {
    status: 200,
    body: {
      data: items.map(body),
      ...(included && { included: extra }),
      links: { self: selfOf(request), ...(hasMore && { next: `${selfOf(request)}?${next}` }) },
      meta: { paging: { total: all.length, limit } },
    },
  };
}

const wrongParameter = (how: string, parameter: string) =>
  refusal(400, `PARAMETER_ERROR.${how}`, 'A parameter has an invalid value', {
    detail: `'${parameter}' is not a valid filter or value for this request`,
    source: { parameter },
  });

/** Values of a filter; null without it. */
export function filter(request: FakeRequest, name: string): string[] | null {
  return request.query.get(`filter[${name}]`)?.split(',') ?? null;
}

export const passes = (values: string[] | null, value: string): boolean => values === null || values.includes(value);

export interface Body {
  id?: string;
  attributes: Record<string, unknown>;
  /** Ids by relationship. */
  ids: Record<string, string>;
}

/** The resource that a body holds, or what is wrong with it. */
export function bodyOf(request: FakeRequest, type: string, attributes: readonly string[]): { body: Body } | { refused: FakeAnswer } {
  // Read field by field below: a fake gets anything.
  const data = (request.body as { data?: Record<string, unknown> } | undefined)?.data;
  if (!data || data.type !== type) return { refused: refusal(409, 'ENTITY_ERROR.TYPE', `The type must be '${type}'`) };
  const given = (data.attributes ?? {}) as Record<string, unknown>;
  const stranger = Object.keys(given).find((name) => !attributes.includes(name));
  if (stranger) {
    return { refused: wrongAttribute('UNKNOWN', stranger, `'${stranger}' is not an attribute on the resource '${type}'`) };
  }
  if (request.params.id !== undefined && data.id !== request.params.id) {
    return { refused: refusal(409, 'ENTITY_ERROR.ID.INVALID', 'The id does not match the address') };
  }
  const relationships = (data.relationships ?? {}) as Record<string, { data?: { id?: string } }>;
  const ids = Object.fromEntries(Object.entries(relationships).map(([name, { data: target }]) => [name, target?.id ?? '']));
  return { body: { attributes: given, ids } };
}
