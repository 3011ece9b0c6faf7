import type { WebAPIPlatformError } from '@slack/web-api';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';

/** Slack answers 200 with `ok: false` and a code; each method's page lists its codes, the common ones are on "Web API: Errors". */

const kindByCode: Readonly<Record<string, ProviderErrorKind>> = {
  invalid_auth: 'unauthorized',
  not_authed: 'unauthorized',
  token_revoked: 'unauthorized',
  token_expired: 'unauthorized',
  account_inactive: 'unauthorized',
  missing_scope: 'forbidden',
  not_in_channel: 'forbidden',
  user_not_in_channel: 'forbidden',
  no_permission: 'forbidden',
  access_denied: 'forbidden',
  accesslimited: 'forbidden',
  team_access_not_granted: 'forbidden',
  ekm_access_denied: 'forbidden',
  not_allowed_token_type: 'forbidden',
  org_login_required: 'forbidden',
  cant_update_message: 'forbidden',
  channel_not_found: 'not-found',
  message_not_found: 'not-found',
  thread_not_found: 'not-found',
  user_not_found: 'not-found',
  users_not_found: 'not-found',
  user_not_visible: 'not-found',
  file_not_found: 'not-found',
  ratelimited: 'rate-limited',
  rate_limited: 'rate-limited',
  fatal_error: 'unavailable',
  internal_error: 'unavailable',
  service_unavailable: 'unavailable',
  // "The POST data was either missing or truncated": the transport's doing, not ours.
  request_timeout: 'unavailable',
  // "The workspace is currently undergoing migration to an Enterprise Organization."
  team_added_to_org: 'unavailable',
};

/** What a person does about it, where the code alone does not say. */
const adviceByCode: Readonly<Record<string, string>> = {
  invalid_auth: 'the bot token is not valid',
  not_authed: 'the bot token is missing',
  token_revoked: 'the bot token was revoked; reinstall the app and save the new token',
  token_expired: 'the bot token has expired; save a new one',
  account_inactive: 'the bot token belongs to a deleted user or workspace; reinstall the app and save the new token',
  not_in_channel: 'invite the app to the channel: /invite @<app name>',
  channel_not_found: 'there is no such channel, or it is private and the app is not in it: invite the app to the channel',
  is_archived: 'the channel is archived',
  cant_update_message: 'only the app that posted a message may change it',
  user_disabled: 'the account is deactivated in Slack',
  cannot_dm_bot: 'that account is a bot',
  edit_window_closed: 'the workspace does not allow changes to messages this old',
};

const MAX_DETAIL_CHARS = 300;

/** An `ok: false`; the code decides in callers that must tell refusals apart. */
export class SlackRefusal extends ProviderError {
  readonly code: string;

  constructor(code: string, ...args: ConstructorParameters<typeof ProviderError>) {
    super(...args);
    this.code = code;
  }
}

export function kindOfCode(code: string): ProviderErrorKind {
  if (code.startsWith('restricted_action')) return 'forbidden';
  return (Object.hasOwn(kindByCode, code) ? kindByCode[code] : undefined) ?? 'invalid';
}

/** Codes are words like `not_in_channel`; anything else a server puts there is not repeated. */
export function readCode(value: unknown): string | null {
  return typeof value === 'string' && /^[a-z0-9_]{1,80}$/.test(value) ? value : null;
}

/** @param redact removes our token, should Slack repeat it */
export function refusalOf(error: WebAPIPlatformError, method: string, redact: (text: string) => string): ProviderError {
  const data: { error: unknown; needed?: unknown; response_metadata?: { retryAfter?: number; messages?: unknown } } = error.data;
  const code = readCode(data.error);
  if (code === null) return new ProviderError('malformed', `${PROVIDER}: ${method} was refused without a reason`, { provider: PROVIDER });
  const kind = kindOfCode(code);
  const advice = adviceOf(code, data.needed) ?? redact(detailOf(data.response_metadata?.messages));
  const retryAfter = data.response_metadata?.retryAfter;
  return new SlackRefusal(code, kind, `${PROVIDER}: ${method} was refused: ${code}${advice === '' ? '' : ` (${advice})`}`, {
    provider: PROVIDER,
    status: 200,
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1000 }),
  });
}

function adviceOf(code: string, needed: unknown): string | undefined {
  if (code === 'missing_scope') {
    const scope = typeof needed === 'string' && /^[a-z.:,_ -]{1,200}$/.test(needed) ? needed : 'it needs';
    return `give the app the scope ${scope} under OAuth & Permissions and reinstall it`;
  }
  if (code.startsWith('restricted_action')) return 'a setting of the workspace or channel keeps apps from doing this: ask an admin';
  return Object.hasOwn(adviceByCode, code) ? adviceByCode[code] : undefined;
}

/** `[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]` */
function detailOf(messages: unknown): string {
  if (!Array.isArray(messages)) return '';
  const texts = messages.filter((message): message is string => typeof message === 'string');
  return texts.join('; ').slice(0, MAX_DETAIL_CHARS);
}
