import type { ModelCommit } from '../git/git-model.ts';
import { type FakeHook, type FakePull, type FakeRepository, type FakeRestriction, uuidOf } from './repository.ts';

/** Answers in Bitbucket's shapes. */

const API = 'https://api.bitbucket.org/2.0';
const WEB = 'https://bitbucket.org';
const link = (href: string) => ({ href });
const encoded = (name: string) => name.split('/').map(encodeURIComponent).join('/');

export function account(nickname: string) {
  const number = [...nickname].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1_000_000, 7);
  const uuid = uuidOf(number);
  return {
    type: 'user',
    uuid,
    account_id: `557058:${number}`,
    nickname,
    display_name: nickname,
    links: {
      self: link(`${API}/users/${encodeURIComponent(uuid)}`),
      avatar: link(`${WEB}/account/${nickname}/avatar`),
      html: link(`${WEB}/${encodeURIComponent(uuid)}/`),
    },
  };
}

export function repository(each: FakeRepository) {
  return {
    ...shortRepository(each),
    is_private: each.isPrivate,
    scm: 'git',
    slug: each.repo,
    description: '',
    size: 1024,
    has_issues: false,
    has_wiki: false,
    language: '',
    fork_policy: 'no_public_forks',
    created_on: '2024-01-01T00:00:00.000000+00:00',
    updated_on: '2024-01-01T00:00:00.000000+00:00',
    mainbranch: { type: 'branch', name: each.defaultBranch },
  };
}

function shortRepository(each: FakeRepository) {
  return {
    type: 'repository',
    uuid: each.uuid,
    name: each.repo,
    full_name: each.fullName,
    links: { self: link(`${API}/repositories/${each.fullName}`), html: link(`${WEB}/${each.fullName}`) },
  };
}

export function commit(each: FakeRepository, model: ModelCommit) {
  const { name, email, login } = model.author;
  const api = `${API}/repositories/${each.fullName}`;
  return {
    type: 'commit',
    hash: model.sha,
    date: model.date,
    // git ends messages with a line break, and Bitbucket hands it out.
    message: model.message.endsWith('\n') ? model.message : `${model.message}\n`,
    author: { type: 'author', raw: `${name} <${email}>`, ...(login === null ? {} : { user: account(login) }) },
    parents: model.parents.map((hash) => ({ type: 'commit', hash, links: { self: link(`${api}/commit/${hash}`) } })),
    repository: shortRepository(each),
    links: { self: link(`${api}/commit/${model.sha}`), html: link(`${WEB}/${each.fullName}/commits/${model.sha}`) },
  };
}

export function branch(each: FakeRepository, name: string, head: string) {
  const target = each.git.commits.get(head);
  return {
    type: 'branch',
    name,
    target: target && commit(each, target),
    links: refLinks(each, 'branches', 'branch', name),
    merge_strategies: ['merge_commit', 'squash', 'fast_forward'],
    default_merge_strategy: 'merge_commit',
  };
}

/** A lightweight tag has no message, date or tagger of its own. */
export function tag(each: FakeRepository, name: string, sha: string) {
  const object = each.git.tagObjects.get(sha);
  const target = each.git.commits.get(each.git.peel(sha) ?? '');
  return {
    type: 'tag',
    name,
    message: object ? `${object.message}\n` : null,
    date: object?.date ?? null,
    tagger: object ? { type: 'author', raw: 'Signalbox <bot@example.com>' } : null,
    target: target && commit(each, target),
    links: refLinks(each, 'tags', 'commits/tag', name),
  };
}

function refLinks(each: FakeRepository, kind: string, page: string, name: string) {
  const api = `${API}/repositories/${each.fullName}`;
  return {
    self: link(`${api}/refs/${kind}/${encoded(name)}`),
    commits: link(`${api}/commits/${encoded(name)}`),
    html: link(`${WEB}/${each.fullName}/${page}/${encoded(name)}`),
  };
}

/** Commits in pull requests have twelve digits. */
const short = (hash: string) => ({ type: 'commit', hash: hash.slice(0, 12) });

export function pull(each: FakeRepository, model: FakePull) {
  const heads = each.heads(model);
  const source = model.fork === undefined ? shortRepository(each) : { ...shortRepository(each), full_name: model.fork, uuid: uuidOf(1) };
  return {
    ...shortPull(each, model),
    description: model.description,
    state: model.state,
    author: account(model.author),
    source: { branch: { name: model.source }, ...(heads.source ? { commit: { hash: short(heads.source).hash } } : {}), repository: source },
    destination: { branch: { name: model.destination }, commit: { hash: short(heads.base).hash }, repository: shortRepository(each) },
    ...(model.mergeCommit === null ? {} : { merge_commit: { hash: short(model.mergeCommit).hash } }),
    close_source_branch: false,
    comment_count: 0,
    task_count: 0,
    reason: '',
    created_on: model.createdAt,
    updated_on: model.updatedAt,
    reviewers: [],
    participants: [],
  };
}

export function shortPull(each: FakeRepository, model: FakePull) {
  return {
    type: 'pullrequest',
    id: model.id,
    title: model.title,
    links: {
      self: link(`${API}/repositories/${each.fullName}/pullrequests/${model.id}`),
      html: link(`${WEB}/${each.fullName}/pull-requests/${model.id}`),
    },
  };
}

export function restriction(rule: FakeRestriction) {
  return { type: 'branchrestriction', ...rule };
}

/** The secret is never shown. */
export function hook(each: FakeRepository, { uuid, url, description, active, events, secret, createdAt }: FakeHook) {
  return {
    type: 'webhook_subscription',
    uuid,
    url,
    description,
    active,
    events,
    secret_set: secret !== null,
    subject_type: 'repository',
    subject: shortRepository(each),
    created_at: createdAt,
  };
}

export function file(each: FakeRepository, commitHash: string, path: string, size: number, attributes: string[]) {
  const self = `${API}/repositories/${each.fullName}/src/${commitHash}/${encoded(path)}`;
  return {
    type: 'commit_file',
    path,
    size,
    attributes,
    commit: { type: 'commit', hash: commitHash },
    links: { self: link(self), meta: link(`${self}?format=meta`) },
  };
}
