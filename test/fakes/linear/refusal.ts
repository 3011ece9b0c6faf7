import type { FakeAnswer } from '../fake-server.ts';

/** What Linear answers in place of data, in its words. */
export class LinearRefusal extends Error {
  readonly answer: FakeAnswer;

  constructor(status: number, message: string, extensions: { code: string; type: string; statusCode: number; words?: string }) {
    super(message);
    const { words, ...rest } = extensions;
    const told = { ...rest, userError: rest.statusCode < 500, userPresentableMessage: words ?? message };
    this.answer = { status, body: { errors: [{ message, extensions: told }], data: null } };
  }
}

export const notAuthenticated = () =>
  new LinearRefusal(401, 'Authentication required, not authenticated', {
    code: 'AUTHENTICATION_ERROR',
    type: 'authentication error',
    statusCode: 401,
    words: 'You need to authenticate to access this operation.',
  });

export const keyAsBearer = () =>
  new LinearRefusal(
    400,
    "It looks like you're trying to use an API key as a Bearer token. Remove the Bearer prefix from the Authorization header.",
    { code: 'INPUT_ERROR', type: 'invalid input', statusCode: 400 },
  );

export const forbidden = (words: string) => new LinearRefusal(200, words, { code: 'FORBIDDEN', type: 'forbidden', statusCode: 403, words });

export const rateLimited = () =>
  new LinearRefusal(400, 'Rate limit exceeded. Only 2500 requests are allowed per 1 hour', {
    code: 'RATELIMITED',
    type: 'ratelimited',
    statusCode: 400,
  });

export const invalidDocument = (message: string) =>
  new LinearRefusal(400, message, { code: 'GRAPHQL_VALIDATION_FAILED', type: 'graphql error', statusCode: 400 });

export const invalidInput = (message: string, words = message, status = 200) =>
  new LinearRefusal(status, message, { code: 'INPUT_ERROR', type: 'invalid input', statusCode: 400, words });

export const notFound = (entity: string) => invalidInput(`Entity not found: ${entity}`, `Could not find referenced ${entity}.`);

/** A taken id of an issue is answered with status 400, one of a comment with 200. */
export const conflict = (entity: 'Issue' | 'Comment', id: string) =>
  invalidInput(`conflict on insert of ${entity}`, `Entity ${entity} with id ${id} already exists.`, entity === 'Issue' ? 400 : 200);
