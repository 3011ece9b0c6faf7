import type { ResourceRule } from './schema.ts';

/** What we must be allowed to do in the namespace. */
export interface Right {
  group: string;
  resource: string;
  verbs: readonly string[];
}

export const deploymentRights: readonly Right[] = [
  { group: 'apps', resource: 'deployments', verbs: ['get', 'create', 'patch', 'delete'] },
  { group: '', resource: 'services', verbs: ['create', 'patch'] },
  { group: '', resource: 'secrets', verbs: ['create', 'patch', 'list', 'delete'] },
  { group: '', resource: 'pods', verbs: ['list', 'deletecollection'] },
];

export const trafficRights: readonly Right[] = [{ group: 'gateway.networking.k8s.io', resource: 'httproutes', verbs: ['get', 'patch'] }];

/** None where the cluster does not know them all: refusals then show on use. */
export function rightsProblems(
  review: { incomplete: boolean; resourceRules: readonly ResourceRule[] },
  rights: readonly Right[],
  namespace: string,
): string[] {
  if (review.incomplete) return [];
  return rights.flatMap(({ group, resource, verbs }) => {
    const missing = verbs.filter((verb) => !review.resourceRules.some((rule) => allows(rule, group, resource, verb)));
    if (missing.length === 0) return [];
    const what = group === '' ? resource : `${resource}.${group}`;
    return [`The credentials may not ${missing.join(', ')} ${what} in the namespace ${namespace}: give the Role these verbs.`];
  });
}

/** Rules for single names do not reach objects that have none yet. */
function allows(rule: ResourceRule, group: string, resource: string, verb: string): boolean {
  const holds = (list: readonly string[] | null | undefined, wanted: string) =>
    list?.some((each) => each === wanted || each === '*') ?? false;
  return (
    (rule.resourceNames ?? []).length === 0 && holds(rule.verbs, verb) && holds(rule.apiGroups, group) && holds(rule.resources, resource)
  );
}
