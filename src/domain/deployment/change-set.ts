import type { DependencyEdge } from './order.ts';
import { matchesRules } from './path-rule.ts';

/** What tells whether a service changed since it was deployed. */
export interface ChangeFact {
  name: string;
  /** Rules of its files (`path-rule`), seen from the repository's root; null = it changes by its artifacts only. */
  paths: readonly string[] | null;
  /** Digest of what runs; null = nothing is known to. */
  deployedDigest: string | null;
  /** Digest of what is wanted; null = it would be built. */
  wantedDigest: string | null;
  /** What runs was built from it; null = nobody knows. */
  deployedCommit: string | null;
  /** What is wanted was, or would be, built from it; null = nobody knows. */
  wantedCommit: string | null;
  /** Files that differ between the two; null = nobody could tell. */
  changedFiles: readonly string[] | null;
}

export interface ChangeSet {
  /** Name → why it is in the set. */
  changed: ReadonlyMap<string, string>;
  /** Of these it could not be told: they must be named, or left out, by a person. */
  unknown: readonly string[];
}

/** The services of a partial deployment: those that changed, and those that move along because they share a schema with one that did. */
export function changeSet(facts: readonly ChangeFact[], edges: readonly DependencyEdge[]): ChangeSet {
  const changed = new Map<string, string>();
  const unknown: string[] = [];
  for (const fact of facts) {
    const why = whyChanged(fact);
    if (why === 'unknown') unknown.push(fact.name);
    else if (why !== null) changed.set(fact.name, why);
  }
  const names = new Set(facts.map(({ name }) => name));
  for (const [name, why] of movedAlong(changed, edges)) if (names.has(name)) changed.set(name, why);
  return { changed, unknown: unknown.filter((name) => !changed.has(name)).sort() };
}

function whyChanged(fact: ChangeFact): string | null {
  const { paths, deployedDigest, wantedDigest, deployedCommit, wantedCommit, changedFiles } = fact;
  if (deployedDigest === null) return wantedDigest === null && paths === null ? null : 'nothing of it is known to run';
  if (wantedDigest === deployedDigest) return null;
  if (paths === null) return wantedDigest === null ? null : 'another artifact is wanted';
  if (changedFiles === null && deployedCommit === null && wantedCommit !== null) return 'nobody knows the commit that runs';
  if (changedFiles === null) return wantedDigest === null ? 'unknown' : 'another artifact is wanted';
  const file = changedFiles.find(matchesRules(paths));
  return file === undefined ? null : `${file} changed`;
}

/** Whoever depends on the schema of one that changed, and so on, nearest first. */
function movedAlong(changed: ReadonlyMap<string, string>, edges: readonly DependencyEdge[]): Map<string, string> {
  const along = new Map<string, string>();
  const queue = [...changed.keys()].sort();
  for (const name of queue) {
    for (const { from, to, kind } of edges) {
      if (kind !== 'schema' || to !== name || changed.has(from) || along.has(from)) continue;
      along.set(from, `it shares a schema with ${name}`);
      queue.push(from);
    }
  }
  return along;
}
