import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';

/** GitLab's answers that are the same everywhere: errors, parameters and pages. */

export function refusal(status: number, message: unknown): FakeAnswer {
  return { status, body: { message } };
}

export const notFound = (what = '') => refusal(404, what === '' ? '404 Not found' : `404 ${what} Not Found`);
export const forbidden = () => refusal(403, '403 Forbidden');
/** A validation error of a model: lists of texts by field. */
export const unprocessable = (base: string) => refusal(400, { base: [base] });

/** A parameter that the API's own validation misses. */
export const missing = (name: string): FakeAnswer => ({ status: 400, body: { error: `${name} is missing` } });

/** A parameter: GitLab takes it from the query and the body alike. */
export function param(request: FakeRequest, name: string): unknown {
  const body = request.body;
  const sent = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return sent ?? request.query.get(name) ?? undefined;
}

export function text(request: FakeRequest, name: string): string | undefined {
  const value = param(request, name);
  return typeof value === 'string' ? value : undefined;
}

export interface Page<T> {
  items: T[];
  headers: Record<string, string>;
}

/** `totals: false`: lists of commits, and whatever is longer than 10,000, come without counts. */
export function page<T>(request: FakeRequest, all: T[], origin: string, { totals = true } = {}): Page<T> {
  const perPage = Math.min(Math.max(Number(request.query.get('per_page') ?? 20), 1), 100);
  const number = Math.max(Number(request.query.get('page') ?? 1), 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const items = all.slice((number - 1) * perPage, number * perPage);
  // Lists without counts only see that a page is full: the one after it may be empty.
  const hasNext = totals ? number < last : items.length === perPage;
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(to));
    query.set('per_page', String(perPage));
    return `<${origin}${request.path}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev')] : []),
    ...(hasNext ? [link(number + 1, 'next')] : []),
    link(1, 'first'),
    ...(totals ? [link(last, 'last')] : []),
  ];
  return {
    items,
    headers: {
      link: links.join(', '),
      'x-page': String(number),
      'x-per-page': String(perPage),
      'x-prev-page': number > 1 ? String(number - 1) : '',
      'x-next-page': hasNext ? String(number + 1) : '',
      ...(totals ? { 'x-total': String(all.length), 'x-total-pages': String(last) } : {}),
    },
  };
}
