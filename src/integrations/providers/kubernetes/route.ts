import { type Side, sides, type Weights } from '../../../domain/deployment/vocabulary.ts';
import type { RouteState } from '../../capabilities/traffic-router.ts';
import { percentOf } from '../../kit/percent-of.ts';
import type { HttpRoute, ParentRef, Rule } from './schema.ts';

/** How an HTTPRoute shares traffic between two Services, read and changed. Pure; rules are written back as a whole, whatever else they hold. */

/** The Services of both sides, and the namespace they are in. */
export interface Backends {
  services: Record<Side, string>;
  namespace: string;
}

type HeaderRoute = NonNullable<RouteState['headerRoute']>;
type BackendRef = NonNullable<Rule['backendRefs']>[number];

/** Says which rules are ours; somebody else's rule may look alike. */
export const HEADER_ROUTE = 'signalbox/header-route';

/** As gateways have it in force: what is written and not yet taken up counts as nothing that can be told. */
export function routeState(route: HttpRoute, backends: Backends): RouteState {
  const why = notInForce(route) ?? sharingProblem(route, backends);
  if (why !== null) return { weights: null, headerRoute: null, why };
  return { weights: writtenWeights(route, backends), headerRoute: writtenHeaderRoute(route, backends), why: null };
}

/** What the route says, in force or not; null = no weights of ours can be told. */
export function writtenWeights(route: HttpRoute, backends: Backends): Weights | null {
  if (sharingProblem(route, backends) !== null) return null;
  const [first] = sharingRules(route, backends);
  return first === undefined ? null : percentOf(totals(first, backends));
}

/** Why its rules cannot be shifted; null = they can. */
export function unfit(route: HttpRoute, backends: Backends): string | null {
  const { name } = route.metadata;
  if (route.metadata.deletionTimestamp) return `the HTTPRoute ${name} is being deleted`;
  const sharing = sharingRules(route, backends);
  if (sharing.length === 0) {
    const { blue, green } = backends.services;
    return `no rule of the HTTPRoute ${name} has both Services, ${blue} and ${green}, as its backends`;
  }
  const foreign = sharing.flatMap(refsOf).filter((ref) => (ref.weight ?? 1) > 0 && !sides.some((side) => isSide(ref, side, backends)));
  if (foreign.length > 0) return `${foreign.map((ref) => ref.name).join(', ')} of the HTTPRoute ${name} get traffic and are of no side`;
  return null;
}

export function withWeights(route: HttpRoute, backends: Backends, weights: Weights): Rule[] {
  const sharing = new Set(sharingRules(route, backends));
  return rulesOf(route).map((rule) => {
    if (!sharing.has(rule)) return rule;
    const backendRefs = refsOf(rule).map((ref) => {
      const side = sides.find((each) => isSide(ref, each, backends));
      return side === undefined ? ref : { ...ref, weight: weights[side] };
    });
    return { ...rule, backendRefs };
  });
}

/** One rule before each that shares: with one header more it is the more specific one. Earlier ones of ours go. */
export function withHeaderRoute(route: HttpRoute, backends: Backends, wanted: HeaderRoute | null): Rule[] {
  const sharing = new Set(sharingRules(route, backends));
  const before = annotated(route);
  return rulesOf(route)
    .filter((rule) => before === null || !leadsBy(rule, backends, before))
    .flatMap((rule) => (wanted !== null && sharing.has(rule) ? [headerRule(rule, backends, wanted), rule] : [rule]));
}

export const annotation = (wanted: HeaderRoute | null): Record<string, string | null> => ({
  [HEADER_ROUTE]: wanted === null ? null : JSON.stringify([wanted.header, wanted.value, wanted.side]),
});

/** Ours, as far as the rules hold what the annotation says. */
export function writtenHeaderRoute(route: HttpRoute, backends: Backends): HeaderRoute | null {
  const told = annotated(route);
  if (told === null) return null;
  const leading = rulesOf(route).filter((rule) => leadsBy(rule, backends, told));
  return leading.length > 0 && leading.length >= sharingRules(route, backends).length ? told : null;
}

const rulesOf = ({ spec }: HttpRoute): Rule[] => spec.rules ?? [];
const refsOf = ({ backendRefs }: Rule): BackendRef[] => backendRefs ?? [];

const isSide = ({ name, group, kind, namespace }: BackendRef, side: Side, backends: Backends): boolean =>
  name === backends.services[side] &&
  (group ?? '') === '' &&
  (kind ?? 'Service') === 'Service' &&
  (namespace ?? backends.namespace) === backends.namespace;

