import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { listBody, listNotFound, ok, refusal, spaceBody, teamBody, teamNotAuthorized, userBody, wholeListBody } from './answers.ts';
import type { ClickupList, ClickupSpace, ClickupTeam, ClickupUser, ClickupWorld } from './world.ts';

/** People and places: who may see a Workspace, a Space and what is in it. */

export type Handler = (user: ClickupUser, request: FakeRequest) => FakeAnswer;
export type Add = (method: string, path: string, handler: Handler) => void;

export function teamOf(world: ClickupWorld, user: ClickupUser, id = ''): ClickupTeam | undefined {
  const team = world.teams.get(id);
  return team?.members.has(user.id) ? team : undefined;
}

function sees(user: ClickupUser, { team, members }: ClickupSpace): boolean {
  return team.members.has(user.id) && (members === null || members.has(user.id));
}

export function spaceOf(world: ClickupWorld, user: ClickupUser, id = ''): ClickupSpace | undefined {
  const space = world.spaces.get(id);
  return space && sees(user, space) ? space : undefined;
}

/** The List, or how ClickUp refuses it. */
export function listOf(world: ClickupWorld, user: ClickupUser, id = ''): ClickupList | FakeAnswer {
  if (!/^\d+$/.test(id)) return refusal(400, 'List ID invalid', 'INPUT_003');
  const list = world.lists.get(id);
  if (!list) return listNotFound();
  return sees(user, list.space) ? list : teamNotAuthorized();
}

export const isList = (found: ClickupList | FakeAnswer): found is ClickupList => 'statuses' in found;

export function addHierarchyRoutes(add: Add, world: ClickupWorld): void {
  const withSpace = (id: string, use: (space: ClickupSpace, request: FakeRequest) => FakeAnswer): Handler => {
    return (user, request) => {
      const space = spaceOf(world, user, request.params[id]);
      return space ? use(space, request) : teamNotAuthorized();
    };
  };
  const withList = (use: (list: ClickupList) => FakeAnswer): Handler => {
    return (user, request) => {
      const list = listOf(world, user, request.params.list);
      return isList(list) ? use(list) : list;
    };
  };
  const listsIn = (test: (list: ClickupList) => boolean) => [...world.lists.values()].filter(test).map(listBody);

  add('GET', '/user', (user) => ok({ user: { ...userBody(user), week_start_day: 0, global_font_support: true } }));
  add('GET', '/team', (user) => {
    const teams = [...world.teams.values()].filter((team) => team.members.has(user.id));
    return ok({ teams: teams.map((team) => teamBody(world, team)) });
  });
  add('GET', '/team/:team/space', (user, { params }) => {
    const team = teamOf(world, user, params.team);
    if (!team) return teamNotAuthorized();
    const spaces = [...world.spaces.values()].filter((space) => space.team === team && sees(user, space));
    return ok({ spaces: spaces.map((space) => spaceBody(world, space)) });
  });
  add('GET', '/team/:team/custom_item', (user, { params }) => {
    const team = teamOf(world, user, params.team);
    return team ? ok({ custom_items: team.taskTypes.map((type) => ({ ...type, name_plural: `${type.name}s` })) }) : teamNotAuthorized();
  });
  add(
    'GET',
    '/space/:space/folder',
    withSpace('space', (space) => {
      const folders = [...world.folders.values()].filter((folder) => folder.space === space);
      return ok({
        folders: folders.map((folder) => ({ ...folder, space: { id: space.id }, lists: listsIn((list) => list.folder === folder) })),
      });
    }),
  );
  add(
    'GET',
    '/space/:space/list',
    withSpace('space', (space) => ok({ lists: listsIn((list) => list.space === space && list.folder === null) })),
  );
  add('GET', '/folder/:folder/list', (user, { params }) => {
    const folder = world.folders.get(params.folder ?? '');
    return folder && sees(user, folder.space) ? ok({ lists: listsIn((list) => list.folder === folder) }) : teamNotAuthorized();
  });
  add(
    'GET',
    '/list/:list',
    withList((list) => ok(wholeListBody(list))),
  );
  add(
    'GET',
    '/list/:list/member',
    withList((list) => {
      const members = [...list.members].flatMap((id) => world.users.get(id) ?? []);
      return ok({ members: members.map((member) => ({ ...userBody(member), profileInfo: {} })) });
    }),
  );
  add(
    'GET',
    '/space/:space/tag',
    withSpace('space', (space) => ok({ tags: [...space.tags].map((name) => ({ name, tag_fg: '#ffffff', tag_bg: '#536cfe' })) })),
  );
  add(
    'POST',
    '/space/:space/tag',
    withSpace('space', (space, { body }) => {
      const name = (body as { tag?: { name?: string } } | undefined)?.tag?.name?.toLowerCase();
      if (!name) return refusal(400, 'Tag name invalid', 'TAG_001');
      if (space.tags.has(name)) return refusal(400, 'Tag already exists', 'TAG_002');
      space.tags.add(name);
      return ok({});
    }),
  );
}
