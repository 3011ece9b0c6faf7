import { parseAllDocuments } from 'yaml';
import type { FakePipeline } from './pipeline.ts';
import type { FakeProject } from './project.ts';

/** What a pipeline was refused for, in GitLab's words. */
export class PipelineRefused extends Error {}

interface SpecInput {
  default?: unknown;
  type?: string;
  options?: string[];
}

type Mapping = Record<string, unknown>;

/** Keywords at the top of a configuration that are no jobs. */
const KEYWORDS = [
  'variables',
  'workflow',
  'stages',
  'default',
  'include',
  'image',
  'services',
  'before_script',
  'after_script',
  'cache',
  'spec',
];

export interface PlannedPipeline {
  name: string | null;
  jobs: string[];
  inputs: Mapping;
}

/** Reads the configuration as of the commit the way GitLab does when a pipeline is asked for. */
export function planPipeline(project: FakeProject, sha: string, given: Mapping): PlannedPipeline {
  const source = project.git.commits.get(sha)?.files.get(project.ciConfigPath || '.gitlab-ci.yml');
  if (source === undefined) throw new PipelineRefused('Missing CI config file');
  const documents = parseAllDocuments(source).map((document) => document.toJS() as Mapping | null);
  const spec = documents.length > 1 ? (documents[0]?.spec as { inputs?: Record<string, SpecInput | null> } | undefined) : undefined;
  const configuration = (spec ? documents[1] : documents[0]) ?? {};
  const inputs = checkedInputs(spec?.inputs ?? {}, given);
  const workflow = configuration.workflow as { name?: string } | undefined;
  const title = workflow?.name?.replace(/\$\[\[\s*inputs\.(\w+)\s*\]\]/g, (_all, name: string) => String(inputs[name] ?? ''));
  const jobs = Object.keys(configuration).filter((name) => !KEYWORDS.includes(name) && !name.startsWith('.'));
  if (jobs.length === 0) throw new PipelineRefused('jobs config should contain at least one visible job');
  return { name: title ?? null, jobs, inputs };
}

function checkedInputs(declared: Record<string, SpecInput | null>, given: Mapping): Mapping {
  const unexpected = Object.keys(given).filter((name) => !(name in declared));
  if (unexpected.length > 0) throw new PipelineRefused(`Given inputs not defined in the \`spec\` section: ${unexpected.join(', ')}`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, input]) => {
      const value = given[name] ?? input?.default;
      if (value === undefined) throw new PipelineRefused(`\`${name}\` input: required value has not been provided`);
      const type = input?.type ?? 'string';
      if (type !== 'array' && typeof value !== type) throw new PipelineRefused(`\`${name}\` input: provided value is not a ${type}`);
      if (input?.options && !input.options.includes(String(value))) {
        throw new PipelineRefused(`\`${name}\` input: \`${value}\` cannot be used because it is not in the list of allowed options`);
      }
      return [name, value];
    }),
  );
}

export function checkedVariables(project: FakeProject, role: number, variables: FakePipeline['variables']): FakePipeline['variables'] {
  const needed = { developer: 30, maintainer: 40, owner: 50, no_one_allowed: Number.POSITIVE_INFINITY }[project.variablesRole];
  if (variables.length > 0 && role < needed) throw new PipelineRefused('Insufficient permissions to set pipeline variables');
  const names = variables.map(({ key }) => key);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new PipelineRefused(`Duplicate variable name: ${twice}`);
  return variables;
}