const sharingRules = (route: HttpRoute, backends: Backends): Rule[] =>
  rulesOf(route).filter((rule) => sides.every((side) => refsOf(rule).some((ref) => isSide(ref, side, backends))));

const totals = (rule: Rule, backends: Backends): Weights => {
  const sum = (side: Side) => refsOf(rule).reduce((all, ref) => (isSide(ref, side, backends) ? all + (ref.weight ?? 1) : all), 0);
  return { blue: sum('blue'), green: sum('green') };
};

function sharingProblem(route: HttpRoute, backends: Backends): string | null {
  const problem = unfit(route, backends);
  if (problem !== null) return problem;
  const shares = sharingRules(route, backends).map((rule) => percentOf(totals(rule, backends)));
  if (shares.includes(null)) return `the weights of the HTTPRoute ${route.metadata.name} are 0: nobody gets traffic`;
  if (new Set(shares.map((share) => share?.green)).size > 1)
    return `the rules of the HTTPRoute ${route.metadata.name} share traffic differently`;
  return null;
}

function annotated({ metadata }: HttpRoute): HeaderRoute | null {
  try {
    const [header, value, side] = JSON.parse(metadata.annotations?.[HEADER_ROUTE] ?? '[]') as unknown[];
    const isWhole = typeof header === 'string' && typeof value === 'string' && (side === 'blue' || side === 'green');
    return isWhole ? { header, value, side } : null;
  } catch {
    return null;
  }
}

function headerRule(rule: Rule, backends: Backends, { header, value, side }: HeaderRoute): Rule {
  // Names of rules are unique.
  const { name: _name, ...rest } = rule;
  const matches = rule.matches?.length ? rule.matches : [{}];
  return {
    ...rest,
    matches: matches.map((match) => ({ ...match, headers: [...(match.headers ?? []), { type: 'Exact', name: header, value }] })),
    backendRefs: refsOf(rule)
      .filter((ref) => isSide(ref, side, backends))
      .slice(0, 1)
      .map((ref) => ({ ...ref, weight: 1 })),
  };
}

function leadsBy(rule: Rule, backends: Backends, { header, value, side }: HeaderRoute): boolean {
  const [ref, ...more] = refsOf(rule);
  const matches = rule.matches ?? [];
  return (
    ref !== undefined &&
    more.length === 0 &&
    isSide(ref, side, backends) &&
    matches.length > 0 &&
    matches.every(({ headers }) => headers?.some((each) => each.name.toLowerCase() === header.toLowerCase() && each.value === value))
  );
}

/** What a gateway must say of the very route that is written now. */
const NEEDED = ['Accepted', 'ResolvedRefs'];

function notInForce({ metadata, spec, status }: HttpRoute): string | null {
  const parents = spec.parentRefs ?? [];
  if (parents.length === 0) return `the HTTPRoute ${metadata.name} names no gateway`;
  for (const parent of parents) {
    const told = (status?.parents ?? []).filter((each) => isSame(each.parentRef, parent, metadata));
    if (told.length === 0) return `the gateway ${parent.name} has not taken up the HTTPRoute ${metadata.name}`;
    const why = told.map(({ conditions }) => shortcoming(conditions ?? [], metadata.generation ?? 0)).find((each) => each !== null);
    if (why !== undefined) return `the gateway ${parent.name} ${why} of the HTTPRoute ${metadata.name}`;
  }
  return null;
}

type Conditions = readonly {
  type: string;
  status: string;
  reason?: string | null;
  message?: string | null;
  observedGeneration?: number | null;
}[];

function shortcoming(conditions: Conditions, generation: number): string | null {
  for (const type of NEEDED) {
    const condition = conditions.find((each) => each.type === type);
    if (condition === undefined || (condition.observedGeneration ?? -1) < generation) return 'has not taken up the last change';
    if (condition.status === 'True') continue;
    return `does not put into force (${type} is ${condition.status}: ${condition.message || condition.reason || 'no reason given'}) what is written`;
  }
  const partial = conditions.find(({ type, status }) => type === 'PartiallyInvalid' && status === 'True');
  return partial === undefined ? null : `leaves out a part (${partial.message || partial.reason || 'no reason given'})`;
}

/** A namespace that is not named is that of the route. */
function isSame(one: ParentRef, other: ParentRef, { namespace }: { namespace?: string | undefined }): boolean {
  const key = ({ group, kind, namespace: named, name, sectionName, port }: ParentRef) =>
    JSON.stringify([group ?? 'gateway.networking.k8s.io', kind ?? 'Gateway', named ?? namespace ?? '', name, sectionName ?? '', port ?? 0]);
  return key(one) === key(other);
}
