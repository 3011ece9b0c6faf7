import { hookBody, ok, refusal, teamNotAuthorized } from './answers.ts';
import { type Add, teamOf } from './hierarchy-routes.ts';
import type { ClickupWorld } from './world.ts';

/** Webhooks of the API: each user sees their own, and ClickUp makes the secrets. */
export function addWebhookRoutes(add: Add, world: ClickupWorld): void {
  add('GET', '/team/:team/webhook', (user, { params }) => {
    const team = teamOf(world, user, params.team);
    if (!team) return teamNotAuthorized();
    return ok({ webhooks: [...world.hooks.values()].filter((hook) => hook.team === team && hook.owner === user).map(hookBody) });
  });
  add('POST', '/team/:team/webhook', (user, { params, body }) => {
    const team = teamOf(world, user, params.team);
    if (!team) return teamNotAuthorized();
    const { endpoint, events, list_id: listId = null } = (body ?? {}) as { endpoint?: string; events?: string[]; list_id?: number };
    if (!endpoint || !Array.isArray(events) || events.length === 0) return refusal(400, 'Webhook invalid', 'OAUTH_170');
    const isTaken = [...world.hooks.values()].some((hook) => hook.team === team && hook.endpoint === endpoint && hook.listId === listId);
    if (isTaken) return refusal(400, 'Webhook configuration already exists', 'OAUTH_171');
    const hook = world.addHook({ owner: user, team, endpoint, events, listId });
    return ok({ id: hook.id, webhook: hookBody(hook) });
  });
  add('DELETE', '/webhook/:hook', (user, { params }) => {
    const hook = world.hooks.get(params.hook ?? '');
    if (hook?.owner !== user) return refusal(404, 'Webhook not found', 'OAUTH_172');
    world.hooks.delete(hook.id);
    return ok({});
  });
}
