import type { Choice, IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { ClickupClient } from './client.ts';
import { listId, taskTypes } from './new-task.ts';
import type { User } from './schema.ts';
import { statusOf } from './status.ts';
import type { ClickupWorkspace } from './workspace.ts';

/** Guests see only what is shared with them, so they cannot be assigned everywhere. */
const GUEST = 4;

/** What forms offer. None of these answers has pages. */
export function projectLists(
  client: ClickupClient,
  workspace: ClickupWorkspace,
): Pick<IssueTracker, 'projects' | 'types' | 'statuses' | 'users'> {
  async function* projects(): AsyncGenerator<Choice> {
    const { spaces } = await client.spaces(await workspace.id());
    for (const space of spaces) {
      const { lists } = await client.listsOfSpace(space.id);
      yield* lists.map(({ id, name }) => ({ id, name: `${space.name} / ${name}` }));
      const { folders } = await client.folders(space.id);
      for (const folder of folders) {
        const inside = folder.lists ?? (await client.listsOfFolder(folder.id)).lists;
        yield* inside.map(({ id, name }) => ({ id, name: `${space.name} / ${folder.name} / ${name}` }));
      }
    }
  }

  /** Who was let into the List by name, and who sees its Space: everybody but guests where it is not private. */
  async function* users(project: string): AsyncGenerator<Choice> {
    const list = await client.list(listId(project));
    const team = await workspace.team();
    const space = (await client.spaces(team.id)).spaces.find(({ id }) => id === list.space.id);
    // A Space that is not listed is shared in part only: who is in it by name is known from the List.
    const isPublic = space !== undefined && space.private !== true;
    const ofSpace = isPublic ? (team.members ?? []).filter(({ user }) => user.role !== GUEST) : (space?.members ?? []);
    const { members: ofList } = await client.listMembers(list.id);
    const people = new Map([...ofSpace.map(({ user }) => user), ...ofList].map((user) => [user.id, user]));
    yield* [...people.values()].map(choiceOf);
  }

  return {
    projects,
    types: () => taskTypes({ client, workspace }),
    statuses: async (project) => ((await client.list(listId(project))).statuses ?? []).map(statusOf),
    users,
  };
}

function choiceOf({ id, username, email }: User): Choice {
  return { id: String(id), name: username || email || String(id) };
}
