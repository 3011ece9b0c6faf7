import { randomBytes } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { hookBody, pageOf, refusal, unknownObject } from './bodies.ts';
import { dataOf } from './find-task.ts';
import type { Route } from './site.ts';
import type { AsanaAccount, AsanaWorld } from './world.ts';

/** Whether the address gave the secret back. */
export type Handshake = (target: string, secret: string) => Promise<boolean>;

export function hookRoutes(world: AsanaWorld, route: Route, handshake: Handshake): void {
  route('GET', '/webhooks', (account, request) => {
    const workspace = request.query.get('workspace');
    if (workspace === null) return refusal(400, 'workspace: Missing input');
    if (!account.workspaces.has(workspace)) return unknownObject('workspace', workspace);
    return pageOf(request, world.hooks.filter((hook) => hook.workspace === workspace).map(hookBody));
  });
  route('POST', '/webhooks', (account, request) => create(world, account, request, handshake));
  route('DELETE', '/webhooks/:hook', (account, request) => {
    const id = request.params.hook ?? '';
    const at = world.hooks.findIndex((hook) => hook.gid === id && account.workspaces.has(hook.workspace));
    if (at < 0) return unknownObject('webhook', id);
    world.hooks.splice(at, 1);
    return { status: 200, body: { data: {} } };
  });
}

/** In the middle of the call the address is asked for the secret. */
async function create(world: AsanaWorld, account: AsanaAccount, request: FakeRequest, handshake: Handshake): Promise<FakeAnswer> {
  const { resource, target, filters } = dataOf(request);
  if (typeof resource !== 'string') return refusal(400, 'You should specify one of resource');
  if (typeof target !== 'string' || !URL.canParse(target)) return refusal(400, 'target: Not a valid URL');
  const project = world.projects.find(({ gid, workspace }) => gid === resource && account.workspaces.has(workspace));
  if (!project) return unknownObject('resource', resource);
  if (world.hooks.some((hook) => hook.resource.gid === resource && hook.target === target)) {
    return refusal(
      403,
      'Duplicated webhook. You already have an existing webhook for the given resource and target. Delete the old one before creating another.',
    );
  }
  const secret = randomBytes(32).toString('hex');
  if (!(await handshake(target, secret))) return refusal(400, 'The remote server did not respond with the handshake secret.');
  const { gid, name, workspace } = project;
  const hook = world.addHook({
    workspace,
    resource: { gid, name },
    ...{ target, secret, active: true, filters: Array.isArray(filters) ? filters : [] },
  });
  return { status: 201, body: { data: hookBody(hook), 'X-Hook-Secret': secret } };
}
