import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';

/** Bitbucket's answers that are the same everywhere: errors and pages. */

export function refusal(status: number, message: string, more: Record<string, unknown> = {}): FakeAnswer {
  return { status, body: { type: 'error', error: { message, ...more } } };
}

export const notFound = (what: string) => refusal(404, `${what} not found`);

/** @param most items per page; Bitbucket refuses to give more, and gives ten when nobody asks */
export function page<T>(request: FakeRequest, all: readonly T[], origin: string, most = 100): FakeAnswer {
  const asked = Number(request.query.get('pagelen') ?? 10);
  if (!Number.isInteger(asked) || asked < 1 || asked > most) return refusal(400, 'Invalid pagelen');
  const number = Number(request.query.get('page') ?? 1);
  if (!Number.isInteger(number) || number < 1) return refusal(400, 'Invalid page');
  const query = new URLSearchParams(request.query);
  query.set('page', String(number + 1));
  const next = number * asked < all.length ? { next: `${origin}${request.path}?${query}` } : {};
  return { status: 200, body: { values: all.slice((number - 1) * asked, number * asked), pagelen: asked, page: number, ...next } };
}

/** A member of the request's body, along names. */
export function member(request: FakeRequest, ...names: string[]): unknown {
  let value: unknown = request.body;
  for (const name of names) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return value;
}

export function text(request: FakeRequest, ...names: string[]): string {
  const value = member(request, ...names);
  return typeof value === 'string' ? value : '';
}
