import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
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
  releaseObjects(): { tag: string; name: string; body: string; prerelease: boolean }[];
  /** The read of a branch, and the calls whose effect makes the branch, the tag, the release object. */
  endpoints: { findBranch: CallMatch; createBranch: CallMatch; createTag: CallMatch; createReleaseObject: CallMatch };
}

export type SourceControlHarness = AdapterHarness<SourceControl, SourceControlWorld>;
export type SourceControlTests = ContractTests<SourceControlHarness>;

export const ten = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: 10 }, call));

/** Calls that may have changed something; an object as wanted is not written again. */
export const writes = (world: FaultyWorld) => world.calls.filter((call) => call.method !== 'GET').length;
