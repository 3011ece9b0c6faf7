import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { pageOf, refusal, unknownObject } from './bodies.ts';
import { findTask } from './find-task.ts';
import type { Route } from './site.ts';
import type { AsanaAccount, AsanaTask, AsanaWorld } from './world.ts';

export function attachmentRoutes(world: AsanaWorld, route: Route): void {
  route('GET', '/attachments', (account, request) => {
    const parent = request.query.get('parent');
    if (parent === null) return refusal(400, 'parent: Missing input');
    const found = findTask(world, account, parent);
    return 'task' in found ? pageOf(request, found.task.attachments.map(bodyOf)) : found.refused;
  });
  route('POST', '/attachments', (account, request) => attach(world, account, request));
  route('DELETE', '/attachments/:attachment', (account, request) => {
    const id = request.params.attachment ?? '';
    const task = world.tasks.find(
      ({ workspace, attachments }) => account.workspaces.has(workspace) && attachments.some(({ gid }) => gid === id),
    );
    if (!task) return unknownObject('attachment', id);
    task.attachments = task.attachments.filter(({ gid }) => gid !== id);
    return { status: 200, body: { data: {} } };
  });
}

/** The only call that takes a form and no JSON. */
async function attach(world: AsanaWorld, account: AsanaAccount, request: FakeRequest): Promise<FakeAnswer> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data; boundary=')) return refusal(400, 'parent: Missing input');
  const form = await new Response(new Uint8Array(request.rawBody), { headers: { 'content-type': type } }).formData();
  const field = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const [parent, url, name] = [field('parent'), field('url'), field('name')];
  if (parent === null) return refusal(400, 'parent: Missing input');
  if (field('resource_subtype') !== 'external') return refusal(400, 'file: Missing input');
  if (url === null || name === null || !URL.canParse(url)) return refusal(400, 'url: Not a valid URL');
  const found = findTask(world, account, parent);
  if ('refused' in found) return found.refused;
  const attachment = { gid: world.newId(), name, url };
  found.task.attachments.push(attachment);
  return { status: 200, body: { data: bodyOf(attachment) } };
}

const bodyOf = ({ gid, name, url }: AsanaTask['attachments'][number]) => ({
  gid,
  resource_type: 'attachment',
  resource_subtype: 'external',
  name,
  view_url: url,
});
