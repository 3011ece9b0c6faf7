import type { ModelCommit } from '../git/git-model.ts';
import { covers, type FakeHook, type FakeMergeRequest, type FakeProject, type FakeRelease } from './project.ts';

/** GitLab's JSON, as complete as its REST description asks for. */

export const WEB = 'https://gitlab.com';
export const webUrl = (project: FakeProject, path = '') => `${WEB}/${project.path}${path}`;

export function user(username: string) {
  const id = [...username].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 1_000_000;
  return {
    id,
    username,
    public_email: '',
    name: username,
    state: 'active',
    locked: false,
    avatar_url: `https://www.gravatar.com/avatar/${id}`,
    web_url: `${WEB}/${username}`,
  };
}

export function commit(project: FakeProject, { sha, message, author, date, parents }: ModelCommit) {
  return {
    id: sha,
    short_id: sha.slice(0, 8),
    created_at: date,
    parent_ids: parents,
    title: message.split('\n')[0] ?? '',
    message,
    author_name: author.name,
    author_email: author.email,
    authored_date: date,
    committer_name: author.name,
    committer_email: author.email,
    committed_date: date,
    trailers: {},
    extended_trailers: {},
    web_url: webUrl(project, `/-/commit/${sha}`),
  };
}

export function branch(project: FakeProject, name: string, role: number) {
  const head = project.git.commits.get(project.git.branches.get(name) ?? '');
  return {
    name,
    commit: head && commit(project, head),
    merged: false,
    protected: project.protectionOf(name) !== undefined,
    developers_can_push: false,
    developers_can_merge: false,
    can_push: project.mayPush(name, role),
    default: name === project.defaultBranch,
    web_url: webUrl(project, `/-/tree/${encodeURIComponent(name)}`),
  };
}

export function tag(project: FakeProject, name: string) {
  const target = project.git.tags.get(name) ?? '';
  const on = project.git.commits.get(project.git.peel(target) ?? '');
  const release = project.releases.find((each) => each.tag === name);
  return {
    name,
    message: project.git.tagObjects.get(target)?.message ?? '',
    target,
    commit: on ? commit(project, on) : null,
    release: release ? { tag_name: name, description: release.description } : null,
    protected: false,
    created_at: project.git.tagObjects.get(target)?.date ?? null,
  };
}

export function basicProject(project: FakeProject) {
  const [name = ''] = project.path.split('/').slice(-1);
  const namespace = project.path.split('/').slice(0, -1).join('/');
  return {
    id: project.id,
    description: null,
    name,
    name_with_namespace: project.path.split('/').join(' / '),
    path: name,
    path_with_namespace: project.path,
    created_at: '2026-01-05T09:30:00.000Z',
    default_branch: project.defaultBranch,
    tag_list: [],
    topics: [],
    ssh_url_to_repo: `git@gitlab.com:${project.path}.git`,
    http_url_to_repo: `${webUrl(project)}.git`,
    web_url: webUrl(project),
    readme_url: webUrl(project, '/-/blob/main/README.md'),
    forks_count: 0,
    avatar_url: null,
    star_count: 0,
    last_activity_at: '2026-01-05T09:30:00.000Z',
    visibility: project.visibility,
    namespace: {
      id: 1,
      name: namespace,
      path: namespace,
      kind: 'group',
      full_path: namespace,
      parent_id: null,
      avatar_url: null,
      web_url: `${WEB}/groups/${namespace}`,
    },
  };
}

export function project(of: FakeProject, role: number) {
  return {
    ...basicProject(of),
    empty_repo: false,
    archived: of.archived,
    jobs_enabled: of.buildsAccess !== 'disabled',
    repository_access_level: 'enabled',
    builds_access_level: of.buildsAccess,
    ci_config_path: of.ciConfigPath,
    restrict_user_defined_variables: of.variablesRole !== 'developer',
    ci_pipeline_variables_minimum_override_role: of.variablesRole,
    only_allow_merge_if_pipeline_succeeds: of.mergeNeedsPipeline,
    only_allow_merge_if_all_status_checks_passed: of.statusChecks.length > 0,
    merge_method: 'merge',
    permissions: { project_access: role > 0 ? { access_level: role, notification_level: 3 } : null, group_access: null },
  };
}

