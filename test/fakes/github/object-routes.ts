import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { mergeCommits } from '../git/merge.ts';
import { member, notFound, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import type { RepositoryRoute } from './git-routes.ts';
import { refsOf } from './refs.ts';
import { type FakeRepository, seconds } from './repository.ts';

const BOT = { name: 'signalbox-bot', email: 'bot@example.com', login: 'signalbox-bot' };

/** Commits, merges, moving and deleting refs, files. */
export function objectRoutes({ route, now }: { route: RepositoryRoute; now: () => Date }): void {
  route('GET', '/git/commits/:sha', (request, repository) => {
    const commit = repository.git.commits.get(request.params.sha ?? '');
    return commit ? { status: 200, body: bodies.gitCommit(repository, commit) } : notFound();
  });

  route('POST', '/git/commits', (request, repository) => {
    const { git } = repository;
    const snapshot = git.trees.get(text(request, 'tree') ?? '');
    if (!snapshot) return refusal(422, 'Tree SHA does not exist');
    const parents = (member(request, 'parents') ?? []) as string[];
    if (!parents.every((sha) => git.commits.has(sha))) return refusal(422, 'Parent SHA does not exist or is not a commit object');
    const given = member(request, 'author') as { name: string; email: string; date?: string } | undefined;
    const author = given ? { name: given.name, email: given.email, login: loginOf(repository, given.email) } : BOT;
    const message = text(request, 'message') ?? '';
    const commit = git.commit({ message, author, date: given?.date ?? seconds(now()), parents, snapshot });
    return { status: 201, body: bodies.gitCommit(repository, commit) };
  });

  route('POST', '/merges', (request, repository) => {
    const { git } = repository;
    const base = text(request, 'base') ?? '';
    const head = git.resolve(text(request, 'head') ?? '');
    const former = git.branches.get(base);
    if (former === undefined) return refusal(404, 'Base does not exist');
    if (!head) return refusal(404, 'Head does not exist');
    if (git.compare(former, head.sha)?.ahead.length === 0) return { status: 204 };
    const snapshot = mergeCommits(git, former, head.sha);
    if (!snapshot) return refusal(409, 'Merge conflict');
    const message = text(request, 'commit_message') ?? `Merge ${head.sha} into ${base}`;
    const commit = git.commit({ message, author: BOT, date: seconds(now()), parents: [former, head.sha], snapshot });
    git.branches.set(base, commit.sha);
    return { status: 201, body: bodies.commit(repository, commit) };
  });

  route('PATCH', '/git/refs/*ref', moveRef);

  route('DELETE', '/git/refs/*ref', (request, repository) => {
    const ref = request.params.ref ?? '';
    if (ref.startsWith('heads/') && repository.protections.has(ref.slice('heads/'.length)))
      return refusal(422, 'Cannot delete this branch');
    const isGone = refsOf(repository, `refs/${ref}`)?.delete(ref.slice(ref.indexOf('/') + 1));
    return isGone ? { status: 204 } : refusal(422, 'Reference does not exist');
  });

  route('GET', '/git/blobs/:sha', (request, repository) => {
    for (const files of repository.git.trees.values()) {
      for (const content of files.values()) {
        if (bodies.blobId(content) === request.params.sha)
          return { status: 200, body: bodies.blob(repository, bodies.blobId(content), content) };
      }
    }
    return notFound();
  });
}

function moveRef(request: FakeRequest, repository: FakeRepository): FakeAnswer {
  const { git } = repository;
  const ref = request.params.ref ?? '';
  const name = ref.slice(ref.indexOf('/') + 1);
  const target = refsOf(repository, `refs/${ref}`);
  const [former, sha] = [target?.get(name), text(request, 'sha') ?? ''];
  if (!target || former === undefined) return refusal(422, 'Reference does not exist');
  if (!git.commits.has(sha)) return refusal(422, 'Object does not exist');
  const isForward = git.compare(former, sha)?.behind.length === 0;
  if (!isForward && member(request, 'force') !== true) return refusal(422, 'Update is not a fast forward');
  const protection = repository.protections.get(name);
  if (protection && (!repository.admin || protection.enforcesAdmins))
    return refusal(422, `Protected branch update failed for refs/${ref}.`);
  target.set(name, sha);
  return { status: 200, body: bodies.gitRef(repository, `refs/${ref}`, sha) };
}

/** An author belongs to an account by the e-mail address. */
function loginOf({ git }: FakeRepository, email: string): string | null {
  return [...git.commits.values()].find((commit) => commit.author.email === email)?.author.login ?? null;
}
