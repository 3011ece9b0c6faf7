import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../kit/provider-error.ts';
import { describeRefusal, isInvisible, kindOfRefusal, needsPersonToSend } from './play-error.ts';

const none = new Headers();

describe('a refusal of Google Play', () => {
  it.each([
    [400, 'INVALID_ARGUMENT', 'badRequest', 'Invalid value', 'invalid'],
    [400, 'FAILED_PRECONDITION', undefined, 'The first release cannot be halted.', 'conflict'],
    [400, 'FAILED_PRECONDITION', 'CHANGES_ALREADY_IN_REVIEW', 'You already have changes in review.', 'rate-limited'],
    [400, 'INVALID_ARGUMENT', 'badRequest', 'This Edit has been deleted.', 'unavailable'],
    [400, 'FAILED_PRECONDITION', undefined, 'This edit has expired, please create a new Edit.', 'unavailable'],
    [400, 'INVALID_ARGUMENT', undefined, 'This edit has already been successfully committed, please create a new Edit.', 'unavailable'],
    [409, undefined, undefined, 'A change was made to the application outside of this Edit, please create a new edit.', 'unavailable'],
    [410, undefined, 'editDeleted', 'Gone', 'unavailable'],
    [400, undefined, 'editExpired', 'Expired', 'unavailable'],
    [400, 'INVALID_ARGUMENT', 'badRequest', 'Changes cannot be sent for review automatically.', 'invalid'],
    [401, 'UNAUTHENTICATED', 'authError', 'Request had invalid authentication credentials.', 'unauthorized'],
    [403, 'PERMISSION_DENIED', 'forbidden', 'The caller does not have permission', 'forbidden'],
    [403, 'PERMISSION_DENIED', 'SERVICE_DISABLED', 'The API is disabled.', 'forbidden'],
    [403, undefined, 'quotaExceeded', 'Quota exceeded', 'rate-limited'],
    [403, undefined, 'dailyLimitExceeded', 'Daily Limit Exceeded', 'rate-limited'],
    [403, undefined, 'userRateLimitExceeded', 'User Rate Limit Exceeded', 'rate-limited'],
    [403, 'PERMISSION_DENIED', 'apkUpgradeVersionConflict', 'APK specifies a version code that has been used.', 'conflict'],
    [403, 'PERMISSION_DENIED', 'forbidden', 'Version code 4200 has already been used.', 'conflict'],
    [404, 'NOT_FOUND', 'applicationNotFound', 'Package not found: com.example.app.', 'not-found'],
    [409, 'ABORTED', undefined, 'The operation was aborted.', 'unavailable'],
    [409, 'ALREADY_EXISTS', undefined, 'It exists.', 'conflict'],
    [409, undefined, 'constructor', 'Conflict', 'conflict'],
    [429, 'RESOURCE_EXHAUSTED', 'RATE_LIMIT_EXCEEDED', 'Quota exceeded', 'rate-limited'],
    [500, 'INTERNAL', 'backendError', 'Internal error encountered.', 'unavailable'],
    [503, 'UNAVAILABLE', undefined, 'The service is currently unavailable.', 'unavailable'],
  ])('%i %s %s "%s" is %s', (status, code, reason, message, kind) => {
    const old = { error: { code: status, message, ...(code && { status: code }), ...(reason && { errors: [{ reason }] }) } };
    const recent = { error: { code: status, message, ...(code && { status: code }), ...(reason && { details: [{ reason }] }) } };

    expect(kindOfRefusal(status, none, old)).toBe(kind);
    expect(kindOfRefusal(status, none, recent)).toBe(kind);
  });

  it('that is none of Google’s goes by its status', () => {
    for (const body of [undefined, null, 'x', {}, { error: 'x' }, { error: { message: 3 } }]) {
      expect(kindOfRefusal(409, none, body)).toBe('conflict');
      expect(describeRefusal(body)).toBeUndefined();
    }
  });

  it('is told in Google’s words, on one line', () => {
    expect(describeRefusal({ error: { message: 'a\n b', details: 'odd', errors: 'odd' } })).toBe('a b');
  });

  it('is for people to act on where only they can', () => {
    const error = (kind: 'invalid' | 'forbidden', words: string) => new ProviderError(kind, words, { provider: 'google-play' });

    expect(needsPersonToSend(error('invalid', 'x: Changes cannot be sent for review automatically. Please …'))).toBe(true);
    expect(needsPersonToSend(error('invalid', 'x: Invalid value'))).toBe(false);
    expect(needsPersonToSend(new Error('cannot be sent for review automatically'))).toBe(false);
    expect(isInvisible(error('forbidden', 'x: The caller does not have permission'))).toBe(true);
    expect(isInvisible(error('forbidden', 'x: API disabled'))).toBe(false);
    expect(isInvisible(error('invalid', 'x: The caller does not have permission'))).toBe(false);
  });
});
