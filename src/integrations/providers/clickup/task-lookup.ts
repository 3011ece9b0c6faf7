import { ProviderError } from '../../kit/provider-error.ts';
import type { ClickupClient, TaskAddress } from './client.ts';
import { PROVIDER } from './identity.ts';
import type { Task } from './schema.ts';
import type { ClickupWorkspace } from './workspace.ts';

/** `APP-12`; ids of ClickUp's own have no hyphen. */
const CUSTOM_ID = /^[^\s-]+-\d+$/;

export type TaskLookup = ReturnType<typeof taskLookup>;

/** Tasks by the keys that people use. */
export function taskLookup(client: ClickupClient, workspace: ClickupWorkspace) {
  async function locate(key: string): Promise<TaskAddress> {
    if (!CUSTOM_ID.test(key)) return { id: key, query: {} };
    return { id: key, query: { custom_task_ids: true, team_id: await workspace.id() } };
  }

  async function find(key: string): Promise<Task | null> {
    const task = await client.task(await locate(key));
    if (!task) await workspace.assertOpen();
    return task;
  }

  return {
    locate,
    find,
    async required(key: string): Promise<Task> {
      const task = await find(key);
      if (task) return task;
      throw new ProviderError('not-found', `clickup: task ${key} does not exist or is not visible to the token`, { provider: PROVIDER });
    },
  };
}
