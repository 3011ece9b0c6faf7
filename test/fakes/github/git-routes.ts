import type { FakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { member, notFound, page, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import { changedFiles } from './changed-files.ts';
import { refsOf } from './refs.ts';
import { type FakeRelease, type FakeRepository, seconds } from './repository.ts';

/** Bytes beyond which a file's contents are left out. */
const LARGE_FILE = 1_000_000;

/** Puts a repository's route up; the handler runs only for tokens that see the repository, writes only for those that may write. */
export type RepositoryRoute = (
  method: string,
  pattern: string,
  handler: (request: FakeRequest, repository: FakeRepository) => FakeAnswer,
) => void;

interface RouteContext {
  route: RepositoryRoute;
  server: FakeServer;
  nextId: () => number;
  now: () => Date;
}

export function gitRoutes(context: RouteContext): void {
  const { route, server, now } = context;

  route('GET', '', (_request, repository) => ({ status: 200, body: bodies.fullRepository(repository) }));

  route('GET', '/git/ref/*ref', (request, repository) => {
    const ref = request.params.ref ?? '';
    const sha = refsOf(repository, `refs/${ref}`)?.get(ref.slice(ref.indexOf('/') + 1));
    return sha === undefined ? notFound() : { status: 200, body: bodies.gitRef(repository, `refs/${ref}`, sha) };
  });

  route('POST', '/git/refs', (request, repository) => {
    const ref = text(request, 'ref') ?? '';
    const sha = text(request, 'sha') ?? '';
    const target = refsOf(repository, ref);
    if (!target) return refusal(422, 'Reference name must start with refs/ and have at least three components.');
    if (!repository.git.commits.has(sha) && !repository.git.tagObjects.has(sha)) return refusal(422, 'Object does not exist');
    const name = ref.split('/').slice(2).join('/');
    if (target.has(name)) return refusal(422, 'Reference already exists');
    target.set(name, sha);
    return { status: 201, body: bodies.gitRef(repository, ref, sha) };
  });

  route('POST', '/git/tags', (request, repository) => {
    const tag = text(request, 'tag') ?? '';
    const object = text(request, 'object') ?? '';
    const type = repository.git.tagObjects.has(object) ? 'tag' : 'commit';
    if (type === 'commit' && !repository.git.commits.has(object)) return refusal(422, 'Object does not exist');
    const message = text(request, 'message') ?? '';
    const created = repository.git.tagObject({ tag, message, date: seconds(now()), object: { sha: object, type } });
    return { status: 201, body: bodies.tagObject(repository, created) };
  });

  route('GET', '/git/tags/:sha', (request, repository) => {
    const object = repository.git.tagObjects.get(request.params.sha ?? '');
    return object ? { status: 200, body: bodies.tagObject(repository, object) } : notFound();
  });

  route('GET', '/commits/*ref', (request, repository) => {
    const commit = repository.git.resolve(request.params.ref ?? '');
    if (!commit) return refusal(422, `No commit found for SHA: ${request.params.ref}`);
    return { status: 200, body: { ...bodies.commit(repository, commit), stats: { total: 0, additions: 0, deletions: 0 }, files: [] } };
  });

  route('GET', '/compare/*basehead', (request, repository) => {
    const [base, head] = (request.params.basehead ?? '').split('...');
    const { git } = repository;
    const comparison = git.compare(base ?? '', head ?? '');
    if (!comparison) {
      const areKnown = git.resolve(base ?? '') !== null && git.resolve(head ?? '') !== null;
      return areKnown ? refusal(404, `No common ancestor between ${base} and ${head}.`) : notFound();
    }
    const commits = page(request, comparison.ahead, server.origin);
    const url = bodies.apiUrl(repository, `/compare/${encodeURIComponent(base ?? '')}...${encodeURIComponent(head ?? '')}`);
    const html = url.replace('api.github.com/repos', 'github.com');
    return {
      status: 200,
      headers: commits.headers,
      body: {
        url,
        html_url: html,
        permalink_url: html,
        diff_url: `${html}.diff`,
        patch_url: `${html}.patch`,
        base_commit: bodies.commit(repository, comparison.base),
        merge_base_commit: bodies.commit(repository, comparison.mergeBase),
        status: comparison.status,
        ahead_by: comparison.ahead.length,
        behind_by: comparison.behind.length,
        total_commits: comparison.ahead.length,
        commits: commits.items.map((commit) => bodies.commit(repository, commit)),
        files:
          (request.query.get('page') ?? '1') === '1'
            ? changedFiles(repository, comparison.mergeBase.files, git.resolve(head ?? '')?.files ?? new Map(), head ?? '')
            : [],
      },
    };
  });

  route('GET', '/contents/*path', (request, repository) => {
    const path = request.params.path ?? '';
    const commit = repository.git.resolve(request.query.get('ref') ?? repository.defaultBranch);
    if (!commit) return refusal(404, `No commit found for the ref ${request.query.get('ref')}`);
    const content = commit.files.get(path);
    if (content !== undefined) return { status: 200, body: file(repository, path, content) };
    const inside = [...commit.files].filter(([name]) => name.startsWith(`${path}/`));
    return inside.length > 0 ? { status: 200, body: inside.map(([name, text]) => entry(repository, name, text)) } : notFound();
  });

  releaseRoutes(context);
}

function releaseRoutes({ route, nextId, now }: RouteContext): void {
  route('GET', '/releases/tags/*tag', (request, repository) => {
    const release = repository.releases.find((each) => each.tagName === request.params.tag);
    return release ? { status: 200, body: bodies.release(repository, release) } : notFound();
  });

  route('POST', '/releases', (request, repository) => {
    const tagName = text(request, 'tag_name') ?? '';
    const target = text(request, 'target_commitish') ?? repository.defaultBranch;
    if (repository.releases.some((release) => release.tagName === tagName)) {
      return refusal(422, 'Validation Failed', [{ resource: 'Release', code: 'already_exists', field: 'tag_name' }]);
    }
    if (!repository.git.tags.has(tagName)) {
      const commit = repository.git.resolve(target);
      if (!commit) return refusal(422, 'Validation Failed', [{ resource: 'Release', code: 'invalid', field: 'target_commitish' }]);
      repository.tag(tagName, commit.sha, { annotated: false });
    }
    const release: FakeRelease = {
      id: nextId(),
      tagName,
      target,
      name: text(request, 'name') ?? '',
      body: text(request, 'body') ?? '',
      prerelease: member(request, 'prerelease') === true,
      createdAt: seconds(now()),
    };
    repository.releases.push(release);
    return { status: 201, body: bodies.release(repository, release) };
  });

  route('PATCH', '/releases/:id', (request, repository) => {
    const release = repository.releases.find((each) => String(each.id) === request.params.id);
    if (!release) return notFound();
    release.name = text(request, 'name') ?? release.name;
    release.body = text(request, 'body') ?? release.body;
    const prerelease = member(request, 'prerelease');
    if (typeof prerelease === 'boolean') release.prerelease = prerelease;
    return { status: 200, body: bodies.release(repository, release) };
  });
}

function file(repository: FakeRepository, path: string, content: string) {
  const isLarge = Buffer.byteLength(content) > LARGE_FILE;
  // GitHub wraps base64 at 60 characters, and leaves large files out.
  const encoded = Buffer.from(content)
    .toString('base64')
    .replace(/(.{60})/g, '$1\n');
  return { ...entry(repository, path, content), encoding: isLarge ? 'none' : 'base64', content: isLarge ? '' : encoded };
}

/** A file as a listing of its folder has it. */
function entry(repository: FakeRepository, path: string, content: string) {
  const url = bodies.apiUrl(repository, `/contents/${encodeURIComponent(path)}`);
  const html = url.replace('api.github.com/repos', 'github.com');
  return {
    type: 'file',
    size: Buffer.byteLength(content),
    name: path.split('/').at(-1) ?? path,
    path,
    sha: bodies.blobId(content),
    url,
    git_url: url,
    html_url: html,
    download_url: html,
    _links: { git: url, self: url, html },
  };
}
