import { z } from 'zod';

const repository = z.object({
  owner: z.string().optional().catch(undefined),
  repo: z.string().optional().catch(undefined),
  defaultBranch: z.string().optional().catch(undefined),
});

/** What operators look for in the table of source-control connections, copied out of the provider's own settings. */
export function scmColumns(settings: unknown): { owner: string | null; repo: string | null; default_branch: string | null } {
  const { owner, repo, defaultBranch } = repository.catch({}).parse(settings);
  return { owner: owner ?? null, repo: repo ?? null, default_branch: defaultBranch ?? null };
}
