import type { Repository, SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import type { AdapterHarness, ContractTests, FaultyWorld } from './adapter-harness.ts';

/** What happens in the repository without the adapter. Everything starts with a default branch of at least one commit. */
export interface SourceControlWorld {
  defaultBranch: string;
  /** Pushes commits to a branch (cut from the default branch if new); their ids, oldest first. */
  seedCommits(branch: string, count: number): string[];
  seedLightweightTag(name: string, at: string): void;
  /** Opened in this order, from `head`, and brought to that end. */
  seedPullRequests(pulls: { title: string; head: string; base: string; end: 'open' | 'merged' | 'closed'; labels?: string[] }[]): void;
  /** Heads by name. */
  branches(): Record<string, string>;
  /** Peeled commits by name. */
  tags(): Record<string, string>;
  /**
   * A commit that lays these files over the head of a branch (cut from the default branch if new; null removes one); its id. Two branches that change one
   * file differently cannot be merged into each other.
   */
  seedChange(branch: string, files: Record<string, string | null>, message: string): string;
  /** A branch that has no commit in common with the others; its head. */
  seedUnrelated(branch: string): string;
  /** What the branch's head holds at this path. */
  file(branch: string, path: string): string | null;
  /** Protects a branch: nobody but administrators may push, two approvals, the check `build`. */
  protect(branch: string): void;
  /** More repositories that the credentials may see. */
  seedRepositories(count: number): void;
  /** What `repositories` must say of the connection's own repository. */
  self: Repository;
  pullRequests(): { number: number; head: string; base: string; state: 'open' | 'merged' | 'closed' }[];
  /** The read of a branch, and the calls whose effect makes the branch, the tag, the pull request, the merge, the pick. */
  endpoints: Record<
    'findBranch' | 'createBranch' | 'deleteBranch' | 'createTag' | 'deleteTag' | 'createPullRequest' | 'mergePullRequest' | 'cherryPick',
    CallMatch
  >;
}

export type SourceControlHarness = AdapterHarness<SourceControl, SourceControlWorld>;
export type SourceControlTests = ContractTests<SourceControlHarness>;

export const ten = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: 10 }, call));

/** Calls that may have changed something; an object as wanted is not written again. */
export const writes = (world: FaultyWorld) => world.calls.filter((call) => call.method !== 'GET').length;

export const ABSENT_COMMIT = 'deadbeef'.repeat(5);
/** Legal names that break what encodes carelessly. */
export const AWKWARD_NAMES = ['release/1.2.3', 'release/2.0.0-rc.1+build.7', 'feat/a#b%2Fc&d=e', 'größe/日本'];
