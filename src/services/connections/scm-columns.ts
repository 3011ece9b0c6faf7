import { z } from 'zod';

const text = z.string().optional().catch(undefined);

/** Providers name the place of a repository in their own words: owner and repo, workspace and repo, or one path. */
const repository = z.object({ owner: text, workspace: text, repo: text, project: text, defaultBranch: text });

/** What operators look for in the table of source-control connections, copied out of the provider's own settings. */
export function scmColumns(settings: unknown): { owner: string | null; repo: string | null; default_branch: string | null } {
  const { owner, workspace, repo, project, defaultBranch } = repository.catch({}).parse(settings);
  const path = project === undefined ? null : placeOf(project);
  return {
    owner: owner ?? workspace ?? path?.owner ?? null,
    repo: repo ?? path?.repo ?? null,
    default_branch: defaultBranch ?? null,
  };
}

/** `group/subgroup/name`; a numeric id has no owner to show. */
function placeOf(project: string): { owner: string | null; repo: string } {
  const slash = project.lastIndexOf('/');
  return { owner: slash > 0 ? project.slice(0, slash) : null, repo: project.slice(slash + 1) };
}
