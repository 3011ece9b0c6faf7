import type { FakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { member, notFound, page, refusal, text } from './answers.ts';
import { apiUrl } from './bodies.ts';
import type { RepositoryRoute } from './git-routes.ts';
import type { FakeHook, FakeRepository } from './repository.ts';

const knownEvents = ['push', 'pull_request', 'workflow_run', 'workflow_job', 'create', 'delete', 'release', 'issues', 'watch', '*'];

/** Webhooks of a repository; GitHub hides them from who does not administer it. */
export function hookRoutes({ route, server }: { route: RepositoryRoute; server: FakeServer }): void {
  const forAdmins =
    (handler: (request: FakeRequest, repository: FakeRepository) => FakeAnswer) =>
    (request: FakeRequest, repository: FakeRepository): FakeAnswer =>
      repository.admin ? handler(request, repository) : notFound();
  const withHook = (handler: (request: FakeRequest, repository: FakeRepository, hook: FakeHook) => FakeAnswer) =>
    forAdmins((request, repository) => {
      const hook = repository.hooks.find((each) => String(each.id) === request.params.hook);
      return hook ? handler(request, repository, hook) : notFound();
    });

  route(
    'GET',
    '/hooks',
    forAdmins((request, repository) => {
      const found = page(request, repository.hooks, server.origin);
      return { status: 200, headers: found.headers, body: found.items.map((hook) => hookBody(repository, hook)) };
    }),
  );

  route(
    'POST',
    '/hooks',
    forAdmins((request, repository) => {
      const wanted = read(request, { url: '', secret: '', active: true, events: ['push'] });
      const wrong = text(request, 'name') === 'web' ? misfit(repository, wanted) : refusal(422, 'Validation Failed');
      return wrong ?? { status: 201, body: hookBody(repository, repository.addHook(wanted)) };
    }),
  );

  route(
    'PATCH',
    '/hooks/:hook',
    withHook((request, repository, hook) => {
      const wanted = read(request, hook);
      const wrong = misfit(repository, wanted, hook);
      if (wrong) return wrong;
      Object.assign(hook, wanted);
      return { status: 200, body: hookBody(repository, hook) };
    }),
  );

  route(
    'DELETE',
    '/hooks/:hook',
    withHook((_request, repository, hook) => {
      repository.hooks.splice(repository.hooks.indexOf(hook), 1);
      return { status: 204 };
    }),
  );
}

type Wanted = Pick<FakeHook, 'url' | 'secret' | 'active' | 'events'>;

function read(request: FakeRequest, former: Wanted): Wanted {
  const config = (member(request, 'config') ?? {}) as { url?: string; secret?: string };
  return {
    url: config.url ?? former.url,
    // A new config without a secret takes the secret away.
    secret: member(request, 'config') === undefined ? former.secret : (config.secret ?? ''),
    active: (member(request, 'active') as boolean | undefined) ?? former.active,
    events: (member(request, 'events') as string[] | undefined) ?? former.events,
  };
}

function misfit(repository: FakeRepository, wanted: Wanted, self?: FakeHook): FakeAnswer | null {
  const custom = (message: string) => refusal(422, 'Validation Failed', [{ resource: 'Hook', code: 'custom', message }]);
  if (!URL.canParse(wanted.url)) return custom('url is not a valid URL');
  if (wanted.events.some((event) => !knownEvents.includes(event))) return custom('events contains unknown events');
  const same = (hook: FakeHook) => hook !== self && hook.url === wanted.url && String(hook.events) === String(wanted.events);
  return repository.hooks.some(same) ? custom('Hook already exists on this repository') : null;
}

function hookBody(repository: FakeRepository, hook: FakeHook) {
  const url = apiUrl(repository, `/hooks/${hook.id}`);
  return {
    type: 'Repository',
    id: hook.id,
    name: 'web',
    active: hook.active,
    events: hook.events,
    config: { url: hook.url, content_type: 'json', insecure_ssl: '0', ...(hook.secret ? { secret: '********' } : {}) },
    updated_at: hook.createdAt,
    created_at: hook.createdAt,
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: { code: null, status: 'unused', message: null },
  };
}
