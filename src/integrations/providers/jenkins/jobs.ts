import type { Workflow, WorkflowInput } from '../../capabilities/ci.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { JenkinsClient } from './client.ts';
import { type JenkinsSettings, PROVIDER } from './identity.ts';
import { branchJobName, isJobPath } from './job-path.ts';
import type { FolderEntry, Job, ParameterDefinition } from './schema.ts';

/** Folders below the root are walked this deep; nobody nests deeper on purpose. */
const MAX_DEPTH = 10;
export const CORRELATION_PARAMETER = 'SIGNALBOX_CORRELATION_ID';

/** The job that builds a ref. */
export interface RefJob {
  path: string;
  job: Job;
  /** The parameter that takes the ref; `null` where the job stands for one branch. */
  refParameter: string | null;
}

/** Jobs below the root; a multibranch pipeline is one workflow, whatever branches it has. */
export async function* listWorkflows(client: JenkinsClient, settings: JenkinsSettings): AsyncGenerator<Workflow> {
  const root = settings.folder ?? '';
  const folders = [{ path: root, depth: 0 }];
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    const folder = await client.folder(next.path);
    if (!folder) {
      if (next.path !== root) continue;
      throw new ProviderError('not-found', `${PROVIDER}: the folder ${root || 'at the top'} does not exist or is not visible`, {
        provider: PROVIDER,
      });
    }
    for (const entry of folder.jobs ?? []) {
      const path = next.path === '' ? entry.name : `${next.path}/${entry.name}`;
      if (isMultibranch(entry) || !entry.jobs) yield { id: path, name: entry.displayName ?? entry.name, path, enabled: isEnabled(entry) };
      else if (next.depth < MAX_DEPTH) folders.push({ path, depth: next.depth + 1 });
    }
  }
}

/** `null`: there is no such job, or the multibranch pipeline has none for this ref (yet). */
export async function findRefJob(
  client: JenkinsClient,
  settings: JenkinsSettings,
  workflowId: string,
  ref: string,
): Promise<RefJob | null> {
  if (!isJobPath(workflowId) || !isBelowRoot(settings, workflowId)) return null;
  const job = await client.job(workflowId);
  if (!job) return null;
  if (!isMultibranch(job)) return job.jobs ? null : { path: workflowId, job, refParameter: settings.refParameter };
  const path = `${workflowId}/${branchJobName(ref)}`;
  const ofBranch = isJobPath(path) ? await client.job(path) : null;
  return ofBranch && { path, job: ofBranch, refParameter: null };
}

/** What a person may set: without the parameter that takes the ref. */
export function declaredInputs({ job, refParameter }: RefJob): WorkflowInput[] {
  return parametersOf(job)
    .filter((parameter) => parameter.name !== refParameter)
    .map(toInput);
}

export function parametersOf(job: Job): ParameterDefinition[] {
  return (job.property ?? []).flatMap((property) => property.parameterDefinitions ?? []);
}

export function isEnabled(job: Pick<FolderEntry, 'buildable' | 'disabled' | 'color'>): boolean {
  return job.buildable !== false && job.disabled !== true && job.color !== 'disabled';
}

export function isBelowRoot({ folder }: JenkinsSettings, path: string): boolean {
  return folder === undefined || path.startsWith(`${folder}/`);
}

/** Of the Branch API plugin, whatever builds its branches. */
function isMultibranch({ _class }: { _class?: string | null | undefined }): boolean {
  return _class?.endsWith('MultiBranchProject') ?? false;
}

const types: Readonly<Record<string, WorkflowInput['type']>> = {
  StringParameterDefinition: 'string',
  TextParameterDefinition: 'string',
  BooleanParameterDefinition: 'boolean',
  ChoiceParameterDefinition: 'choice',
};

/** Passwords, files, credentials and the parameters of plugins take values that are no plain text. */
function toInput({ name, type, description, defaultParameterValue, choices }: ParameterDefinition): WorkflowInput {
  const value = defaultParameterValue?.value;
  return {
    name,
    description: description || null,
    // Jenkins starts a build without any value: whatever is missing takes its default.
    required: false,
    type: types[type ?? ''] ?? 'unknown',
    default: value === undefined || value === null ? null : String(value),
    options: choices ?? [],
  };
}
