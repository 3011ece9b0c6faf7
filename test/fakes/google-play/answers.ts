import type { FakeAnswer } from '../fake-server.ts';

/** A refusal as Google words it: `code` is gRPC's, `reason` stands in `details` where Google gives one. */
export class Refusal extends Error {
  readonly answer: FakeAnswer;

  constructor(status: number, code: string, message: string, reason?: string) {
    super(message);
    const details =
      reason === undefined ? {} : { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }] };
    const errors = [{ domain: 'global', message, reason: 'badRequest' }];
    this.answer = { status, body: { error: { code: status, message, status: code, errors, ...details } } };
  }
}

export const invalid = (message: string) => new Refusal(400, 'INVALID_ARGUMENT', message);
export const notFound = (message: string) => new Refusal(404, 'NOT_FOUND', message);
export const failedPrecondition = (message: string, reason?: string) => new Refusal(400, 'FAILED_PRECONDITION', message, reason);

/** What it throws is the answer. */
export function answering(handle: () => FakeAnswer): FakeAnswer {
  try {
    return handle();
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}
