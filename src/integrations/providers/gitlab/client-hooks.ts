import { ProjectHooks } from '@gitbeaker/rest';
import { data, EXPANDED, type Gitbeaker, maybe, paged } from './call.ts';
import * as schema from './schema.ts';

/** `token` is the secret of the hook; each event by its name, as GitLab has them. */
export type HookSettings = Record<string, boolean | string>;

export function hookCalls({ options, call, project }: Gitbeaker) {
  const hooks = new ProjectHooks(options);
  return {
    hooks: (page: number) => call('list webhooks', hooks.all(project, paged(page)), schema.hooksSchema),
    createHook: (url: string, hook: HookSettings) =>
      data(call('create the webhook', hooks.add(project, url, { ...EXPANDED, ...hook }), schema.hookSchema)),
    updateHook: (id: string, url: string, hook: HookSettings) =>
      data(call('update the webhook', hooks.edit(project, Number(id), url, { ...EXPANDED, ...hook }), schema.hookSchema)),
    removeHook: (id: string) => maybe(call('remove the webhook', hooks.remove(project, Number(id), { ...EXPANDED }), schema.takenSchema)),
  };
}
