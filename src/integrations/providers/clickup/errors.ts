import { kindOfStatus } from '../../kit/http.ts';
import type { ProviderErrorKind } from '../../kit/provider-error.ts';
import { errorBody } from './schema.ts';

/** Token missing, unknown or revoked ("Common errors" of the API's documentation; 018 is what OAuth apps get). */
const TOKEN_REFUSED = new Set(['OAUTH_017', 'OAUTH_018', 'OAUTH_019', 'OAUTH_021', 'OAUTH_025', 'OAUTH_077']);
const TEAM_NOT_AUTHORIZED = new Set(['OAUTH_023', 'OAUTH_026', 'OAUTH_027']);
const WEBHOOK_EXISTS = 'OAUTH_171';

/**
 * ClickUp answers 401 to much that has nothing to do with the token; only its own code tells.
 * @param elsewhere what "Team not authorized" stands for: that is how ClickUp answers for a task or List that does not exist, as for one of
 *   a Workspace that is closed to the token
 */
export function kindOfAnswer(elsewhere: ProviderErrorKind) {
  return (status: number, headers: Headers, body: unknown): ProviderErrorKind => {
    const code = codeOf(body);
    if (TOKEN_REFUSED.has(code)) return 'unauthorized';
    if (code === WEBHOOK_EXISTS) return 'conflict';
    if (status !== 401) return kindOfStatus(status, headers);
    if (isTeamNotAuthorized(code)) return elsewhere;
    // ACCESS_…, TEAM_… and others: the token is known, its owner may not.
    return code === '' || code.startsWith('OAUTH_') ? 'unauthorized' : 'forbidden';
  };
}

export function describeError(body: unknown): string | undefined {
  const parsed = errorBody.safeParse(body);
  if (!parsed.success || !parsed.data.err) return undefined;
  return parsed.data.ECODE ? `${parsed.data.err} (${parsed.data.ECODE})` : parsed.data.err;
}

function isTeamNotAuthorized(code: string): boolean {
  const number = Number(/^OAUTH_(\d{3})$/.exec(code)?.[1] ?? 0);
  return TEAM_NOT_AUTHORIZED.has(code) || (number >= 29 && number <= 45);
}

function codeOf(body: unknown): string {
  const parsed = errorBody.safeParse(body);
  return (parsed.success && parsed.data.ECODE) || '';
}
