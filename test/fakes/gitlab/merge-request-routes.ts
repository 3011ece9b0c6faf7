import type { FakeAnswer } from '../fake-wire.ts';
import { missing, notFound, page, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import { DEVELOPER, type FakeMergeRequest, type FakeProject } from './project.ts';
import type { RouteContext } from './repository-routes.ts';

export function mergeRequestRoutes({ route, server }: RouteContext): void {
  route('GET', '/merge_requests', (request, project) => {
    const wanted = (name: string, value: string) => (request.query.get(name) ?? value) === value;
    const matching = project.mergeRequests.filter(
      (each) =>
        (request.query.get('state') === 'all' || wanted('state', each.state)) &&
        wanted('source_branch', each.source) &&
        wanted('target_branch', each.target),
    );
    const sorted = request.query.get('sort') === 'asc' ? matching : matching.toReversed();
    const listed = page(request, sorted, server.origin);
    return { status: 200, headers: listed.headers, body: listed.items.map((each) => bodies.mergeRequest(project, each)) };
  });

  route('GET', '/merge_requests/:iid', (request, project) => {
    const found = find(project, request.params.iid);
    return found ? { status: 200, body: bodies.mergeRequest(project, found) } : notFound();
  });

  route(
    'POST',
    '/merge_requests',
    (request, project, { username }) => {
      const [source, target, title] = [text(request, 'source_branch'), text(request, 'target_branch'), text(request, 'title')];
      if (!source || !target || !title) return missing(title ? (source ? 'target_branch' : 'source_branch') : 'title');
      if (source === target) return refusal(422, ["You can't use same project/branch for source and target"]);
      const open = project.mergeRequests.find((each) => each.state === 'opened' && each.source === source && each.target === target);
      if (open) return refusal(409, [`Another open merge request already exists for this source branch: !${open.iid}`]);
      if (!project.git.branches.has(target)) return refusal(422, ['Target branch does not exist']);
      if (!project.git.branches.has(source)) return refusal(422, ['Source branch does not exist']);
      const opened = project.openMergeRequest({ title, source, target, author: username, description: text(request, 'description') ?? '' });
      return { status: 201, body: bodies.mergeRequest(project, opened) };
    },
    { role: DEVELOPER },
  );

  route('PUT', '/merge_requests/:iid/merge', (request, project, { role }): FakeAnswer => {
    const found = find(project, request.params.iid);
    if (!found) return notFound();
    // Missing rights to merge are 401 here, as nowhere else.
    if (role < DEVELOPER) return refusal(401, '401 Unauthorized');
    if (found.state !== 'opened') return refusal(405, '405 Method Not Allowed');
    const status = bodies.mergeStatus(project, found);
    if (found.checksLeft > 0) found.checksLeft -= 1;
    if (status === 'conflict') return refusal(422, 'Branch cannot be merged');
    if (status !== 'mergeable') return refusal(405, '405 Method Not Allowed');
    const head = project.headOf(found);
    const sha = text(request, 'sha');
    if (sha !== undefined && sha !== head) return refusal(409, `SHA does not match HEAD of source branch: ${head}`);
    project.merge(found.iid);
    return { status: 200, body: bodies.mergeRequest(project, found) };
  });

  // Of paid tiers.
  route('GET', '/approval_rules', (request, project) => {
    const listed = page(request, project.approvalRules, server.origin);
    const body = listed.items.map(({ id, name, approvals, branches }) => ({
      ...bodies.scopedRule(project, id, name, branches),
      rule_type: 'regular',
      approvals_required: approvals,
      applies_to_all_protected_branches: false,
    }));
    return { status: 200, headers: listed.headers, body };
  });
  route('GET', '/external_status_checks', (request, project) => {
    const listed = page(request, project.statusChecks, server.origin);
    return {
      status: 200,
      headers: listed.headers,
      body: listed.items.map(({ id, name, branches }) => bodies.scopedRule(project, id, name, branches)),
    };
  });
}

function find(project: FakeProject, iid: string | undefined): FakeMergeRequest | undefined {
  return project.mergeRequests.find((each) => String(each.iid) === iid);
}
