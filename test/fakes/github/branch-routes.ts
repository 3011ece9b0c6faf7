import type { FakeServer } from '../fake-server.ts';
import { notFound, page, refusal } from './answers.ts';
import * as bodies from './branch-bodies.ts';
import type { RepositoryRoute } from './git-routes.ts';

/** Branches and the rules that stand before them. */
export function branchRoutes({ route, server }: { route: RepositoryRoute; server: FakeServer }): void {
  route('GET', '/branches', (request, repository) => {
    const names = [...repository.git.branches.keys()].sort();
    const found = page(request, names, server.origin);
    return { status: 200, headers: found.headers, body: found.items.map((name) => bodies.shortBranch(repository, name)) };
  });

  route('GET', '/branches/:branch', (request, repository) => {
    const body = bodies.branch(repository, request.params.branch ?? '');
    return body ? { status: 200, body } : refusal(404, 'Branch not found');
  });

  route('GET', '/branches/:branch/protection', (request, repository) => {
    const protection = repository.protections.get(request.params.branch ?? '');
    if (!repository.admin) return refusal(403, 'Resource not accessible by personal access token');
    return protection ? { status: 200, body: bodies.protection(protection) } : refusal(404, 'Branch not protected');
  });

  route('GET', '/rules/branches/:branch', (request, repository) => {
    const rules = repository.rules.filter((rule) => rule.branch === request.params.branch);
    const found = page(request, rules, server.origin);
    return {
      status: 200,
      headers: found.headers,
      body: found.items.map(({ type, rulesetId, parameters }) => ({
        type,
        ...(parameters ? { parameters } : {}),
        ruleset_source_type: 'Repository',
        ruleset_source: repository.fullName,
        ruleset_id: rulesetId,
      })),
    };
  });

  route('GET', '/rulesets/:id', (request, repository) => {
    const id = Number(request.params.id);
    const may = repository.bypasses.get(id);
    if (!repository.rules.some((rule) => rule.rulesetId === id)) return notFound();
    const body = { id, name: `Ruleset ${id}`, target: 'branch', source_type: 'Repository', source: repository.fullName };
    return { status: 200, body: { ...body, enforcement: 'active', ...(may === undefined ? {} : { current_user_can_bypass: may }) } };
  });
}
