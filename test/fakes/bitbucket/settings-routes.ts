import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { member, notFound, page, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import type { FakeHook, FakeRepository } from './repository.ts';
import type { RouteContext } from './route.ts';

/** Branch restrictions, the branching model, webhooks. */
export function settingsRoutes({ route, origin }: RouteContext): void {
  route('GET', '/branch-restrictions', 'repository:admin', (request, each) =>
    page(request, each.restrictions.map(bodies.restriction), origin()),
  );
  route('GET', '/effective-branching-model', 'repository', (_request, each) => ({
    status: 200,
    body: {
      type: 'effective_repo_branching_model',
      branch_types: each.branchTypes,
      development: { name: each.defaultBranch, use_mainbranch: true, branch: { type: 'branch', name: each.defaultBranch } },
    },
  }));

  route('GET', '/hooks', 'webhook', (request, each) =>
    page(
      request,
      each.hooks.map((hook) => bodies.hook(each, hook)),
      origin(),
    ),
  );
  route('POST', '/hooks', 'webhook', (request, each) => {
    const wanted = hookOf(request);
    return 'status' in wanted ? wanted : { status: 201, body: bodies.hook(each, each.addHook(wanted)) };
  });
  route('PUT', '/hooks/:uuid', 'webhook', (request, each) => {
    const hook = find(request, each);
    const wanted = hookOf(request);
    if (!hook) return notFound('Webhook');
    if ('status' in wanted) return wanted;
    // A secret that is not sent stays.
    Object.assign(hook, wanted, { secret: wanted.secret ?? hook.secret });
    return { status: 200, body: bodies.hook(each, hook) };
  });
  route('DELETE', '/hooks/:uuid', 'webhook', (request, each) => {
    const hook = find(request, each);
    if (!hook) return notFound('Webhook');
    each.hooks.splice(each.hooks.indexOf(hook), 1);
    return { status: 204 };
  });
}

const EVENTS = /^(repo:(push|fork|updated|commit_comment_created|commit_status_(created|updated))|pullrequest:[a-z_]+|issue:[a-z_]+)$/;

function find(request: FakeRequest, each: FakeRepository): FakeHook | undefined {
  return each.hooks.find((hook) => hook.uuid === request.params.uuid);
}

function hookOf(request: FakeRequest): Omit<FakeHook, 'uuid' | 'createdAt'> | FakeAnswer {
  const url = text(request, 'url');
  const events = member(request, 'events');
  if (!URL.canParse(url)) return refusal(400, 'url: invalid URL', { fields: { url: ['invalid URL'] } });
  if (!Array.isArray(events) || events.length === 0 || !events.every((event) => EVENTS.test(String(event)))) {
    return refusal(400, 'events: invalid event', { fields: { events: ['invalid event'] } });
  }
  const secret = text(request, 'secret');
  if (secret.length > 128) return refusal(400, 'secret: too long', { fields: { secret: ['too long'] } });
  return {
    url,
    description: text(request, 'description'),
    active: member(request, 'active') !== false,
    events: [...new Set(events.map(String))],
    secret: secret || null,
  };
}
