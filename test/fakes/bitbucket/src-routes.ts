import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { notFound, page, refusal } from './answers.ts';
import * as bodies from './bodies.ts';
import { commitOf } from './git-routes.ts';
import { readMultipart } from './multipart.ts';
import type { FakeRepository } from './repository.ts';
import type { RouteContext } from './route.ts';

/** Files: reading, comparing, committing. */
export function srcRoutes({ route, origin }: RouteContext): void {
  route('GET', '/src/:commit/*path', 'repository', (request, each) => {
    const commit = commitOf(each, request.params.commit ?? '');
    const path = request.params.path ?? '';
    const value = commit?.files.get(path);
    if (!commit) return notFound('Commit');
    if (value === undefined)
      return folder(
        request,
        each,
        [...commit.files.keys()].filter((name) => name.startsWith(`${path}/`)),
        path,
      );
    const { bytes, attributes } = each.blobs.get(value);
    if (request.query.get('format') === 'meta') return { status: 200, body: bodies.file(each, commit.sha, path, bytes.length, attributes) };
    if (attributes.includes('lfs')) return { status: 301, headers: { location: 'https://media.example.com/lfs' } };
    return { status: 200, body: bytes, headers: { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' } };
  });

  route('GET', '/diffstat/:spec', 'repository', (request, each) => diffstat(request, each, origin()));
  route('POST', '/src', 'repository:write', commitFiles);
}

function folder(request: FakeRequest, each: FakeRepository, inside: string[], path: string): FakeAnswer {
  if (inside.length === 0) return notFound(`No such file or directory: ${path}`);
  const body = { ...bodies.file(each, request.params.commit ?? '', path, 0, []), type: 'commit_directory' };
  return { status: 200, body: request.query.get('format') === 'meta' ? body : { values: [], pagelen: 10, page: 1 } };
}

/** `a..b`: what is in a and not as in b; one commit: against its first parent. */
function diffstat(request: FakeRequest, each: FakeRepository, origin: string): FakeAnswer {
  const spec = request.params.spec ?? '';
  const [source = '', destination] = spec.split('..');
  const commit = commitOf(each, source);
  const against = destination === undefined ? each.git.commits.get(commit?.parents[0] ?? '') : commitOf(each, destination);
  if (!commit || (destination !== undefined && !against)) return notFound('Commit');
  // Without `topic=false` Bitbucket compares with the merge base.
  const threeDot = destination !== undefined && request.query.get('topic') !== 'false';
  const old = (threeDot ? each.git.compare(against?.sha ?? '', commit.sha)?.mergeBase : against)?.files ?? new Map<string, string>();
  const only = request.query.getAll('path');
  const listed = (path: string) => only.length === 0 || only.some((each) => path === each || path.startsWith(`${each}/`));
  const paths = [...new Set([...old.keys(), ...commit.files.keys()])].sort();
  const changed = paths.filter((path) => listed(path) && old.get(path) !== commit.files.get(path));
  const side = (path: string, files: ReadonlyMap<string, string>) =>
    files.has(path) ? { type: 'commit_file', path, escaped_path: path } : null;
  const rows = changed.map((path) => {
    const [before, after] = [side(path, old), side(path, commit.files)];
    const status = before === null ? 'added' : after === null ? 'removed' : 'modified';
    return { type: 'diffstat', status, lines_added: 1, lines_removed: 1, old: before, new: after };
  });
  return page(request, request.query.get('renames') === 'false' ? rows : withRenames(rows, old, commit.files), origin, 5_000);
}

interface Row {
  status: string;
  old: { path: string } | null;
  new: { path: string } | null;
}

/** A file removed and the same contents added are one rename. */
function withRenames<T extends Row>(rows: T[], old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): T[] {
  const left = [...rows];
  for (const removed of rows.filter((row) => row.status === 'removed')) {
    const added = left.find((row) => row.status === 'added' && now.get(row.new?.path ?? '') === old.get(removed.old?.path ?? ''));
    if (!added) continue;
    left.splice(left.indexOf(removed), 1);
    Object.assign(added, { status: 'renamed', old: removed.old });
  }
  return left;
}

const FIELDS = ['message', 'author', 'parents', 'branch', 'files'];

function commitFiles(request: FakeRequest, each: FakeRepository): FakeAnswer {
  const parts = readMultipart(String(request.headers['content-type'] ?? ''), request.rawBody);
  if (!parts) return refusal(400, 'Invalid form data');
  const fields = parts.filter((part) => part.filename === null && FIELDS.includes(part.name));
  const field = (name: string) => fields.find((part) => part.name === name)?.content.toString('utf8');
  const branch = field('branch') ?? each.defaultBranch;
  const head = each.git.branches.get(branch);
  const parent = field('parents') ?? head ?? each.git.branches.get(each.defaultBranch) ?? '';
  if (!each.git.commits.has(parent)) return refusal(400, 'Invalid parent commit');
  if (head !== undefined && parent !== head) return refusal(409, `Parent ${parent} is not the head of branch ${branch}`);
  if (each.restrictions.some((rule) => rule.kind === 'push' && rule.pattern === branch)) return refusal(403, 'Branch permission denied');

  const author = /^(.+) <([^<>]+)>$/.exec(field('author') ?? 'Signalbox <bot@example.com>');
  if (!author) return refusal(400, 'Invalid author');
  const files = new Map(each.git.commits.get(parent)?.files);
  const written = parts.filter((part) => !fields.includes(part));
  for (const { name, content, attributes } of written) {
    files.set(name.replace(/^\//, ''), each.blobs.put(content, attributes === null ? [] : [attributes]));
  }
  for (const part of fields.filter((each) => each.name === 'files')) {
    const path = part.content.toString('utf8').replace(/^\//, '');
    if (written.some(({ name }) => name.replace(/^\//, '') === path)) continue;
    if (!files.delete(path)) return refusal(400, `${path} does not exist`);
  }
  const { sha } = each.commit({
    branch,
    message: field('message') ?? 'Edited online with Bitbucket',
    author: { name: author[1] ?? '', email: author[2] ?? '', login: null },
    parents: [parent],
    snapshot: files,
  });
  return { status: 201, headers: { location: `https://api.bitbucket.org/2.0/repositories/${each.fullName}/commit/${sha}` } };
}
