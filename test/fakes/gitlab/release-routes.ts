import type { FakeRequest } from '../fake-wire.ts';
import { missing, notFound, page, param, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import { DEVELOPER, type FakeProject, MAINTAINER } from './project.ts';
import type { RouteContext } from './repository-routes.ts';

/** Releases and webhooks of a project. */
export function releaseRoutes({ route }: RouteContext): void {
  const find = (request: FakeRequest, project: FakeProject) => project.releases.find((each) => each.tag === request.params.tag);

  route('GET', '/releases/:tag', (request, project) => {
    const release = find(request, project);
    return release ? { status: 200, body: bodies.release(project, release) } : notFound();
  });

  route(
    'POST',
    '/releases',
    (request, project) => {
      const tag = text(request, 'tag_name');
      if (!tag) return missing('tag_name');
      if (project.releases.some((each) => each.tag === tag)) return refusal(409, 'Release already exists');
      const ref = text(request, 'ref');
      if (!project.git.tags.has(tag)) {
        if (!ref) return refusal(422, 'Ref is not specified');
        const commit = project.git.resolve(ref);
        if (!commit) return refusal(422, `Target ${ref} is invalid`);
        project.tag(tag, commit.sha, null);
      }
      const created = {
        tag,
        name: text(request, 'name') ?? tag,
        description: text(request, 'description') ?? '',
        createdAt: project.stamp(),
      };
      project.releases.push(created);
      return { status: 201, body: bodies.release(project, created) };
    },
    { role: DEVELOPER },
  );

  route(
    'PUT',
    '/releases/:tag',
    (request, project) => {
      const release = find(request, project);
      if (!release) return notFound();
      release.name = text(request, 'name') ?? release.name;
      release.description = text(request, 'description') ?? release.description;
      return { status: 200, body: bodies.release(project, release) };
    },
    { role: DEVELOPER },
  );
}

export function hookRoutes({ route, server }: RouteContext): void {
  const role = MAINTAINER;

  route(
    'GET',
    '/hooks',
    (request, project) => {
      const listed = page(request, project.hooks, server.origin);
      return { status: 200, headers: listed.headers, body: listed.items.map((hook) => bodies.hook(project, hook)) };
    },
    { role },
  );

  route(
    'POST',
    '/hooks',
    (request, project) => {
      const url = text(request, 'url');
      if (!url) return missing('url');
      if (!/^https?:\/\//.test(url)) return refusal(422, 'Invalid url given');
      const hook = project.addHook({ url, token: text(request, 'token') ?? null, events: [] });
      // Unless told otherwise a hook hears of pushes.
      hook.events.add('push_events');
      setSwitches(request, hook.events);
      return { status: 201, body: bodies.hook(project, hook) };
    },
    { role },
  );

  route(
    'PUT',
    '/hooks/:id',
    (request, project) => {
      const hook = project.hooks.find((each) => String(each.id) === request.params.id);
      if (!hook) return notFound();
      hook.url = text(request, 'url') ?? hook.url;
      hook.token = text(request, 'token') ?? hook.token;
      setSwitches(request, hook.events);
      return { status: 200, body: bodies.hook(project, hook) };
    },
    { role },
  );

  route(
    'DELETE',
    '/hooks/:id',
    (request, project) => {
      const at = project.hooks.findIndex((each) => String(each.id) === request.params.id);
      if (at < 0) return notFound();
      project.hooks.splice(at, 1);
      return { status: 204 };
    },
    { role },
  );
}

function setSwitches(request: FakeRequest, events: Set<string>): void {
  for (const name of bodies.hookSwitches) {
    const on = param(request, name);
    if (on === true) events.add(name);
    if (on === false) events.delete(name);
  }
}
