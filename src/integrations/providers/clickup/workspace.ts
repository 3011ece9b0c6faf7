import { ProviderError } from '../../kit/provider-error.ts';
import type { ClickupClient } from './client.ts';
import { type ClickupConnection, PROVIDER } from './identity.ts';
import type { Team } from './schema.ts';

/** The Workspace (ClickUp's API calls it team) that a connection works in. */

/** The one of the settings, else the only one there is; otherwise what is wrong. */
export function chooseTeam(
  teams: readonly Team[],
  teamId: string | undefined,
): { team: Team } | { problem: string; kind: 'forbidden' | 'invalid' } {
  const names = teams.map(({ id, name }) => `${name} (${id})`).join(', ');
  if (teams.length === 0) {
    return { kind: 'forbidden', problem: 'The token is open to no Workspace: invite its owner to one, or authorise the app for one.' };
  }
  if (teamId !== undefined) {
    const team = teams.find(({ id }) => id === teamId);
    if (team) return { team };
    return {
      kind: 'forbidden',
      problem: `The token is not open to Workspace ${teamId}, only to: ${names}. Correct the Workspace ID or use a token of it.`,
    };
  }
  const [team, ...others] = teams;
  if (team && others.length === 0) return { team };
  return { kind: 'invalid', problem: `The token sees several Workspaces: ${names}. Enter the ID of one as Workspace ID.` };
}

export type ClickupWorkspace = ReturnType<typeof clickupWorkspace>;

export function clickupWorkspace({ settings }: ClickupConnection, client: ClickupClient) {
  let known: Team | null = null;

  async function team(): Promise<Team> {
    if (known) return known;
    const choice = chooseTeam((await client.teams()).teams, settings.teamId);
    if ('problem' in choice) throw new ProviderError(choice.kind, `clickup: ${choice.problem}`, { provider: PROVIDER });
    known = choice.team;
    return known;
  }

  return {
    /** Asked for once, and only where it is needed. */
    team,
    id: async () => settings.teamId ?? (await team()).id,
    /** @throws ProviderError forbidden where the token has lost the Workspace: what it cannot see is not thereby absent */
    async assertOpen(): Promise<void> {
      const { teams } = await client.teams();
      const choice = chooseTeam(teams, settings.teamId);
      if ('problem' in choice && choice.kind === 'forbidden') {
        throw new ProviderError('forbidden', `clickup: ${choice.problem}`, { provider: PROVIDER });
      }
    },
  };
}
