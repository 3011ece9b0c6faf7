import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type AsanaClient, asanaClient } from './client.ts';
import type { AsanaConnection } from './identity.ts';
import { externalId } from './ticket.ts';

export async function verifyAsana(connection: AsanaConnection, deps: AdapterDeps): Promise<Verification> {
  const client = asanaClient(connection, deps);
  try {
    const me = await client.me();
    if (me.workspaces.length === 0) return { ok: false, problems: ['The account is a member of no workspace: invite it to yours.'] };
    const problems = [...(await problemsOfProject(client, connection.settings.project)), ...(await problemsOfMarkers(client))];
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, account: me.name || me.email || me.gid, expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error, connection) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

async function problemsOfProject(client: AsanaClient, project: string | undefined): Promise<string[]> {
  if (project === undefined) return [];
  try {
    const { workspace } = await client.project(project);
    // Statuses are sections, labels and versions are tags: the first page tells whether they may be read.
    await client.sections(project).next();
    await client.tags(workspace.gid).next();
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [
      `Project ${project} of the settings cannot be used (${error.message}): correct its number, or share it with the account as an editor; an app needs full permissions.`,
    ];
  }
}

/** Asks for a task that is not there: whoever may not use external ids is told so instead. */
async function problemsOfMarkers(client: AsanaClient): Promise<string[]> {
  try {
    await client.task(`external:${externalId('0', 'verification')}`);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [
      `Asana does not let this token use external ids, by which Signalbox finds its tasks again (${error.message}): connect an OAuth app instead.`,
    ];
  }
}

function isRefusal(error: unknown): error is ProviderError {
  return error instanceof ProviderError && ['forbidden', 'not-found', 'invalid'].includes(error.kind);
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError, { credentials }: AsanaConnection): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return credentials.kind === 'token'
        ? `Asana does not accept the token (${error.message}). Create a new one in the developer console, or as an administrator for a service account.`
        : `Asana does not accept the app or its refresh token (${error.message}). Check client ID and secret, and let the app in again.`;
    case 'forbidden':
      return `Asana refuses the account: ${error.message}. An app needs full permissions.`;
    case 'not-found':
      return `There is no Asana API at the base URL (${error.message}). It is https://app.asana.com/api/1.0.`;
    case 'invalid':
    case 'conflict':
      return error.message;
    case 'malformed':
      return `What answers at the base URL is not the Asana API (${error.message}). It is https://app.asana.com/api/1.0.`;
    case 'rate-limited':
    case 'timeout':
    case 'unavailable':
      return null;
    default:
      return error.kind satisfies never;
  }
}
