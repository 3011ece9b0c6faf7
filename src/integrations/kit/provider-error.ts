import type { FailedConnection, Failure, FailureKind } from '../../domain/failure.ts';

export type ProviderErrorKind = Exclude<FailureKind, 'internal'>;

interface ProviderErrorOptions {
  provider: string;
  /** Milliseconds until the provider wants to be asked again. */
  retryAfterMs?: number | undefined;
  /** HTTP status, when there was one. */
  status?: number | undefined;
  /** Known once the error leaves the adapter of a stored connection. */
  connection?: FailedConnection | undefined;
  cause?: unknown;
}

/**
 * A provider's trouble, classified. `message` is public: adapters compose it from the operation and the provider's own words after
 * redaction, never from headers or credentials.
 */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: ProviderErrorKind;
  readonly provider: string;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly connection: FailedConnection | undefined;

  constructor(kind: ProviderErrorKind, message: string, options: ProviderErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.provider = options.provider;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
    this.connection = options.connection;
  }

  toFailure(): Failure {
    return {
      kind: this.kind,
      message: this.message,
      provider: this.provider,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.connection === undefined ? {} : { connection: this.connection }),
    };
  }
}
