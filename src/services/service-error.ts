/** What a use case refuses, in the words of its transports: the API maps codes to statuses, the command line prints the message. */
export type ServiceErrorCode = 'unauthorized' | 'forbidden' | 'not-found' | 'conflict' | 'invalid' | 'unavailable';

/** One wrong field. `field` is a JSON pointer into the request body, e.g. `/regressionSlots/0/date`. */
export interface Problem {
  field: string;
  message: string;
}

/**
 * A refusal. Thrown rather than returned, because it must also roll back the transaction it is thrown in. `message` is public.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ServiceErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}

export const notFound = (what: string) => new ServiceError('not-found', `${what} does not exist`);
export const conflict = (message: string) => new ServiceError('conflict', message);
export const invalid = (problems: readonly Problem[]) => new ServiceError('invalid', 'The request has invalid fields.', problems);