export function mergeRequest(project: FakeProject, request: FakeMergeRequest) {
  const reference = `!${request.iid}`;
  return {
    id: request.id,
    iid: request.iid,
    project_id: project.id,
    title: request.title,
    description: request.description,
    state: request.state,
    created_at: request.createdAt,
    updated_at: request.mergedAt ?? request.createdAt,
    merge_user: request.state === 'merged' ? user('signalbox-bot') : null,
    merged_at: request.mergedAt,
    closed_by: null,
    closed_at: null,
    target_branch: request.target,
    source_branch: request.source,
    user_notes_count: 0,
    upvotes: 0,
    downvotes: 0,
    author: user(request.author),
    assignees: [],
    assignee: null,
    reviewers: [],
    source_project_id: project.id,
    target_project_id: project.id,
    labels: request.labels,
    draft: false,
    work_in_progress: false,
    milestone: null,
    merge_when_pipeline_succeeds: false,
    merge_status: mergeStatus(project, request) === 'conflict' ? 'cannot_be_merged' : 'can_be_merged',
    detailed_merge_status: mergeStatus(project, request),
    sha: project.headOf(request) || null,
    merge_commit_sha: request.mergeCommit,
    squash_commit_sha: null,
    discussion_locked: null,
    should_remove_source_branch: null,
    force_remove_source_branch: false,
    reference,
    references: { short: reference, relative: reference, full: `${project.path}${reference}` },
    web_url: webUrl(project, `/-/merge_requests/${request.iid}`),
    squash: false,
    has_conflicts: mergeStatus(project, request) === 'conflict',
    blocking_discussions_resolved: true,
  };
}

/** The first reason why it cannot be merged, in GitLab's words. */
export function mergeStatus(project: FakeProject, request: FakeMergeRequest): string {
  if (request.state !== 'opened') return 'not_open';
  if (request.checksLeft > 0) return 'checking';
  const concerns = (branches: string[]) => branches.length === 0 || branches.some((name) => covers(name, request.target));
  if (project.mergeable(request) === null) return 'conflict';
  if (project.approvalRules.some((rule) => rule.approvals > 0 && concerns(rule.branches))) return 'not_approved';
  if (project.statusChecks.some((check) => concerns(check.branches))) return 'status_checks_must_pass';
  return project.mergeNeedsPipeline ? 'ci_must_pass' : 'mergeable';
}

export function release(project: FakeProject, { tag: name, name: title, description, createdAt }: FakeRelease) {
  const on = project.git.commits.get(project.git.peel(project.git.tags.get(name) ?? '') ?? '');
  return {
    name: title,
    tag_name: name,
    description,
    created_at: createdAt,
    released_at: createdAt,
    upcoming_release: false,
    author: user('signalbox-bot'),
    ...(on ? { commit: commit(project, on) } : {}),
    commit_path: `/${project.path}/-/commit/${on?.sha ?? ''}`,
    tag_path: `/${project.path}/-/tags/${name}`,
    assets: { count: 4, sources: [], links: [] },
    evidences: [],
    _links: { self: webUrl(project, `/-/releases/${encodeURIComponent(name)}`) },
  };
}

const switches = [
  'push_events',
  'tag_push_events',
  'merge_requests_events',
  'repository_update_events',
  'issues_events',
  'confidential_issues_events',
  'note_events',
  'confidential_note_events',
  'pipeline_events',
  'wiki_page_events',
  'deployment_events',
  'feature_flag_events',
  'job_events',
  'releases_events',
  'emoji_events',
  'resource_access_token_events',
  'vulnerability_events',
] as const;
export const hookSwitches: readonly string[] = switches;

/** The token is never told. */
export function hook(project: FakeProject, { id, url, events, alertStatus, createdAt }: FakeHook) {
  return {
    id,
    url,
    name: null,
    description: null,
    created_at: createdAt,
    enable_ssl_verification: true,
    alert_status: alertStatus,
    disabled_until: null,
    url_variables: [],
    push_events_branch_filter: null,
    branch_filter_strategy: 'all_branches',
    custom_webhook_template: null,
    custom_headers: [],
    project_id: project.id,
    ...Object.fromEntries(switches.map((name) => [name, events.has(name)])),
  };
}

export function protection({ id, name, push, allowForcePush }: FakeProject['protections'][number]) {
  const level = (access: number) => [{ id, access_level: access, access_level_description: access === 0 ? 'No one' : 'Maintainers' }];
  return {
    id,
    name,
    push_access_levels: level(push),
    merge_access_levels: level(40),
    allow_force_push: allowForcePush,
    unprotect_access_levels: [],
    code_owner_approval_required: false,
    inherited: false,
  };
}

export function scopedRule(project: FakeProject, id: number, name: string, branches: string[]) {
  return { id, name, protected_branches: project.protections.filter((rule) => branches.includes(rule.name)).map(protection) };
}
