import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { askConnection } from '../connections/ask-connection.ts';
import type { OpenConnection } from '../connections/connect.ts';
import type { ServiceDeps } from '../context.ts';
import { invalid, type Problem, ServiceError } from '../service-error.ts';
import type { ConfigBody, ConfigKind } from './config-resource.ts';

/** Its connection and what it names can be mended by whoever writes the config; with everything else they can only try again. */
const MENDABLE: ReadonlySet<string> = new Set(['not-found', 'invalid', 'unauthorized', 'forbidden']);
/** A provider that has more is not read further: what is not among these counts as being there. */
const MAX_READ = 3_000;

/**
 * Asks the provider of a config whether what the config names exists.
 * @throws ServiceError invalid with everything that does not, unavailable when it cannot be asked
 */
export async function askConfig<B extends ConfigBody>(
  deps: Pick<ServiceDeps, 'connector'>,
  { kind, tenantId, body }: { kind: Pick<ConfigKind<B>, 'category'>; tenantId: string; body: ConfigBody },
  ask: (open: OpenConnection) => Promise<Problem[]>,
): Promise<void> {
  let problems: Problem[];
  try {
    problems = await askConnection(deps, { category: kind.category, tenantId, id: body.integrationId }, ask);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (!MENDABLE.has(error.kind)) throw new ServiceError('unavailable', `The provider could not be asked: ${error.message}`);
    problems = [{ field: '/integrationId', message: error.message }];
  }
  if (problems.length > 0) throw invalid(problems);
}

/** The names that the items of a provider's list go by; null = there are more than anybody reads. */
export async function namesOf<T>(list: AsyncIterable<T> | Iterable<T>, of: (item: T) => readonly string[]): Promise<Set<string> | null> {
  const names = new Set<string>();
  let read = 0;
  for await (const item of list) {
    if (read === MAX_READ) return null;
    read += 1;
    for (const name of of(item)) names.add(name);
  }
  return names;
}
