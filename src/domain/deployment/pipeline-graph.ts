import { type PipelineBody, type PipelineTask, pipelineTaskTypes } from './pipeline.ts';

/** A pipeline as a picture. */
export interface PipelineGraph {
  /** `column` and `row` are places on a grid: from left to right by what must end first, from top to bottom as they are written. */
  nodes: { id: string; stage: string; task: string; type: string; perService: boolean; column: number; row: number }[];
  edges: { from: string; to: string }[];
  /** The same for documents that draw Mermaid. */
  mermaid: string;
}

/** Of a pipeline without circles. A stage begins when the one before it has ended. */
export function pipelineGraph({ stages }: PipelineBody): PipelineGraph {
  const nodes: PipelineGraph['nodes'] = [];
  const edges: PipelineGraph['edges'] = [];
  let column = 0;
  let lasts: string[] = [];
  for (const { key: stage, tasks } of stages) {
    const depths = depthsOf(tasks);
    const rows = new Map<number, number>();
    for (const task of tasks) {
      const depth = depths.get(task.key) ?? 0;
      const row = rows.get(depth) ?? 0;
      rows.set(depth, row + 1);
      const { perService } = pipelineTaskTypes[task.type];
      nodes.push({ id: idOf(stage, task.key), stage, task: task.key, type: task.type, perService, column: column + depth, row });
      const before = task.dependsOn.length === 0 ? lasts : task.dependsOn.map((key) => idOf(stage, key));
      edges.push(...before.map((from) => ({ from, to: idOf(stage, task.key) })));
    }
    if (tasks.length === 0) continue;
    column += Math.max(...depths.values()) + 1;
    lasts = tasks.filter(({ key }) => !tasks.some(({ dependsOn }) => dependsOn.includes(key))).map(({ key }) => idOf(stage, key));
  }
  return { nodes, edges, mermaid: mermaidOf(stages, edges) };
}

const idOf = (stage: string, task: string) => `${stage}.${task}`;

/** How many tasks of its stage must end before each, one after the other. */
function depthsOf(tasks: readonly PipelineTask[]): Map<string, number> {
  const depths = new Map<string, number>();
  const byKey = new Map(tasks.map((task) => [task.key, task]));
  const depthOf = (key: string): number => {
    const known = depths.get(key);
    if (known !== undefined) return known;
    const depth = Math.max(-1, ...(byKey.get(key)?.dependsOn ?? []).map(depthOf)) + 1;
    depths.set(key, depth);
    return depth;
  };
  for (const { key } of tasks) depthOf(key);
  return depths;
}

function mermaidOf(stages: PipelineBody['stages'], edges: PipelineGraph['edges']): string {
  const lines = ['flowchart LR'];
  for (const { key: stage, tasks } of stages) {
    lines.push(`  subgraph ${stage}`);
    for (const { key, type } of tasks) {
      const label = pipelineTaskTypes[type].perService ? `${key}: ${type} per service` : `${key}: ${type}`;
      lines.push(`    ${mermaidId(idOf(stage, key))}["${label}"]`);
    }
    lines.push('  end');
  }
  for (const { from, to } of edges) lines.push(`  ${mermaidId(from)} --> ${mermaidId(to)}`);
  return `${lines.join('\n')}\n`;
}

/** Mermaid takes letters, digits and underscores. */
const mermaidId = (id: string) => id.replace(/[^A-Za-z0-9]/g, (character) => `_${character.charCodeAt(0)}_`);
