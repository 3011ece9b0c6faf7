import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { refusal, unknownObject } from './bodies.ts';
import type { AsanaAccount, AsanaTask, AsanaWorld } from './world.ts';

type Found = { task: AsanaTask } | { refused: FakeAnswer };

export function findTask(world: AsanaWorld, account: AsanaAccount, id: string): Found {
  const external = /^external:(.*)$/s.exec(id)?.[1];
  const found = world.tasks.find((task) =>
    external === undefined ? task.gid === id : task.isKnown && task.external?.app === account.app && task.external.gid === external,
  );
  if (!found) return { refused: external === undefined ? unknownObject('task', id) : refusal(404, `task: Unknown object: ${id}`) };
  if (!account.workspaces.has(found.workspace)) return { refused: refusal(403, 'Forbidden') };
  return { task: found };
}

export const dataOf = (request: FakeRequest): Record<string, unknown> =>
  (request.body as { data?: Record<string, unknown> } | undefined)?.data ?? {};
