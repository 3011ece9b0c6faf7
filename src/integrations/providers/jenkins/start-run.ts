import type { Dispatch } from '../../capabilities/ci.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { JenkinsClient } from './client.ts';
import { type JenkinsSettings, PROVIDER } from './identity.ts';
import { CORRELATION_PARAMETER, findRefJob, isEnabled, parametersOf, type RefJob } from './jobs.ts';
import { queueHandle } from './run-handle.ts';
import type { ParameterDefinition } from './schema.ts';

/** Everything Jenkins would silently drop or answer with a crash is refused here, before anything starts. */
export async function startRun(client: JenkinsClient, settings: JenkinsSettings, request: Dispatch): Promise<{ handle: string | null }> {
  const { workflowId, ref, inputs, correlationId } = request;
  const target = await findRefJob(client, settings, workflowId, ref);
  if (!target) {
    throw trouble(
      'not-found',
      `there is no job ${workflowId} for ${ref}; a multibranch pipeline knows a branch or tag once it has scanned the repository`,
    );
  }
  return schedule(client, target, { ...inputs, ...refValue(target, workflowId, ref) }, correlationId);
}

/** Asks for a run with exactly these values, and the correlation id where the job declares it. */
export async function schedule(
  client: JenkinsClient,
  { path, job }: Pick<RefJob, 'path' | 'job'>,
  values: Readonly<Record<string, string>>,
  correlationId: string | null,
): Promise<{ handle: string | null }> {
  if (!isEnabled(job)) throw trouble('invalid', `${path} is disabled: enable it in Jenkins`);
  const declared = parametersOf(job);
  const undeclared = Object.keys(values).filter((name) => !declared.some((parameter) => parameter.name === name));
  if (undeclared.length > 0) throw trouble('invalid', `${path} declares no parameter ${undeclared.join(', ')}`);
  for (const parameter of declared) refuseWrongChoice(path, parameter, values[parameter.name]);
  const correlated = correlationId !== null && declared.some((parameter) => parameter.name === CORRELATION_PARAMETER);
  const form = { ...values, ...(correlated ? { [CORRELATION_PARAMETER]: correlationId } : {}) };
  const id = await client.schedule(path, declared.length === 0 ? null : form);
  return { handle: id === null ? null : queueHandle(id, path) };
}

/** The parameter that takes the ref: without it a job builds whatever its configuration says. */
function refValue({ job, refParameter }: RefJob, workflowId: string, ref: string): Record<string, string> {
  if (refParameter === null) return {};
  if (!parametersOf(job).some((parameter) => parameter.name === refParameter)) {
    throw trouble(
      'invalid',
      `${workflowId} declares no parameter ${refParameter} that takes the branch or tag: add it to the job, or name another one in the settings of the connection`,
    );
  }
  return { [refParameter]: ref };
}

/** Jenkins answers an unknown choice with status 500, which reads as "try again". */
function refuseWrongChoice(path: string, { name, type, choices }: ParameterDefinition, value: string | undefined): void {
  if (value === undefined || type !== 'ChoiceParameterDefinition' || !choices || choices.includes(value)) return;
  throw trouble('invalid', `${name} of ${path} takes one of ${choices.join(', ')}`);
}

export function trouble(kind: ProviderError['kind'], message: string): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });
}
