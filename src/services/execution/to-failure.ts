import { isUnreachable } from '../../db/client.ts';
import type { Failure } from '../../domain/failure.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { DecryptError } from '../../platform/crypto.ts';
import { LockBusyError, LockUnavailableError } from '../../platform/lock.ts';
import { OutboundRefusedError } from '../../platform/outbound.ts';
import { ServiceError } from '../service-error.ts';

/** Busy locks come free by themselves; they cost no attempt. */
const BUSY_RETRY_MS = 1_000;

/** Whatever an attempt threw, as data; what nobody classified is our own fault and says nothing of its inside. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ProviderError) return error.toFailure();
  if (error instanceof LockBusyError) return { kind: 'unavailable', message: error.message, retryAfterMs: BUSY_RETRY_MS };
  if (error instanceof LockUnavailableError)
    return { kind: 'unavailable', message: 'Redis is away, so its locks cannot be taken.', retryAfterMs: BUSY_RETRY_MS };
  // No fault of the task's: it costs no attempt.
  if (isUnreachable(error)) return { kind: 'unavailable', message: 'The database was away.', retryAfterMs: BUSY_RETRY_MS };
  if (error instanceof OutboundRefusedError) return { kind: 'invalid', message: error.message };
  if (error instanceof DecryptError) {
    return {
      kind: 'unauthorized',
      message: 'The stored credentials cannot be decrypted; the operator must restore the key or the credentials must be entered again.',
    };
  }
  if (error instanceof ServiceError) return { kind: error.code === 'not-found' ? 'not-found' : 'invalid', message: error.message };
  return { kind: 'internal', message: 'Signalbox itself failed; the log of this attempt says more.' };
}
