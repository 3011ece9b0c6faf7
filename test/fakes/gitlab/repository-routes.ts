import type { FakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { commitArchive } from '../git/archive.ts';
import { diffFiles } from '../git/diff.ts';
import { pickCommit } from '../git/merge.ts';
import { forbidden, missing, notFound, page, param, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import type { FakeProject } from './project.ts';

/** Whoever calls: the account of the token and its role in the project. */
export interface Caller {
  username: string;
  role: number;
}

/** Puts a project's route up; the handler runs only for tokens that see the project and have this role in it. */
export type ProjectRoute = (
  method: string,
  pattern: string,
  handler: (request: FakeRequest, project: FakeProject, caller: Caller) => FakeAnswer,
  options?: { role?: number },
) => void;

export interface RouteContext {
  route: ProjectRoute;
  server: FakeServer;
}

export function repositoryRoutes(context: RouteContext): void {
  branchRoutes(context);
  tagRoutes(context);
  tagRemoval(context);
  commitRoutes(context);
  fileRoutes(context);
  archiveRoute(context);
}

function archiveRoute({ route }: RouteContext): void {
  route('GET', '/repository/archive', (request, project) => {
    const commit = project.git.resolve(request.query.get('sha') ?? '');
    if (commit === null) return notFound('File');
    if (request.query.get('format') !== 'tar.gz') return refusal(406, 'The fake makes tar.gz only');
    const folder = `${project.path.split('/').at(-1)}-${commit.sha}-${commit.sha}`;
    const headers = { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${folder}.tar.gz"` };
    return { status: 200, headers, body: commitArchive(commit, folder) };
  });
}

function branchRoutes({ route, server }: RouteContext): void {
  route('GET', '/repository/branches', (request, project, { role }) => {
    const names = [...project.git.branches.keys()].sort();
    const listed = page(request, names, server.origin);
    return { status: 200, headers: listed.headers, body: listed.items.map((name) => bodies.branch(project, name, role)) };
  });

  route('GET', '/repository/branches/:branch', (request, project, { role }) => {
    const name = request.params.branch ?? '';
    return project.git.branches.has(name) ? { status: 200, body: bodies.branch(project, name, role) } : notFound('Branch');
  });

  route('POST', '/repository/branches', (request, project, { role }) => {
    const [name, ref] = [text(request, 'branch'), text(request, 'ref')];
    if (!name || !ref) return missing(name ? 'ref' : 'branch');
    const commit = project.git.resolve(ref);
    if (project.git.branches.has(name)) return refusal(400, 'Branch already exists');
    if (!commit) return refusal(400, `Invalid reference name: ${ref}`);
    if (!project.mayPush(name, role)) return refusal(400, `You are not allowed to create protected branches on this project.`);
    project.git.branches.set(name, commit.sha);
    return { status: 201, body: bodies.branch(project, name, role) };
  });

  route('DELETE', '/repository/branches/:branch', (request, project) => {
    const name = request.params.branch ?? '';
    if (!project.git.branches.has(name)) return notFound('Branch');
    if (project.protections.some((each) => each.name === name)) return refusal(403, '403 Forbidden - Cannot remove protected branch');
    project.git.branches.delete(name);
    return { status: 204 };
  });

  route('GET', '/protected_branches', (request, project) => {
    const listed = page(request, project.protections, server.origin);
    return { status: 200, headers: listed.headers, body: listed.items.map(bodies.protection) };
  });
}

function tagRoutes({ route }: RouteContext): void {
  route('GET', '/repository/tags/:tag', (request, project) => {
    const name = request.params.tag ?? '';
    return project.git.tags.has(name) ? { status: 200, body: bodies.tag(project, name) } : notFound('Tag');
  });

  route('POST', '/repository/tags', (request, project) => {
    const [name, ref] = [text(request, 'tag_name'), text(request, 'ref')];
    if (!name || !ref) return missing(name ? 'ref' : 'tag_name');
    if (project.git.tags.has(name)) return refusal(409, `Tag ${name} already exists`);
    const commit = project.git.resolve(ref);
    if (!commit) return refusal(400, `Target ${ref} is invalid`);
    project.tag(name, commit.sha, text(request, 'message') ?? null);
    return { status: 201, body: bodies.tag(project, name) };
  });
}

function tagRemoval({ route }: RouteContext): void {
  route('DELETE', '/repository/tags/:tag', (request, project) =>
    project.git.tags.delete(request.params.tag ?? '') ? { status: 204 } : notFound('Tag'),
  );
}

function commitRoutes({ route, server }: RouteContext): void {
  route('GET', '/repository/commits', (request, project) => {
    const ref = request.query.get('ref_name') ?? project.defaultBranch;
    const [base, head] = ref.includes('..') ? ref.split('..') : [null, ref];
    const commits = head === undefined ? null : between(project, base ?? null, head);
    if (!commits) return notFound('Commit');
    const listed = page(request, commits.toReversed(), server.origin, { totals: false });
    return { status: 200, headers: listed.headers, body: listed.items.map((commit) => bodies.commit(project, commit)) };
  });

  route('GET', '/repository/commits/:sha', (request, project) => {
    const commit = project.git.resolve(request.params.sha ?? '');
    if (!commit) return notFound('Commit');
    const stats = { additions: 0, deletions: 0, total: 0 };
    return { status: 200, body: { ...bodies.commit(project, commit), stats, status: null, project_id: project.id, last_pipeline: null } };
  });

  route('GET', '/repository/commits/:sha/merge_requests', (request, project) => {
    const commit = project.git.resolve(request.params.sha ?? '');
    if (!commit) return notFound('Commit');
    const related = project.mergeRequests.filter((each) => {
      if (each.mergeCommit === commit.sha) return true;
      const base = each.mergeCommit ? (project.git.commits.get(each.mergeCommit)?.parents[0] ?? '') : each.target;
      return project.git.compare(base, project.headOf(each))?.ahead.some(({ sha }) => sha === commit.sha);
    });
    const listed = page(request, related.toReversed(), server.origin);
    return { status: 200, headers: listed.headers, body: listed.items.map((each) => bodies.mergeRequest(project, each)) };
  });

  route('GET', '/repository/merge_base', (request, project) => {
    const refs = request.query.getAll('refs[]');
    if (refs.length < 2) return refusal(400, 'Provide at least 2 refs');
    const unknown = refs.find((ref) => !project.git.resolve(ref));
    if (unknown !== undefined) return refusal(400, `Could not find ref: ${unknown}`);
    const base = project.git.compare(refs[0] ?? '', refs[1] ?? '')?.mergeBase;
    return base ? { status: 200, body: bodies.commit(project, base) } : notFound('Merge Base');
  });

  route('GET', '/repository/compare', compare);

  route('POST', '/repository/commits/:sha/cherry_pick', (request, project, { role, username }) => {
    const branch = text(request, 'branch');
    if (!branch) return missing('branch');
    const commit = project.git.resolve(request.params.sha ?? '');
    if (!project.mayPush(branch, role)) return refusal(403, '403 Forbidden - You are not allowed to push into this branch');
    if (!commit) return notFound('Commit');
    if (!project.git.branches.has(branch)) return notFound('Branch');
    const files = pickCommit(project.git, commit.sha, branch);
    const head = project.git.resolve(branch);
    const isEmpty = files !== null && [...files].every(([path, content]) => head?.files.get(path) === content);
    if (files === null || isEmpty) return pickRefused(isEmpty ? 'empty' : 'conflict');
    const message = text(request, 'message') ?? `${commit.message}\n\n(cherry picked from commit ${commit.sha})`;
    if (param(request, 'dry_run') === true) return { status: 200, body: { dry_run: 'success' } };
    const sha = project.pushCommit({ branch, message, author: { ...commit.author, login: username }, files: Object.fromEntries(files) });
    const picked = project.git.commits.get(sha);
    return picked ? { status: 201, body: bodies.commit(project, picked) } : forbidden();
  });
}

/** More files than this are compared, and told, only in part. */
const DIFF_MAX_FILES = 1000;

function compare(request: FakeRequest, project: FakeProject): FakeAnswer {
  const [from, to] = [project.git.resolve(request.query.get('from') ?? ''), project.git.resolve(request.query.get('to') ?? '')];
  if (!from || !to) return notFound('Ref');
  const comparison = project.git.compare(from.sha, to.sha);
  const isStraight = request.query.get('straight') === 'true';
  if (!comparison && !isStraight) return notFound('Ref');
  const changes = diffFiles(isStraight ? from.files : (comparison?.mergeBase.files ?? from.files), to.files);
  const body = {
    commit: bodies.commit(project, to),
    commits: (comparison?.ahead ?? []).map((commit) => bodies.commit(project, commit)),
    diffs: changes.slice(0, DIFF_MAX_FILES).map(({ status, old, now }) => ({
      ...{ old_path: old ?? now, new_path: now ?? old, a_mode: '100644', b_mode: '100644', diff: '@@ -1 +1 @@' },
      ...{ new_file: status === 'added', renamed_file: status === 'renamed', deleted_file: status === 'removed', generated_file: null },
      ...{ collapsed: false, too_large: false },
    })),
    compare_timeout: changes.length > DIFF_MAX_FILES,
    compare_same_ref: from.sha === to.sha,
    web_url: `https://gitlab.com/${project.path}/-/compare/${from.sha}...${to.sha}`,
  };
  return { status: 200, body };
}

function pickRefused(code: 'empty' | 'conflict'): FakeAnswer {
  const message =
    'Sorry, we cannot cherry-pick this commit automatically. This commit may already have been cherry-picked, or a more recent commit may have updated some of its content.';
  return { status: 400, body: { message, error_code: code } };
}

/** Oldest first. */
function between(project: FakeProject, base: string | null, head: string) {
  const tip = project.git.resolve(head);
  if (!tip) return null;
  if (base !== null) return project.git.compare(base, head)?.ahead ?? null;
  const seen = new Set<string>();
  const queue = [tip.sha];
  for (let sha = queue.pop(); sha !== undefined; sha = queue.pop()) {
    if (seen.has(sha)) continue;
    seen.add(sha);
    queue.push(...(project.git.commits.get(sha)?.parents ?? []));
  }
  return [...project.git.commits.values()].filter(({ sha }) => seen.has(sha)).sort((a, b) => a.order - b.order);
}

function fileRoutes({ route }: RouteContext): void {
  route('GET', '/repository/files/:path', (request, project) => {
    const [path, ref] = [request.params.path ?? '', request.query.get('ref')];
    if (!ref) return missing('ref');
    const commit = project.git.resolve(ref === 'HEAD' ? project.defaultBranch : ref);
    if (!commit) return notFound('Commit');
    const content = commit.files.get(path);
    if (content === undefined) return notFound('File');
    const body = {
      file_name: path.split('/').at(-1) ?? path,
      file_path: path,
      size: Buffer.byteLength(content),
      encoding: 'base64',
      content_sha256: '0'.repeat(64),
      ref,
      blob_id: '0'.repeat(40),
      commit_id: commit.sha,
      last_commit_id: commit.sha,
      execute_filemode: false,
      content: Buffer.from(content).toString('base64'),
    };
    return { status: 200, body };
  });
}
