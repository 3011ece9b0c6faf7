import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { clickupClient } from './client.ts';
import type { ClickupConnection } from './identity.ts';
import { chooseTeam } from './workspace.ts';

const GUEST = 4;

export async function verifyClickup(connection: ClickupConnection, deps: AdapterDeps): Promise<Verification> {
  const client = clickupClient(connection, deps);
  try {
    const { user } = await client.me();
    const choice = chooseTeam((await client.teams()).teams, connection.settings.teamId);
    if ('problem' in choice) return { ok: false, problems: [choice.problem] };
    const role = choice.team.members?.find((member) => member.user.id === user.id)?.user.role;
    const { spaces } = await client.spaces(choice.team.id);
    const problems = [
      ...(role === GUEST
        ? [
            `${nameOf(user)} is a guest of the Workspace ${choice.team.name}: guests cannot make tags or webhooks. Invite the account as a member.`,
          ]
        : []),
      ...(spaces.length === 0
        ? [`${nameOf(user)} sees no Space of the Workspace ${choice.team.name}: share the Spaces of your releases with the account.`]
        : []),
    ];
    return problems.length > 0 ? { ok: false, problems } : { ok: true, account: nameOf(user), expiresAt: null, rateLimit: null };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

function nameOf({ id, username, email }: { id: number; username?: string | null | undefined; email?: string | null | undefined }): string {
  return username || email || String(id);
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return `ClickUp does not accept the token (${error.message}). Make a new one under Settings → Apps, or authorise the OAuth app again.`;
    case 'forbidden':
      return `ClickUp refuses the account: ${error.message}. Give it access to the Workspace.`;
    case 'not-found':
    case 'malformed':
      return `What answers at the base URL is not ClickUp's API (${error.message}). Leave the base URL empty unless a proxy stands in between.`;
    case 'invalid':
    case 'conflict':
      return error.message;
    case 'rate-limited':
    case 'timeout':
    case 'unavailable':
      return null;
    default:
      return error.kind satisfies never;
  }
}
