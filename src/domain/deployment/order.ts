import type { DependencyKind } from './vocabulary.ts';

/** `from` depends on `to`. */
export interface Edge {
  from: string;
  to: string;
}

export interface DependencyEdge extends Edge {
  kind: DependencyKind;
}

export type Layers = { layers: string[][] } | { cycle: string[] };

/**
 * The order in which names that depend on each other are taken: each layer holds those whose dependencies lie in earlier ones (Kahn), by name.
 * Edges that leave the set are none of its business.
 */
export function layersOf(names: readonly string[], edges: readonly Edge[]): Layers {
  const waiting = new Map([...new Set(names)].sort().map((name) => [name, new Set<string>()]));
  for (const { from, to } of edges) if (waiting.has(to)) waiting.get(from)?.add(to);
  const layers: string[][] = [];
  while (waiting.size > 0) {
    const layer = [...waiting].filter(([, needs]) => [...needs].every((need) => !waiting.has(need))).map(([name]) => name);
    if (layer.length === 0) return { cycle: cycleAmong(waiting) };
    for (const name of layer) waiting.delete(name);
    layers.push(layer);
  }
  return { layers };
}

/** A circle of dependencies, its first name repeated at the end; null = there is none. */
export function findCycle(edges: readonly Edge[]): string[] | null {
  const result = layersOf(
    edges.flatMap(({ from, to }) => [from, to]),
    edges,
  );
  return 'cycle' in result ? result.cycle : null;
}

/** Each of these waits for another one of them, so whoever follows the waiting comes round. It begins with the least name of the circle. */
function cycleAmong(waiting: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const path: string[] = [];
  let [name] = waiting.keys();
  while (name !== undefined && !path.includes(name)) {
    path.push(name);
    name = [...(waiting.get(name) ?? [])].filter((need) => waiting.has(need)).sort()[0];
  }
  const circle = path.slice(path.indexOf(name as string));
  const least = circle.indexOf([...circle].sort()[0] as string);
  const turned = [...circle.slice(least), ...circle.slice(0, least)];
  return [...turned, turned[0] as string];
}
