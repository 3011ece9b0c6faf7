import type { Action } from './schema.ts';

/**
 * The commit a build ran on, as the git plugin tells it. A build that checks out several repositories (a shared library besides the app)
 * has one entry for each: the configured remote decides, else the branch that was asked for, else nobody knows.
 */
export function commitOf(
  actions: readonly (Action | null)[],
  wanted: { repositoryUrl: string | undefined; ref: string | null },
): string | null {
  const checkouts = actions.flatMap((action) =>
    action?.lastBuiltRevision
      ? [
          {
            commit: action.lastBuiltRevision.SHA1,
            branches: (action.lastBuiltRevision.branch ?? []).map((branch) => branch.name),
            remotes: (action.remoteUrls ?? []).map(sameRemote),
          },
        ]
      : [],
  );
  const remote = wanted.repositoryUrl === undefined ? null : sameRemote(wanted.repositoryUrl);
  if (remote !== null) return only(checkouts.filter((checkout) => checkout.remotes.includes(remote)));
  const { ref } = wanted;
  const ofRef = checkouts.filter(({ branches }) => branches.some((name) => ref !== null && (name === ref || shortName(name) === ref)));
  return only(ofRef) ?? only(checkouts);
}

/** The branch or tag behind `refs/remotes/origin/…`, `refs/tags/…` or `origin/…`. */
function shortName(name: string): string {
  return name.replace(/^(refs\/(heads|tags|remotes\/[^/]+)|origin)\//, '');
}

function only(checkouts: readonly { commit: string }[]): string | null {
  const commits = new Set(checkouts.map((checkout) => checkout.commit));
  const [commit] = commits;
  return commits.size === 1 ? (commit ?? null) : null;
}

/** Host and path of a remote, the same for `https://user@host/a/b.git`, `ssh://git@host:22/a/b` and `git@host:a/b.git`. */
function sameRemote(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const { host, path } = scp ? { host: scp[1] ?? '', path: scp[2] ?? '' } : hostAndPath(url);
  return `${host}/${path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')}`.toLowerCase();
}

function hostAndPath(url: string): { host: string; path: string } {
  if (!URL.canParse(url)) return { host: '', path: url };
  const { hostname, pathname } = new URL(url);
  return { host: hostname, path: pathname };
}
