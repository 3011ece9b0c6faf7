import type { FakeServer } from '../fake-server.ts';
import type { FakeAnswer, FakeRequest } from '../fake-wire.ts';
import { mergeCommits } from '../git/merge.ts';
import { notFound, page, refusal, text } from './answers.ts';
import * as bodies from './bodies.ts';
import type { RepositoryRoute } from './git-routes.ts';
import type { FakePull, FakeRepository } from './repository.ts';

export function pullRoutes({ route, server }: { route: RepositoryRoute; server: FakeServer }): void {
  const withPull =
    (handler: (request: FakeRequest, repository: FakeRepository, pull: FakePull) => FakeAnswer) =>
    (request: FakeRequest, repository: FakeRepository): FakeAnswer => {
      const pull = repository.pulls.find((each) => String(each.number) === request.params.pull);
      return pull ? handler(request, repository, pull) : notFound();
    };

  route('GET', '/pulls', (request, repository) => {
    const state = request.query.get('state') ?? 'open';
    const [base, head] = [request.query.get('base'), request.query.get('head')];
    const matching = repository.pulls.filter(
      (pull) =>
        (state === 'all' || pull.state === state) &&
        (base === null || pull.base === base) &&
        (head === null || `${repository.owner}:${pull.head}` === head),
    );
    const pulls = page(request, matching.toReversed(), server.origin);
    return { status: 200, headers: pulls.headers, body: pulls.items.map((pull) => bodies.pull(repository, pull)) };
  });

  route('POST', '/pulls', (request, repository) => {
    const [head, base, title] = [text(request, 'head') ?? '', text(request, 'base') ?? '', text(request, 'title') ?? ''];
    const invalid = (field: string) => refusal(422, 'Validation Failed', [{ resource: 'PullRequest', field, code: 'invalid' }]);
    const custom = (message: string) => refusal(422, 'Validation Failed', [{ resource: 'PullRequest', code: 'custom', message }]);
    if (!repository.git.branches.has(head)) return invalid('head');
    if (!repository.git.branches.has(base)) return invalid('base');
    if (title === '') return refusal(422, 'Validation Failed', [{ resource: 'PullRequest', field: 'title', code: 'missing_field' }]);
    if (repository.pulls.some((pull) => pull.state === 'open' && pull.head === head && pull.base === base)) {
      return custom(`A pull request already exists for ${repository.owner}:${head}.`);
    }
    if (repository.git.compare(base, head)?.ahead.length === 0) return custom(`No commits between ${base} and ${head}`);
    const pull = repository.addPull({ title, head, base, body: text(request, 'body') ?? '', login: 'signalbox-bot' });
    return { status: 201, body: bodies.fullPull(repository, pull) };
  });

  route(
    'GET',
    '/pulls/:pull',
    withPull((_request, repository, pull) => ({ status: 200, body: bodies.fullPull(repository, pull) })),
  );

  route('PUT', '/pulls/:pull/merge', withPull(merge));

  route('GET', '/commits/:sha/pulls', (request, repository) => {
    const commit = repository.git.commits.get(request.params.sha ?? '');
    if (!commit) return refusal(422, `No commit found for SHA: ${request.params.sha}`);
    const found = page(
      request,
      repository.pulls.filter((pull) => brought(repository, pull, commit.sha)),
      server.origin,
    );
    return { status: 200, headers: found.headers, body: found.items.map((pull) => bodies.pull(repository, pull)) };
  });
}

function merge(request: FakeRequest, repository: FakeRepository, pull: FakePull): FakeAnswer {
  if (pull.state !== 'open') return refusal(405, 'Pull Request is not mergeable');
  const expected = text(request, 'sha');
  if (expected !== undefined && expected !== repository.headOf(pull)) {
    return refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  const lacking = lackingFor(repository, pull.base);
  if (lacking !== null) return refusal(405, lacking);
  if (!mergeCommits(repository.git, pull.base, repository.headOf(pull))) return refusal(405, 'Pull Request is not mergeable');
  const sha = repository.mergePull(
    pull.number,
    `Merge pull request #${pull.number} from ${repository.owner}/${pull.head}\n\n${pull.title}`,
  );
  return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
}

/** Nobody approves and nothing reports checks here: what is required is lacking. */
function lackingFor(repository: FakeRepository, branch: string): string | null {
  const classic = repository.protections.get(branch);
  const rules = repository.rules.filter((rule) => rule.branch === branch && repository.bypasses.get(rule.rulesetId) !== 'always');
  const ruled = rules.map((rule) => rule.parameters?.required_approving_review_count).find((count) => Number(count) > 0);
  const approvals = classic?.approvals || Number(ruled ?? 0);
  if (approvals > 0) return `At least ${approvals} approving reviews are required by reviewers with write access.`;
  const [check] = classic?.checks ?? [];
  const isChecked = check !== undefined || rules.some((rule) => rule.type === 'required_status_checks');
  return isChecked ? `Required status check "${check ?? 'build'}" is expected.` : null;
}

/** Merged as this commit or containing it; on no other branch but its own, open ones too. */
function brought(repository: FakeRepository, pull: FakePull, sha: string): boolean {
  const { git } = repository;
  if (pull.mergedAt === null && (pull.state === 'closed' || git.compare(repository.defaultBranch, sha)?.ahead.length === 0)) return false;
  if (pull.mergeCommit === sha) return true;
  const base = git.commits.get(pull.mergeCommit ?? '')?.parents[0] ?? pull.base;
  return git.compare(base, repository.headOf(pull))?.ahead.some((commit) => commit.sha === sha) ?? false;
}
