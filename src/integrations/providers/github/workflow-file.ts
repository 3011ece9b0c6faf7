import { parse } from 'yaml';
import { z } from 'zod';
import type { WorkflowInput } from '../../capabilities/ci.ts';

export interface WorkflowFile {
  inputs: WorkflowInput[];
  /** The run's title (`run-name`) mentions this input, so that every dispatched run shows it. */
  titleShows: (input: string) => boolean;
}

const knownTypes = ['string', 'boolean', 'number', 'choice', 'environment'] as const;

const inputSchema = z
  .object({
    description: z.string().optional().catch(undefined),
    required: z.string().optional().catch(undefined),
    type: z.string().optional().catch(undefined),
    default: z.string().optional().catch(undefined),
    options: z.array(z.string()).optional().catch(undefined),
  })
  // An input may be declared by its name alone.
  .catch({});

const fileSchema = z.object({
  // `on: push` and `on: [push]` are legal too, and declare no inputs.
  on: z
    .object({ workflow_dispatch: z.object({ inputs: z.record(z.string(), inputSchema).catch({}) }).catch({ inputs: {} }) })
    .catch({ workflow_dispatch: { inputs: {} } }),
  'run-name': z.string().catch(''),
});

/**
 * What we read of a workflow file (Workflow syntax for GitHub Actions, `on.workflow_dispatch.inputs` and `run-name`). Scalars are kept as
 * text: a default of `1.10` must not become 1.1. `null` when it is not YAML or not a mapping.
 */
export function readWorkflowFile(text: string): WorkflowFile | null {
  let document: unknown;
  try {
    // Below `error` the parser hides mistakes in the file as well as its warnings.
    document = parse(text, { schema: 'failsafe', logLevel: 'error' });
  } catch {
    return null;
  }
  const file = fileSchema.safeParse(document);
  if (!file.success) return null;
  const title = file.data['run-name'];
  return {
    inputs: Object.entries(file.data.on.workflow_dispatch.inputs).map(([name, input]) => toInput(name, input)),
    titleShows: (input) => new RegExp(`\\binputs\\s*(\\.\\s*|\\[\\s*')${asLiteral(input)}\\b`).test(title),
  };
}

function toInput(name: string, input: z.infer<typeof inputSchema>): WorkflowInput {
  const type = input.type ?? 'string';
  return {
    name,
    description: input.description ?? null,
    required: /^true$/i.test(input.required ?? ''),
    type: knownTypes.find((known) => known === type) ?? 'unknown',
    default: input.default ?? null,
    options: input.options ?? [],
  };
}

function asLiteral(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
