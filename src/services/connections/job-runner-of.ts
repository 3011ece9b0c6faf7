import type { JobRunner } from '../../integrations/capabilities/job-runner.ts';
import { lacks } from './ask-provider.ts';
import type { OpenConnection } from './connect.ts';

/** @throws ProviderError invalid where the provider has none */
export function jobRunnerOf({ provider, connection, deps }: OpenConnection): JobRunner {
  const runner = provider.jobRunner?.(connection, deps);
  if (runner === undefined) throw lacks(provider, 'jobs');
  return runner;
}
