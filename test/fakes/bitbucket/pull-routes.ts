import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { notFound, page, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import { commitOf } from './git-routes.ts';
import type { FakePull, FakeRepository } from './repository.ts';
import type { RouteContext } from './route.ts';

const STATES = ['OPEN', 'MERGED', 'DECLINED', 'SUPERSEDED'];

/** Pull requests: listing, opening, merging. */
export function pullRoutes({ route, origin }: RouteContext): void {
  route('GET', '/pullrequests', 'pullrequest', (request, each) => listPulls(request, each, origin()));
  route('GET', '/pullrequests/:id', 'pullrequest', (request, each) => {
    const pull = pullOf(request, each);
    return pull ? { status: 200, body: bodies.pull(each, pull) } : notFound('Pull request');
  });
  route('POST', '/pullrequests', 'pullrequest:write', openPull);
  route('POST', '/pullrequests/:id/merge', 'pullrequest:write', mergePull);
  route('GET', '/pullrequests/:id/merge/task-status/:task', 'pullrequest', (request, each) => {
    const pull = pullOf(request, each);
    if (!pull || request.params.task !== `task-${pull.id}`) return refusal(400, 'The task does not belong to this pull request');
    pull.pendingPolls -= 1;
    const links = { self: { href: `${origin()}${request.path}` } };
    if (pull.pendingPolls > 0) return { status: 200, body: { task_status: 'PENDING', links } };
    if (pull.state === 'OPEN' && !each.mergePull(pull)) return refusal(400, CONFLICT);
    return { status: 200, body: { task_status: 'SUCCESS', links, merge_result: bodies.pull(each, pull) } };
  });
  route('GET', '/commit/:hash/pullrequests', 'pullrequest', (request, each) => {
    const commit = commitOf(each, request.params.hash ?? '');
    if (!commit || each.links === 'absent') return notFound('Pull request commit links');
    const containing = each.pulls.filter((pull) => contains(each, pull, commit.sha)).map((pull) => bodies.shortPull(each, pull));
    const listed = page(request, each.links === 'ready' ? containing : [], origin());
    return each.links === 'ready' || listed.status !== 200 ? listed : { ...listed, status: 202 };
  });
}

const CONFLICT = "You can't merge until you resolve all merge conflicts.";

function pullOf(request: FakeRequest, each: FakeRepository): FakePull | undefined {
  return each.pulls.find((pull) => String(pull.id) === request.params.id);
}

function listPulls(request: FakeRequest, each: FakeRepository, origin: string): FakeAnswer {
  const states = request.query.getAll('state');
  if (states.some((state) => !STATES.includes(state))) return refusal(400, 'Invalid state');
  const query = matcher(request.query.get('q') ?? '');
  if (query === null) return refusal(400, 'Invalid query');
  const wanted = states.length > 0 ? states : ['OPEN'];
  const pulls = each.pulls.filter((pull) => wanted.includes(pull.state) && query(pull));
  const newestFirst = request.query.get('sort') === '-created_on' ? pulls.toReversed() : pulls;
  return page(
    request,
    newestFirst.map((pull) => bodies.pull(each, pull)),
    origin,
    50,
  );
}

/** The part of Bitbucket's query language that compares branch names; `null`: something else. */
function matcher(query: string): ((pull: FakePull) => boolean) | null {
  const terms: ((pull: FakePull) => boolean)[] = [];
  for (let rest = query.trim(); rest !== ''; ) {
    const term = /^(source|destination)\.branch\.name\s*=\s*"((?:[^"\\]|\\.)*)"(?:\s+AND\s+|$)/.exec(rest);
    if (!term) return null;
    const [whole, side, quoted = ''] = term;
    const name = quoted.replace(/\\(.)/g, '$1');
    terms.push((pull) => (side === 'source' ? pull.source : pull.destination) === name);
    rest = rest.slice(whole.length);
  }
  return (pull) => terms.every((term) => term(pull));
}

function openPull(request: FakeRequest, each: FakeRepository): FakeAnswer {
  const [source, destination] = [
    text(request, 'source', 'branch', 'name'),
    text(request, 'destination', 'branch', 'name') || each.defaultBranch,
  ];
  const title = text(request, 'title');
  if (title === '') return refusal(400, 'title: required key not provided', { fields: { title: ['required key not provided'] } });
  for (const [field, branch] of [
    ['source', source],
    ['destination', destination],
  ] as const) {
    const words = `branch not found: ${branch}`;
    if (!each.git.branches.has(branch)) return refusal(400, `${field}: ${words}`, { fields: { [field]: [words] } });
  }
  if ((each.git.compare(destination, source)?.ahead.length ?? 0) === 0) return refusal(400, 'There are no changes to be pulled');
  // A second one of the same branches does not exist: Bitbucket updates the first and answers with that.
  const open = each.pulls.find((pull) => pull.state === 'OPEN' && pull.source === source && pull.destination === destination && !pull.fork);
  const description = text(request, 'description');
  if (open) Object.assign(open, { title, description, updatedAt: each.stamp() });
  const pull = open ?? each.addPull({ title, source, destination, description, author: 'signalbox-bot' });
  return { status: 201, body: bodies.pull(each, pull) };
}

function mergePull(request: FakeRequest, each: FakeRepository): FakeAnswer {
  const pull = pullOf(request, each);
  if (!pull) return notFound('Pull request');
  if (pull.state !== 'OPEN') return refusal(400, 'This pull request is already closed.');
  if (!['', 'merge_commit', 'squash', 'fast_forward'].includes(text(request, 'merge_strategy')))
    return refusal(400, 'Invalid merge strategy');
  const failed = failedChecks(each, pull.destination);
  if (failed > 0) return refusal(400, `${failed} failed merge checks`);
  if (each.slowMergePolls > 0) {
    pull.pendingPolls = each.slowMergePolls;
    const location = `https://api.bitbucket.org/2.0/repositories/${each.fullName}/pullrequests/${pull.id}/merge/task-status/task-${pull.id}`;
    return { status: 202, headers: { location } };
  }
  return each.mergePull(pull) ? { status: 200, body: bodies.pull(each, pull) } : refusal(400, CONFLICT);
}

/** Without the rule that enforces them checks are only advice. Nobody approves and nothing is built here. */
function failedChecks({ restrictions }: FakeRepository, branch: string): number {
  const rules = restrictions.filter((rule) => rule.pattern === branch);
  if (!rules.some((rule) => rule.kind === 'enforce_merge_checks')) return 0;
  return rules.filter(({ kind, value }) => /^require_(approvals|passing_builds)_to_merge$/.test(kind) && (value ?? 0) > 0).length;
}

/** Whether the commit was reviewed in it: on its source branch and not on its destination before. */
function contains(each: FakeRepository, pull: FakePull, sha: string): boolean {
  const heads = each.heads(pull);
  return each.git.compare(heads.base, heads.source)?.ahead.some((commit) => commit.sha === sha) ?? false;
}
