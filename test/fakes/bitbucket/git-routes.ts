import type { FakeRequest } from '../fake-wire.ts';
import type { ModelCommit } from '../git/git-model.ts';
import { notFound, page, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import type { FakeRepository } from './repository.ts';
import type { RouteContext } from './route.ts';

/** Branches, tags, commits. */
export function gitRoutes({ route, origin }: RouteContext): void {
  route('GET', '', 'repository', (_request, each) => ({ status: 200, body: bodies.repository(each) }));

  route('GET', '/refs/branches', 'repository', (request, each) =>
    page(
      request,
      [...each.git.branches].map(([name, head]) => bodies.branch(each, name, head)),
      origin(),
    ),
  );
  route('GET', '/refs/branches/:name', 'repository', (request, each) => {
    const name = request.params.name ?? '';
    const head = each.git.branches.get(name);
    return head === undefined ? notFound(`Branch "${name}"`) : { status: 200, body: bodies.branch(each, name, head) };
  });
  route('POST', '/refs/branches', 'repository:write', (request, each) => {
    const [name, hash] = [text(request, 'name'), text(request, 'target', 'hash')];
    if (!isRefName(name)) return refusal(400, 'Invalid branch name');
    if (each.git.branches.has(name)) return refusal(400, `Branch "${name}" already exists.`, { data: { key: 'BRANCH_ALREADY_EXISTS' } });
    const commit = each.git.resolve(hash);
    if (!commit) return notFound(`Commit ${hash}`);
    each.git.branches.set(name, commit.sha);
    return { status: 201, body: bodies.branch(each, name, commit.sha) };
  });

  route('DELETE', '/refs/branches/:name', 'repository:write', (request, each) => {
    const name = request.params.name ?? '';
    if (!each.git.branches.has(name)) return notFound(`Branch "${name}"`);
    if (each.restrictions.some(({ kind, pattern }) => kind === 'delete' && pattern === name)) return refusal(403, 'Branch is restricted');
    each.git.branches.delete(name);
    return { status: 204 };
  });
  route('DELETE', '/refs/tags/:name', 'repository:write', (request, each) => {
    const name = request.params.name ?? '';
    return each.git.tags.delete(name) ? { status: 204 } : notFound(`Tag "${name}"`);
  });

  route('GET', '/refs/tags/:name', 'repository', (request, each) => {
    const name = request.params.name ?? '';
    const sha = each.git.tags.get(name);
    return sha === undefined ? notFound(`Tag "${name}"`) : { status: 200, body: bodies.tag(each, name, sha) };
  });
  route('POST', '/refs/tags', 'repository:write', (request, each) => {
    const [name, hash] = [text(request, 'name'), text(request, 'target', 'hash')];
    if (!isRefName(name)) return refusal(400, 'Invalid tag name');
    if (each.git.tags.has(name)) return refusal(400, `tag "${name}" already exists`);
    const commit = each.git.resolve(hash);
    if (!commit) return refusal(400, `Commit ${hash} not found`);
    each.tag(name, commit.sha, text(request, 'message') || `Added tag ${name} for changeset ${commit.sha.slice(0, 12)}`);
    return { status: 201, body: bodies.tag(each, name, each.git.tags.get(name) ?? '') };
  });

  route('GET', '/commit/:hash', 'repository', (request, each) => {
    const commit = commitOf(each, request.params.hash ?? '');
    return commit ? { status: 200, body: bodies.commit(each, commit) } : notFound('Commit');
  });
  route('GET', '/commits', 'repository', (request, each) => commits(request, each, origin()));
  route('GET', '/merge-base/:revspec', 'repository', (request, each) => {
    const [base = '', head = ''] = (request.params.revspec ?? '').split('..');
    const comparison = each.git.compare(base, head);
    return comparison ? { status: 200, body: bodies.commit(each, comparison.mergeBase) } : notFound('Commit');
  });
}

/** By hash, full or abbreviated, or the name of a branch without a slash. */
export function commitOf(each: FakeRepository, ref: string): ModelCommit | null {
  return ref.includes('/') ? null : each.git.resolve(ref);
}

/** Newest first; of `fields` only what is asked for. */
function commits(request: FakeRequest, each: FakeRepository, origin: string) {
  const [include, exclude] = [request.query.getAll('include'), request.query.getAll('exclude')];
  const heads = include.length > 0 ? include : [...each.git.branches.keys()];
  const [wanted, unwanted] = [heads, exclude].map((names) => names.map((name) => each.git.resolve(name)));
  if ([...(wanted ?? []), ...(unwanted ?? [])].includes(null)) return notFound('Commit');
  const without = new Set((unwanted ?? []).flatMap((commit) => history(each, commit)));
  const found = new Set((wanted ?? []).flatMap((commit) => history(each, commit)));
  const list = [...found].filter((commit) => !without.has(commit)).sort((a, b) => b.order - a.order);
  return page(
    request,
    list.map((commit) => bodies.commit(each, commit)),
    origin,
  );
}

function history(each: FakeRepository, from: ModelCommit | null): ModelCommit[] {
  const seen = new Set<ModelCommit>();
  const queue = from ? [from] : [];
  for (let commit = queue.pop(); commit; commit = queue.pop()) {
    if (seen.has(commit)) continue;
    seen.add(commit);
    queue.push(...commit.parents.flatMap((sha) => each.git.commits.get(sha) ?? []));
  }
  return [...seen];
}

const isRefName = (name: string) => name !== '' && !name.startsWith('refs/') && !/[ ~^:?*[\\]|\.\.|\/$|^\/|\.lock$/.test(name);
