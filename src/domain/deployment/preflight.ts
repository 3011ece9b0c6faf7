import { type Requirement, whoever } from '../gates/requirement.ts';
import { todaysValues } from './snapshot.ts';
import type { TargetBody } from './target.ts';

/** A variable as preflight sees it: never a secret's value. */
export interface VariableFact {
  name: string;
  isSecret: boolean;
  /** Whether it matches the pattern that is asked of it; null = none is, or nobody could tell. */
  matches: boolean | null;
  expiresAt: Date | null;
  /** Another environment of the tenant has the same secret, e.g. `staging`; null = none has. */
  sharedWith: string | null;
}

/** What was found by looking; `why` says why it could not be. */
export type Found = { ok: true; evidence: string } | { ok: false; evidence: string } | { ok: 'unknown'; evidence: string };

/** A secret that a way back brings again, as it is known today. */
export interface SecretBroughtBack {
  name: string;
  /** Of what is brought back; null = it does not expire. */
  expiresAt: Date | null;
  /** `same`: today's variables have the very value. `other`: another took its place. `gone`: they have none of the name. */
  today: 'same' | 'other' | 'gone';
}

export interface ServicePreflight {
  name: string;
  required: TargetBody['requiredVariables'];
  variables: readonly VariableFact[];
  /** Of a way back: the secrets of the config version it leads to; null = its values are not kept, and today's count. Absent = it is none. */
  broughtBack?: readonly SecretBroughtBack[] | null;
  artifact: Found;
  target: Found;
  /** null = it has no router. */
  traffic: Found | null;
  /** Whether its version can work with the schema of its database; null = it has none, or is not built yet. */
  schema: Found | null;
  /** Who has its lock: ours, or the other deployment's display id; null = nobody has. */
  lock: 'ours' | string | null;
}

export interface PreflightFacts {
  services: readonly ServicePreflight[];
  /** Of what runs now, by name. */
  health: readonly { name: string; found: Found }[];
  /** A person lets it begin although something is not healthy, or it is a way back. */
  healthWaived: string | null;
  /** A way back runs what ran before: what it needs is not judged anew. */
  isRollback: boolean;
  now: Date;
}

/** Everything that must hold before anything is touched, each with its evidence. What could not be checked does not hold. */
export function preflightRequirements(facts: PreflightFacts): Requirement[] {
  const { now } = facts;
  const of = (key: string, found: Found, owner: Requirement['owner']): Requirement => ({
    ...{ key, met: found.ok, evidence: found.evidence, checkedAt: now, owner, freshForMs: null },
  });
  const people = whoever('config:write');
  const services = facts.services.flatMap((service) => [
    ...(facts.isRollback
      ? valuesBroughtBack(service, now).map(([key, evidence]) => of(key, { ok: true, evidence }, people))
      : [
          ...service.required.map((wanted) => of(`variable:${service.name}:${wanted.name}`, variableFound(wanted, service, now), people)),
          ...alsoGiven(service).map((fact) => of(`variable:${service.name}:${fact.name}`, usable(fact, now), people)),
        ]),
    of(`artifact:${service.name}`, service.artifact, people),
    of(`target:${service.name}`, service.target, whoever('integration:write')),
    ...(service.traffic === null ? [] : [of(`traffic:${service.name}`, service.traffic, whoever('integration:write'))]),
    ...(service.schema === null ? [] : [of(`schema:${service.name}`, service.schema, people)]),
    of(`lock:${service.name}`, lockFound(service), { kind: 'system', system: 'deployments' }),
  ]);
  const health = facts.health.map(({ name, found }) =>
    of(
      `health:${name}`,
      facts.healthWaived === null || found.ok === true ? found : { ok: true, evidence: `${facts.healthWaived} (${found.evidence})` },
      people,
    ),
  );
  return [...services, ...health];
}

/** Warnings only: a way back is never held up by what is wrong with its secrets. */
function valuesBroughtBack({ name, broughtBack }: ServicePreflight, now: Date): [string, string][] {
  if (broughtBack === undefined) return [];
  if (broughtBack === null) return [[`values:${name}`, todaysValues]];
  return [
    [`values:${name}`, 'its variables have the values of then'],
    ...broughtBack.flatMap((secret): [string, string][] => {
      const warning = warningOf(secret, now);
      return warning === null ? [] : [[`secret:${name}:${secret.name}`, `it is brought back all the same, although ${warning}`]];
    }),
  ];
}

function warningOf({ expiresAt, today }: SecretBroughtBack, now: Date): string | null {
  if (expiresAt !== null && expiresAt <= now) return `it expired at ${expiresAt.toISOString()}`;
  if (today === 'gone') return 'the environment has none of that name any more: it may have been revoked';
  return today === 'other' ? 'another value took its place since: it may have been revoked' : null;
}

const DAY_MS = 86_400_000;

/** A service gets all variables of its environment, not only those that it asks for: what may not be used there reaches it with them. */
const alsoGiven = ({ required, variables }: ServicePreflight): VariableFact[] =>
  variables.filter(({ name, isSecret, expiresAt }) => (isSecret || expiresAt !== null) && !required.some((wanted) => wanted.name === name));

function variableFound(wanted: TargetBody['requiredVariables'][number], { variables }: ServicePreflight, now: Date): Found {
  const fact = variables.find(({ name }) => name === wanted.name);
  if (fact === undefined) return { ok: false, evidence: 'it is not there' };
  if (wanted.secret && !fact.isSecret) return { ok: false, evidence: 'it is kept in clear and must be a secret' };
  if (wanted.pattern !== null && fact.matches === null) return { ok: 'unknown', evidence: 'nobody could tell whether it is well formed' };
  if (wanted.pattern !== null && fact.matches === false) return { ok: false, evidence: 'it is not well formed' };
  return usable(fact, now);
}

/** Here, and now. */
function usable({ expiresAt, sharedWith }: VariableFact, now: Date): Found {
  if (expiresAt !== null && expiresAt <= now) return { ok: false, evidence: `it expired at ${expiresAt.toISOString()}` };
  if (sharedWith !== null) return { ok: false, evidence: `${sharedWith} has the same secret` };
  const soon = expiresAt !== null && expiresAt.getTime() - now.getTime() < DAY_MS;
  return { ok: true, evidence: soon ? 'it is there, and expires within a day' : 'it is there' };
}

function lockFound({ lock }: ServicePreflight): Found {
  if (lock === 'ours') return { ok: true, evidence: 'this deployment has it' };
  return { ok: false, evidence: lock === null ? 'it was given back' : `${lock} has it` };
}
