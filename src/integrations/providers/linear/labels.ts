import { ProviderError } from '../../kit/provider-error.ts';
import type { LinearClient } from './client.ts';
import { linearTrouble } from './linear-error.ts';
import { sameName } from './same-name.ts';
import type { LinearLabel, LinearTeam } from './schema.ts';

/** The type that every issue has: Linear knows no others, labels stand for them. */
export const PLAIN_TYPE = 'Issue';

/** The label that stands for a type, which must be there; `null` for the plain one. */
export async function typeLabel(client: LinearClient, team: LinearTeam, type: string): Promise<string | null> {
  if (sameName(type, PLAIN_TYPE)) return null;
  const found = await findLabel(client, team, type);
  if (found && !found.isGroup) return found.id;
  throw linearTrouble(
    'invalid',
    `team ${team.key} has no type "${type}": a type is the name of a label that the team may use, or "${PLAIN_TYPE}" for none`,
  );
}

/** The label of that name, made in the team where there is none. */
export async function ensureLabel(client: LinearClient, team: LinearTeam, name: string): Promise<string> {
  const found = (await findLabel(client, team, name)) ?? (await createLabel(client, team, name));
  if (!found.isGroup) return found.id;
  throw linearTrouble('invalid', `"${found.name}" is a group of labels in team ${team.key}: name one of its labels`);
}

/** A name that is taken is refused: somebody made it between our look and our write. */
async function createLabel(client: LinearClient, team: LinearTeam, name: string): Promise<LinearLabel> {
  try {
    return await client.createLabel({ name, teamId: team.id });
  } catch (error) {
    if (!(error instanceof ProviderError && (error.kind === 'invalid' || error.kind === 'conflict'))) throw error;
    const found = await findLabel(client, team, name);
    if (!found) throw error;
    return found;
  }
}

/** The team's own before that of the workspace. */
async function findLabel(client: LinearClient, team: LinearTeam, name: string): Promise<LinearLabel | null> {
  let found: LinearLabel | null = null;
  for await (const label of client.labels(team.id, [name])) {
    if (!sameName(label.name, name)) continue;
    if (label.team) return label;
    found ??= label;
  }
  return found;
}
