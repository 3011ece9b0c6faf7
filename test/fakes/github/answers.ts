import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';

/** GitHub's answers that are the same everywhere: errors and pages. */

export function refusal(status: number, message: string, errors?: Record<string, string>[]): FakeAnswer {
  const documentation_url = 'https://docs.github.com/rest';
  return { status, body: { message, documentation_url, ...(errors ? { errors } : { status: String(status) }) } };
}

export const notFound = () => refusal(404, 'Not Found');

export interface Page<T> {
  items: T[];
  total: number;
  /** `Link`, as GitHub sends it. */
  headers: Record<string, string>;
}

export function page<T>(request: FakeRequest, all: T[], origin: string): Page<T> {
  const perPage = Math.min(Math.max(Number(request.query.get('per_page') ?? 30), 1), 100);
  const number = Math.max(Number(request.query.get('page') ?? 1), 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(to));
    return `<${origin}${request.path}?${query}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    items: all.slice((number - 1) * perPage, number * perPage),
    total: all.length,
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}

/** A string member of the request's body. */
export function text(request: FakeRequest, name: string): string | undefined {
  const value = member(request, name);
  return typeof value === 'string' ? value : undefined;
}

export function member(request: FakeRequest, name: string): unknown {
  const body = request.body;
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
