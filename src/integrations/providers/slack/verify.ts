import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';

type Scopes = Readonly<Record<string, string>>;

const requiredScopes: Scopes = {
  'chat:write': 'to post messages',
  'channels:read': 'to list channels',
  'channels:history': 'to find a message again, so that it is not posted twice',
};

/** Demanded by those who switched on what needs them. */
const scopesOfUse: Readonly<Record<keyof SlackConnection['settings'], Scopes>> = {
  approvals: {
    'users:read': 'to see who pressed a button',
    'users:read.email': 'to find the people who answer with buttons',
    'im:write': 'to write to a person alone',
    'im:history': 'to find such a message again, so that it is not posted twice',
  },
  files: { 'files:write': 'to share files', 'files:read': 'to find a shared file again, so that it is not shared twice' },
};

/** Asks who we are (auth.test) and reads the granted scopes from the answer's headers. */
export async function verifySlack(connection: SlackConnection, deps: AdapterDeps): Promise<Verification> {
  try {
    const { user, team, expires_in, response_metadata } = await slackClient(connection, deps).identity();
    const problems = scopeProblems(response_metadata?.scopes, neededScopes(connection.settings));
    if (problems.length > 0) return { ok: false, problems };
    const expiresAt = expires_in === undefined ? null : new Date(deps.now().getTime() + expires_in * 1000).toISOString();
    return { ok: true, account: `${user} in ${team}`, expiresAt, rateLimit: null };
  } catch (error) {
    const problem = problemOf(error);
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

function neededScopes({ approvals, files }: SlackConnection['settings']): Scopes {
  return { ...requiredScopes, ...(approvals && scopesOfUse.approvals), ...(files && scopesOfUse.files) };
}

function scopeProblems(granted: string[] | undefined, needed: Scopes): string[] {
  if (granted === undefined) {
    return ['Slack did not say which scopes the token has: check that the base URL is that of the Web API (https://slack.com/api).'];
  }
  return Object.entries(needed)
    .filter(([scope]) => !granted.includes(scope))
    .map(([scope, purpose]) => `The app lacks the scope ${scope}, ${purpose}: add it under OAuth & Permissions and reinstall the app.`);
}

/** A refusal is an answer to our question; when Slack could not be asked the error goes on. */
function problemOf(error: unknown): string | null {
  if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) return null;
  if (error.kind === 'unauthorized') return `Slack does not accept the bot token: ${error.message}.`;
  if (error.kind === 'forbidden') return `Slack does not let the app in: ${error.message}.`;
  return 'The base URL does not answer like the Web API of Slack (https://slack.com/api).';
}
