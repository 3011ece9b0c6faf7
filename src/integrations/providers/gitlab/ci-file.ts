import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { WorkflowInput } from '../../capabilities/ci.ts';

/** How a declared input reaches a pipeline: as CI/CD variable, or as input of the configuration (`spec:inputs`). */
export type InputChannel = 'variable' | 'input';

export interface CiFile {
  inputs: (WorkflowInput & { channel: InputChannel; specType: string })[];
  /** The pipeline's name (`workflow:name`) mentions this input of the configuration, so that every pipeline shows it. */
  nameShows: (input: string) => boolean;
}

const text = z.string().optional().catch(undefined);
const options = z.array(z.string()).optional().catch(undefined);

const specInputSchema = z
  .object({ description: text, type: text, default: z.unknown().optional(), options })
  // An input may be declared by its name alone.
  .catch({});

const variableSchema = z.union([z.string().transform((value) => ({ value })), z.object({ value: text, description: text, options })]);

const headerSchema = z.object({ spec: z.object({ inputs: z.record(z.string(), specInputSchema) }) });
const configurationSchema = z.object({
  variables: z.record(z.string(), z.unknown()).catch({}),
  workflow: z.object({ name: z.string().catch('') }).catch({ name: '' }),
});

/**
 * What we read of a CI/CD configuration (CI/CD YAML syntax reference: `variables`, `spec:inputs`, `workflow:name`), not of what it includes.
 * Scalars are kept as text: a default of `1.10` must not become 1.1. `null` when it is not YAML or not a mapping.
 */
export function readCiFile(source: string): CiFile | null {
  const documents = documentsOf(source);
  const header = headerSchema.safeParse(documents?.[0]);
  const configuration = configurationSchema.safeParse(header.success ? documents?.[1] : documents?.[0]);
  if (!configuration.success) return null;
  const { variables, workflow } = configuration.data;
  const specInputs = Object.entries(header.data?.spec.inputs ?? {}).map(([name, input]) => fromSpec(name, input));
  const names = new Set(specInputs.map((input) => input.name));
  return {
    // Both under one name: the input of the configuration is the newer and stricter way.
    inputs: [...specInputs, ...Object.entries(variables).flatMap(([name, value]) => (names.has(name) ? [] : fromVariable(name, value)))],
    nameShows: (input) => new RegExp(`\\$\\[\\[\\s*inputs\\.${asLiteral(input)}\\b`).test(workflow.name),
  };
}

function documentsOf(source: string): unknown[] | null {
  try {
    const documents = parseAllDocuments(source, { schema: 'failsafe', logLevel: 'error' });
    if ('empty' in documents || documents.some((document) => document.errors.length > 0)) return null;
    return documents.map((document) => document.toJS() as unknown);
  } catch {
    return null;
  }
}

function fromSpec(name: string, input: z.infer<typeof specInputSchema>): CiFile['inputs'][number] {
  const specType = input.type ?? 'string';
  const scalar = (['string', 'number', 'boolean'] as const).find((type) => type === specType) ?? 'unknown';
  return {
    name,
    description: input.description ?? null,
    required: input.default === undefined,
    type: input.options ? 'choice' : scalar,
    default: asText(input.default),
    options: input.options ?? [],
    channel: 'input',
    specType,
  };
}

function fromVariable(name: string, declared: unknown): CiFile['inputs'] {
  const parsed = variableSchema.safeParse(declared);
  const { value, description, options } = parsed.success ? { description: undefined, options: undefined, ...parsed.data } : {};
  return [
    {
      name,
      description: description ?? null,
      required: false,
      type: options ? 'choice' : 'string',
      default: value ?? null,
      options: options ?? [],
      channel: 'variable',
      specType: 'string',
    },
  ];
}

function asText(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function asLiteral(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
