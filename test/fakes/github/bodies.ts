import { createHash } from 'node:crypto';
import type { ModelCommit, TagObject } from '../git/git-model.ts';
import { mergeCommits } from '../git/merge.ts';
import type { FakePull, FakeRelease, FakeRepository } from './repository.ts';
import { apiUrl, fullRepository, minimalRepository, simpleUser, webUrl } from './repository-bodies.ts';
import type { FakeArtifact, FakeRun, FakeWorkflow } from './run.ts';

/** Bodies as the REST description has them: every required member, so that checkers of the description accept them. */

export { apiUrl, authenticatedUser, fullRepository, minimalRepository, simpleUser } from './repository-bodies.ts';

export function gitRef(repository: FakeRepository, ref: string, sha: string) {
  const type = repository.git.tagObjects.has(sha) ? 'tag' : 'commit';
  const object = { type, sha, url: apiUrl(repository, `/git/${type}s/${sha}`) };
  return { ref, node_id: `REF_${ref}`, url: apiUrl(repository, `/git/${ref}`), object };
}

export function tagObject(repository: FakeRepository, tag: TagObject) {
  return {
    node_id: `TAG_${tag.sha}`,
    tag: tag.tag,
    sha: tag.sha,
    url: apiUrl(repository, `/git/tags/${tag.sha}`),
    message: tag.message,
    tagger: { name: 'Signalbox', email: 'bot@example.com', date: tag.date },
    object: { ...tag.object, url: apiUrl(repository, `/git/${tag.object.type}s/${tag.object.sha}`) },
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

export function commit(repository: FakeRepository, from: ModelCommit) {
  const person = { name: from.author.name, email: from.author.email, date: from.date };
  const account = from.author.login === null ? null : simpleUser(from.author.login);
  return {
    url: apiUrl(repository, `/commits/${from.sha}`),
    sha: from.sha,
    node_id: `C_${from.sha}`,
    html_url: webUrl(repository, `/commit/${from.sha}`),
    comments_url: apiUrl(repository, `/commits/${from.sha}/comments`),
    commit: {
      url: apiUrl(repository, `/git/commits/${from.sha}`),
      author: person,
      committer: person,
      message: from.message,
      comment_count: 0,
      tree: { sha: from.tree, url: apiUrl(repository, `/git/trees/${from.tree}`) },
    },
    author: account,
    committer: account,
    parents: from.parents.map((sha) => ({
      sha,
      url: apiUrl(repository, `/commits/${sha}`),
      html_url: webUrl(repository, `/commit/${sha}`),
    })),
  };
}

export function pull(repository: FakeRepository, from: FakePull) {
  const url = apiUrl(repository, `/pulls/${from.number}`);
  const issue = apiUrl(repository, `/issues/${from.number}`);
  const html = webUrl(repository, `/pull/${from.number}`);
  const headSha = repository.headOf(from);
  const user = simpleUser(from.login);
  const side = (ref: string, sha: string) => ({
    label: `${repository.owner}:${ref}`,
    ref,
    sha,
    user: simpleUser(repository.owner),
    repo: fullRepository(repository),
  });
  const urls = {
    comments: `${issue}/comments`,
    commits: `${url}/commits`,
    statuses: apiUrl(repository, `/statuses/${headSha}`),
    html,
    issue,
    review_comments: `${url}/comments`,
    review_comment: `${apiUrl(repository)}/pulls/comments{/number}`,
    self: url,
  };
  return {
    url,
    id: repository.id * 100_000 + from.number,
    node_id: `PR_${from.number}`,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    commits_url: urls.commits,
    review_comments_url: urls.review_comments,
    review_comment_url: urls.review_comment,
    comments_url: urls.comments,
    statuses_url: urls.statuses,
    number: from.number,
    state: from.state,
    locked: false,
    title: from.title,
    user,
    body: from.body,
    labels: from.labels.map((name, index) => ({
      id: index + 1,
      node_id: `LA_${name}`,
      url: apiUrl(repository, `/labels/${encodeURIComponent(name)}`),
      name,
      description: name,
      color: 'ededed',
      default: false,
    })),
    milestone: null,
    created_at: from.createdAt,
    updated_at: from.mergedAt ?? from.createdAt,
    closed_at: from.state === 'closed' ? (from.mergedAt ?? from.createdAt) : null,
    merged_at: from.mergedAt,
    // An open pull request names GitHub's test merge here.
    merge_commit_sha: from.mergeCommit ?? headSha,
    assignee: null,
    head: side(from.head, headSha),
    base: side(from.base, repository.git.branches.get(from.base) ?? headSha),
    _links: Object.fromEntries(Object.entries(urls).map(([name, href]) => [name, { href }])),
    author_association: 'MEMBER',
    auto_merge: null,
  };
}

/** What a single pull request has beyond one of a list. */
export function fullPull(repository: FakeRepository, from: FakePull) {
  const isMerged = from.mergedAt !== null;
  const mergeable = isMerged ? null : mergeCommits(repository.git, from.base, repository.headOf(from)) !== null;
  return {
    ...pull(repository, from),
    merged: isMerged,
    mergeable,
    mergeable_state: mergeable === false ? 'dirty' : 'clean',
    merged_by: isMerged ? simpleUser('signalbox-bot') : null,
    maintainer_can_modify: false,
    comments: 0,
    review_comments: 0,
    commits: 1,
    additions: 1,
    deletions: 0,
    changed_files: 1,
  };
}

export function gitCommit(repository: FakeRepository, from: ModelCommit) {
  const person = { name: from.author.name, email: from.author.email, date: from.date };
  return {
    sha: from.sha,
    node_id: `C_${from.sha}`,
    url: apiUrl(repository, `/git/commits/${from.sha}`),
    html_url: webUrl(repository, `/commit/${from.sha}`),
    author: person,
    committer: person,
    message: from.message,
    tree: { sha: from.tree, url: apiUrl(repository, `/git/trees/${from.tree}`) },
    parents: from.parents.map((sha) => ({
      sha,
      url: apiUrl(repository, `/git/commits/${sha}`),
      html_url: webUrl(repository, `/commit/${sha}`),
    })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

export function blobId(content: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(content)}\0${content}`)
    .digest('hex');
}

export function blob(repository: FakeRepository, sha: string, content: string) {
  return {
    sha,
    node_id: `B_${sha}`,
    url: apiUrl(repository, `/git/blobs/${sha}`),
    size: Buffer.byteLength(content),
    encoding: 'base64',
    content: Buffer.from(content).toString('base64'),
  };
}

export function release(repository: FakeRepository, from: FakeRelease) {
  const url = apiUrl(repository, `/releases/${from.id}`);
  const path = encodeURIComponent(from.tagName);
  return {
    url,
    html_url: webUrl(repository, `/releases/tag/${path}`),
    assets_url: `${url}/assets`,
    upload_url: `https://uploads.github.com/repos/${repository.fullName}/releases/${from.id}/assets{?name,label}`,
    tarball_url: apiUrl(repository, `/tarball/${path}`),
    zipball_url: apiUrl(repository, `/zipball/${path}`),
    id: from.id,
    node_id: `RE_${from.id}`,
    tag_name: from.tagName,
    target_commitish: from.target,
    name: from.name,
    body: from.body,
    draft: false,
    prerelease: from.prerelease,
    created_at: from.createdAt,
    published_at: from.createdAt,
    author: simpleUser('signalbox-bot'),
    assets: [],
  };
}

export function workflow(repository: FakeRepository, from: FakeWorkflow) {
  return {
    id: from.id,
    node_id: `W_${from.id}`,
    name: from.name,
    path: from.path,
    state: from.state,
    created_at: from.createdAt,
    updated_at: from.createdAt,
    url: apiUrl(repository, `/actions/workflows/${from.id}`),
    html_url: webUrl(repository, `/blob/${repository.defaultBranch}/${from.path}`),
    badge_url: webUrl(repository, `/workflows/${encodeURIComponent(from.name)}/badge.svg`),
  };
}

export function run(repository: FakeRepository, from: FakeRun) {
  const url = apiUrl(repository, `/actions/runs/${from.id}`);
  const head = repository.git.commits.get(from.headSha);
  const person = { name: head?.author.name ?? '', email: head?.author.email ?? '' };
  return {
    id: from.id,
    name: from.workflow.name,
    node_id: `WFR_${from.id}`,
    head_branch: from.ref,
    head_sha: from.headSha,
    path: from.workflow.path,
    display_title: from.title,
    run_number: from.number,
    run_attempt: from.attempt,
    event: 'workflow_dispatch',
    status: from.status,
    conclusion: from.conclusion,
    workflow_id: from.workflow.id,
    url,
    html_url: webUrl(repository, `/actions/runs/${from.id}`),
    pull_requests: [],
    created_at: from.createdAt,
    updated_at: from.updatedAt,
    run_started_at: from.createdAt,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: apiUrl(repository, `/check-suites/${from.id}`),
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: from.attempt > 1 ? `${url}/attempts/${from.attempt - 1}` : null,
    workflow_url: apiUrl(repository, `/actions/workflows/${from.workflow.id}`),
    head_commit: head
      ? { id: head.sha, tree_id: head.tree, message: head.message, timestamp: head.date, author: person, committer: person }
      : null,
    repository: minimalRepository(repository),
    head_repository: minimalRepository(repository),
  };
}

export function artifact(repository: FakeRepository, of: FakeRun, from: FakeArtifact) {
  const url = apiUrl(repository, `/actions/artifacts/${from.id}`);
  return {
    id: from.id,
    node_id: `A_${from.id}`,
    name: from.name,
    size_in_bytes: from.sizeBytes,
    url,
    archive_download_url: `${url}/zip`,
    expired: from.expired,
    digest: from.digest,
    created_at: from.createdAt,
    updated_at: from.createdAt,
    expires_at: from.createdAt,
    workflow_run: { id: of.id, repository_id: repository.id, head_repository_id: repository.id, head_branch: of.ref, head_sha: of.headSha },
  };
}
