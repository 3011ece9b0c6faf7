import type { FakeAnswer, FakeRequest } from '../fake-server.ts';

/** Every answer of Checkmate has this envelope. */
export function answer(data: unknown): FakeAnswer {
  return { status: 200, body: { data: data ?? null, error: null, status: 200 } };
}

export function refusal(status: number, error: string): FakeAnswer {
  return { status, body: { data: null, error, status } };
}

/** Authentication and roles are refused without `data`, and browsers are told to forget their cookies. */
export function denial(status: 401 | 403, error: string): FakeAnswer {
  return { status, body: { error, status }, headers: { 'clear-site-data': 'cookies' } };
}

export function idParameter(request: FakeRequest, name: string): number | FakeAnswer {
  const value = request.query.get(name);
  const id = Number(value);
  return id || refusal(400, value ? `Invalid params ${name}` : `Params ${name} not provided`);
}
