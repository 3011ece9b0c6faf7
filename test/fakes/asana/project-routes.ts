import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { compact, pageOf, projectBody, refusal, single, unknownObject } from './bodies.ts';
import { dataOf } from './find-task.ts';
import type { Route } from './site.ts';
import type { AsanaAccount, AsanaNamed, AsanaProject, AsanaWorld } from './world.ts';

export function projectRoutes(world: AsanaWorld, route: Route): void {
  const withProject = (handler: (project: AsanaProject, request: FakeRequest) => FakeAnswer) => {
    return (account: AsanaAccount, request: FakeRequest) => {
      const id = request.params.project ?? '';
      const project = world.projects.find(({ gid, workspace }) => gid === id && account.workspaces.has(workspace));
      return project ? handler(project, request) : unknownObject('project', id);
    };
  };

  route(
    'GET',
    '/projects/:project',
    withProject((project, request) => single(request, 200, projectBody(world, project))),
  );
  route(
    'GET',
    '/projects/:project/sections',
    withProject((project, request) =>
      pageOf(
        request,
        project.sections.map((section) => compact('section', section)),
      ),
    ),
  );
  route(
    'GET',
    '/projects/:project/custom_field_settings',
    withProject((project, request) =>
      pageOf(
        request,
        project.fields.map(({ gid, name, options }) => ({
          gid: `${gid}0`,
          resource_type: 'custom_field_setting',
          custom_field: {
            ...compact('custom_field', { gid, name }),
            enum_options: options.map((option) => ({ ...compact('enum_option', option), enabled: option.enabled })),
          },
        })),
      ),
    ),
  );
}

export function workspaceRoutes(world: AsanaWorld, route: Route): void {
  const seen = (account: AsanaAccount) => world.workspaces.filter(({ gid }) => account.workspaces.has(gid));
  const withWorkspace = (
    id: (request: FakeRequest) => string | null,
    handler: (workspace: AsanaNamed, request: FakeRequest) => FakeAnswer,
  ) => {
    return (account: AsanaAccount, request: FakeRequest) => {
      const gid = id(request);
      if (gid === null) return refusal(400, 'workspace: Missing input');
      const workspace = seen(account).find((each) => each.gid === gid);
      return workspace ? handler(workspace, request) : unknownObject('workspace', gid);
    };
  };
  const ofPath = (request: FakeRequest) => request.params.workspace ?? null;

  route('GET', '/users/me', (account, request) => {
    const workspaces = seen(account).map((workspace) => compact('workspace', workspace));
    return single(request, 200, { ...compact('user', account), email: account.email, workspaces });
  });
  route('GET', '/workspaces', (account, request) =>
    pageOf(
      request,
      seen(account).map((workspace) => compact('workspace', workspace)),
    ),
  );
  route(
    'GET',
    '/workspaces/:workspace/projects',
    withWorkspace(ofPath, ({ gid }, request) => {
      const archived = request.query.get('archived');
      const projects = world.projects.filter(
        (project) => project.workspace === gid && (archived === null || String(project.archived) === archived),
      );
      return pageOf(
        request,
        projects.map((project) => projectBody(world, project)),
      );
    }),
  );
  route(
    'GET',
    '/users',
    withWorkspace(
      (request) => request.query.get('workspace'),
      ({ gid }, request) =>
        pageOf(
          request,
          world.accounts.filter(({ workspaces }) => workspaces.has(gid)).map((account) => compact('user', account)),
        ),
    ),
  );
  route(
    'GET',
    '/workspaces/:workspace/tags',
    withWorkspace(ofPath, ({ gid }, request) =>
      pageOf(
        request,
        world.tags.filter(({ workspace }) => workspace === gid).map((tag) => compact('tag', tag)),
      ),
    ),
  );
  route(
    'POST',
    '/workspaces/:workspace/tags',
    withWorkspace(ofPath, ({ gid }, request) => {
      const { name } = dataOf(request);
      if (typeof name !== 'string' || name.trim() === '') return refusal(400, 'name: Missing input');
      return single(request, 201, compact('tag', world.addTag(gid, name)));
    }),
  );
}
