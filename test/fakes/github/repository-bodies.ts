import type { FakeRepository } from './repository.ts';

/** Accounts and repositories: most of their members are addresses nobody reads, and all of them are required. */

export function simpleUser(login: string) {
  const id = [...login].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 1_000_000, 7);
  const url = `https://api.github.com/users/${login}`;
  return {
    login,
    id,
    node_id: `U_${id}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${id}`,
    gravatar_id: '',
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: 'User',
    site_admin: false,
  };
}

export function authenticatedUser(login: string) {
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  const profile = { name: login, company: null, blog: null, location: null, email: null, hireable: null, bio: null };
  return { ...simpleUser(login), ...profile, ...counts, created_at: '2020-01-01T00:00:00Z', updated_at: '2020-01-01T00:00:00Z' };
}

const templates: Record<string, string> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

export function apiUrl(repository: FakeRepository, path = ''): string {
  return `https://api.github.com/repos/${repository.fullName}${path}`;
}

export function webUrl(repository: FakeRepository, path = ''): string {
  return `https://github.com/${repository.fullName}${path}`;
}

export function minimalRepository(repository: FakeRepository) {
  const urls = Object.fromEntries(Object.entries(templates).map(([name, path]) => [name, apiUrl(repository, path)]));
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.repo,
    full_name: repository.fullName,
    owner: simpleUser(repository.owner),
    private: repository.isPrivate,
    html_url: webUrl(repository),
    description: null,
    fork: false,
    url: apiUrl(repository),
    ...urls,
  };
}

export function fullRepository(repository: FakeRepository) {
  const time = '2020-01-01T00:00:00Z';
  const counts = ['forks_count', 'stargazers_count', 'watchers_count', 'size', 'open_issues_count', 'subscribers_count', 'network_count'];
  return {
    ...minimalRepository(repository),
    ...Object.fromEntries([...counts, 'forks', 'open_issues', 'watchers'].map((name) => [name, 0])),
    git_url: `git:github.com/${repository.fullName}.git`,
    ssh_url: `git@github.com:${repository.fullName}.git`,
    clone_url: `${webUrl(repository)}.git`,
    svn_url: webUrl(repository),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    default_branch: repository.defaultBranch,
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_downloads: true,
    has_pages: false,
    has_discussions: false,
    archived: repository.archived,
    disabled: false,
    permissions: { admin: repository.admin, maintain: false, push: repository.push, triage: true, pull: true },
    pushed_at: time,
    created_at: time,
    updated_at: time,
  };
}
