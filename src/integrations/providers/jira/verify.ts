import type { AdapterDeps, Connection, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { jiraClient } from './client.ts';
import type { JiraCredentials, JiraSettings } from './credentials.ts';

/** What we need and what it is called in Jira's permission scheme. */
const needed = {
  BROWSE_PROJECTS: 'Browse projects',
  CREATE_ISSUES: 'Create issues',
  TRANSITION_ISSUES: 'Transition issues',
  ADD_COMMENTS: 'Add comments',
  LINK_ISSUES: 'Link issues',
} as const;

export async function verifyJira(connection: Connection<JiraCredentials, JiraSettings>, deps: AdapterDeps): Promise<Verification> {
  const client = jiraClient(connection, deps);
  const { projectKey } = connection.settings;
  try {
    const me = await client.myself();
    const { permissions } = await client.myPermissions(Object.keys(needed), projectKey);
    const where = projectKey === undefined ? 'in any project' : `in project ${projectKey}`;
    const problems = Object.entries(needed)
      .filter(([key]) => permissions[key]?.havePermission !== true)
      .map(([, name]) => `The account lacks the permission "${name}" ${where}: grant it in the project's permission scheme.`);
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, account: me.displayName ?? me.name ?? me.accountId ?? 'unknown', expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error, connection) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError, connection: Connection<JiraCredentials, JiraSettings>): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return connection.credentials.kind === 'cloud'
        ? `Jira does not accept the e-mail address and API token (${error.message}). Create a new API token without scopes and enter it with the e-mail address of the same account.`
        : `Jira does not accept the personal access token (${error.message}). Create a new one in the account's profile.`;
    case 'forbidden':
      return `Jira refuses the account: ${error.message}. Give it access to Jira and the projects.`;
    case 'not-found':
      return connection.settings.projectKey === undefined
        ? `There is no Jira REST API at the base URL (${error.message}). Give the address of the site, with its context path if it has one.`
        : `Either project ${connection.settings.projectKey} does not exist or the account cannot see it, or there is no Jira at the base URL (${error.message}).`;
    case 'invalid':
    case 'conflict':
      return error.message;
    case 'malformed':
      return `What answers at the base URL is not Jira's REST API (${error.message}). Give the address of the site itself, not of a login page or proxy.`;
    case 'rate-limited':
    case 'timeout':
    case 'unavailable':
      return null;
    default:
      return error.kind satisfies never;
  }
}
