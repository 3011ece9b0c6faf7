import { isStoreTarget, type ServiceTarget } from './target.ts';
import { type EnvironmentKind, homeOf, type ServiceKind } from './vocabulary.ts';

interface HomeProblem {
  field: '/store' | '/deploy';
  message: string;
}

/** What keeps a target of this shape for a service of this kind from an environment of this kind. */
export function homeProblems(kinds: { environment: EnvironmentKind; service: ServiceKind }, target: ServiceTarget): HomeProblem[] {
  const isStore = isStoreTarget(target);
  const field = isStore ? '/store' : '/deploy';
  if (homeOf(kinds.service) !== kinds.environment) {
    const message = `does not belong there: services of the kind ${kinds.service} go to environments of the kind ${homeOf(kinds.service)}, and this one is ${kinds.environment}`;
    return [{ field, message }];
  }
  if (isStore === (kinds.environment === 'store-track')) return [];
  const wanted = isStore ? 'a driver (deploy)' : 'a store (store)';
  return [{ field, message: `does not belong there: the environment is of the kind ${kinds.environment}, and its targets name ${wanted}` }];
}
