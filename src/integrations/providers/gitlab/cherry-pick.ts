import type { Branch } from '../../capabilities/source-control.ts';
import type { GitlabClient } from './client.ts';
import { GitlabRefusal, trouble } from './gitlab-error.ts';
import { range } from './history.ts';

/**
 * Looks for an earlier pick, then picks. Dying between the two, or losing the answer, is healed by the next look: the line at the end of
 * the message says which commit it was.
 */
export async function cherryPick(client: GitlabClient, commit: string, onto: string): Promise<Branch> {
  const source = await client.commit(commit);
  // GitLab would pick a merge against its first parent; what that brings in is more than one change.
  if ((source.parent_ids ?? []).length > 1) throw trouble('conflict', `${source.id} is a merge commit, which is not picked`);
  const picked = await findPicked(client, source.id, onto);
  if (picked) return picked;
  try {
    const created = await client.cherryPick(source.id, onto, `${(source.message ?? '').trimEnd()}\n\n${trace(source.id)}`);
    return { name: onto, head: created.id };
  } catch (error) {
    if (!(error instanceof GitlabRefusal && error.status === 400 && /cannot cherry-pick/i.test(error.words))) throw error;
    // It does not apply, or somebody has picked it since we looked: then there is nothing left to apply.
    const meanwhile = await findPicked(client, source.id, onto);
    if (meanwhile) return meanwhile;
    throw trouble('conflict', error.message, { status: 400 });
  }
}

/** The branch as it is, when it holds a pick of the commit. */
async function findPicked(client: GitlabClient, commit: string, onto: string): Promise<Branch | null> {
  const branch = await client.branch(onto);
  if (!branch) throw trouble('not-found', `there is no branch ${onto}`);
  for await (const candidate of range(client, { base: commit, head: branch.commit.id })) {
    if (isPickOf(commit, candidate.message ?? '')) return { name: branch.name, head: branch.commit.id };
  }
  return null;
}

/** People may have added trailers of their own below. */
function isPickOf(commit: string, message: string): boolean {
  return message.split('\n').some((line) => line.trim() === trace(commit));
}

/** As `git cherry-pick -x` writes it. */
function trace(commit: string): string {
  return `(cherry picked from commit ${commit})`;
}
