import { kindOfStatus } from '../../kit/http.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import { refusalSchema } from './schema.ts';

/**
 * Google's refusals: `{error: {code, message, status, errors, details}}`. The status of the answer alone misleads: 403 may be a quota, 400 an edit
 * that another one displaced.
 */

/** Older answers give reasons in `errors`, newer ones in `details`; `status` is the code of gRPC. */
const kinds: Readonly<Record<string, ProviderErrorKind>> = {
  rateLimitExceeded: 'rate-limited',
  userRateLimitExceeded: 'rate-limited',
  quotaExceeded: 'rate-limited',
  dailyLimitExceeded: 'rate-limited',
  RATE_LIMIT_EXCEEDED: 'rate-limited',
  RESOURCE_EXHAUSTED: 'rate-limited',
  // Nothing of an edit is written before its commit: whoever lost one begins another.
  editDeleted: 'unavailable',
  editExpired: 'unavailable',
  editConflict: 'unavailable',
  editAlreadyCommitted: 'unavailable',
  ABORTED: 'unavailable',
  apkUpgradeVersionConflict: 'conflict',
  apkNotificationMessageKeyUpgradeVersionConflict: 'conflict',
  ALREADY_EXISTS: 'conflict',
  // One review of an app at a time, whatever of it is reviewed: its end lets the next change in.
  CHANGES_ALREADY_IN_REVIEW: 'rate-limited',
  FAILED_PRECONDITION: 'conflict',
};

/** "This Edit has been deleted.", "This edit has expired, please create a new Edit.", "A change was made to the application outside of this Edit …" */
const LOST_EDIT =
  /\bedit (has )?(been |already been )?(deleted|expired|\w+ committed)|outside of this edit|create a new edit|edit not found/i;
const USED_CODE = /version code .*already been used/i;
const NOT_BY_API = /cannot be sent for review automatically/i;
const INVISIBLE = /caller does not have permission/i;

export function kindOfRefusal(status: number, headers: Headers, body: unknown): ProviderErrorKind {
  const refusal = refusalSchema.safeParse(body);
  if (!refusal.success) return kindOfStatus(status, headers);
  const { message, errors = [], details = [], status: code } = refusal.data.error;
  if (LOST_EDIT.test(message)) return 'unavailable';
  if (USED_CODE.test(message)) return 'conflict';
  const reasons = [...errors, ...details].flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  for (const reason of [...reasons, ...(code === undefined ? [] : [code])]) {
    const kind = Object.hasOwn(kinds, reason) ? kinds[reason] : undefined;
    if (kind !== undefined) return kind;
  }
  return kindOfStatus(status, headers);
}

export function describeRefusal(body: unknown): string | undefined {
  const refusal = refusalSchema.safeParse(body);
  return refusal.success ? refusal.data.error.message.replace(/\s+/g, ' ') : undefined;
}

/** After a rejection Google wants a person to send the next changes to review. */
export function needsPersonToSend(error: unknown): boolean {
  return error instanceof ProviderError && NOT_BY_API.test(error.message);
}

/** What Google answers for apps that the account was not invited to, and for apps that do not exist. */
export function isInvisible(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === 'forbidden' && INVISIBLE.test(error.message);
}

/** Trouble that we see and Google does not. */
export function playTrouble(kind: ProviderErrorKind, words: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${words}`, { provider: PROVIDER });
}
