import { changeSet } from './change-set.ts';
import { type Contraction, migrationObstacles, type RunningVersion, schemaObstacle, wayBackWarning } from './migration-rules.ts';
import { changeMs, inTime } from './minimum-time.ts';
import { type DependencyEdge, layersOf } from './order.ts';
import type { DeploymentPlan, PlannedMigration, PlannedService, ServiceRecipe } from './plan.ts';
import { whyNotAfter } from './store-order.ts';
import { isStoreTarget, type PlannedStoreTarget, type PlannedTarget, type TargetBody } from './target.ts';
import type { ArtifactSource, Revision } from './vocabulary.ts';

export interface PlanProblem {
  /** JSON pointer into the request. */
  field: string;
  message: string;
}

/** What is known of one service of the app in the environment. */
export interface PlanServiceFact {
  serviceId: string;
  name: string;
  recipe: ServiceRecipe | null;
  /** null = it has none in the environment. */
  target: PlannedTarget | null;
  /** What its drivers do not take, each naming its field of the target. */
  targetProblems: readonly PlanProblem[];
  /** Sources its driver can run; null = nobody could tell, and `targetProblems` says why. */
  sources: readonly ArtifactSource['kind'][] | null;
  installed: (NonNullable<PlannedService['from']> & { healthy: boolean; migrations: readonly PlannedMigration[] }) | null;
  /** What was asked for, by release, list or source environment. */
  wanted: { revision: Revision; migrations: readonly PlannedMigration[] } | null;
  paths: readonly string[] | null;
  /** Versions of it that other environments run on the same database; absent = none. */
  elsewhere?: readonly RunningVersion[];
  /** What was taken away from its database before; absent = nothing. */
  contractions?: readonly Contraction[];
  /** Connection to its source control; absent or null = it has none. */
  sourceIntegrationId?: string | null;
  /** Files that differ between what runs and what is asked for; null = nobody could tell. */
  changedFiles: readonly string[] | null;
}

export interface PlanFacts extends Pick<DeploymentPlan, 'kind' | 'scope' | 'environment' | 'app' | 'serviceRelease' | 'pipeline'> {
  /** Every one of the app. */
  services: readonly PlanServiceFact[];
  /** Between their names; acyclic only as far as nobody wrote around it. */
  edges: readonly DependencyEdge[];
  /** Names that a person listed; null = the scope decides. */
  listed: readonly string[] | null;
  /** What is built where no artifact is wanted; null = nothing is. */
  commit: string | null;
  allowIrreversible: boolean;
  /** What users of stores are told is new. */
  notes?: string | null;
}

export type ResolvedPlan = { plan: DeploymentPlan } | { problems: PlanProblem[] };

/** Everything a deployment decides on, or everything that is wrong with the request, at once. An empty set of services is an answer, too. */
export function resolvePlan(facts: PlanFacts): ResolvedPlan {
  const problems: PlanProblem[] = [];
  const set = pickSet(facts, problems);
  const chosen = facts.services.filter(({ name }) => set.has(name));
  const ordered = layersOf(
    chosen.map(({ name }) => name),
    facts.edges,
  );
  if ('cycle' in ordered)
    problems.push({ field: '/appId', message: `its services depend on each other in a circle: ${ordered.cycle.join(' → ')}` });
  const layers = 'layers' in ordered ? ordered.layers : [];
  const services = layers
    .flatMap((names, layer) => names.map((name) => ({ layer, fact: chosen.find((fact) => fact.name === name) as PlanServiceFact })))
    .flatMap(({ layer, fact }) => planService(facts, fact, layer, set, problems));
  problems.push(...services.flatMap((service) => timeoutProblems(facts, service)));
  const outside = outsideOf(facts, set, problems);
  if (problems.length > 0) return { problems };
  const { kind, scope, environment, app, serviceRelease, allowIrreversible, pipeline, notes = null } = facts;
  return { plan: { ...{ kind, scope, environment, app, serviceRelease, allowIrreversible, pipeline, notes }, services, outside, layers } };
}

/** Name → why it is in the set. */
function pickSet({ services, edges, listed, scope, commit }: PlanFacts, problems: PlanProblem[]): ReadonlyMap<string, string> {
  if (listed !== null) return new Map(listed.map((name) => [name, 'it was named']));
  if (scope === 'full') return new Map(services.map(({ name }) => [name, 'everything is deployed']));
  if (scope === 'cross-environment') {
    return new Map(services.filter(({ wanted }) => wanted !== null).map(({ name }) => [name, 'the other environment runs it']));
  }
  const { changed, unknown } = changeSet(
    services.map(({ name, paths, changedFiles, installed, wanted }) => ({
      ...{ name, paths, changedFiles },
      deployedDigest: installed?.revision.digest ?? null,
      wantedDigest: wanted?.revision.digest ?? null,
      ...commitsOf({ installed, wanted }, commit),
    })),
    edges,
  );
  if (unknown.length > 0) {
    problems.push({ field: '/services', message: `cannot be left out: whether ${unknown.join(', ')} changed could not be told` });
  }
  return changed;
}

/** What runs, and what is wanted, by the commits they were or would be built from. */
export const commitsOf = ({ installed, wanted }: Pick<PlanServiceFact, 'installed' | 'wanted'>, commit: string | null) => ({
  deployedCommit: installed?.revision.commit ?? null,
  wantedCommit: wanted === null ? commit : wanted.revision.commit,
});

function planService(
  facts: PlanFacts,
  fact: PlanServiceFact,
  layer: number,
  set: ReadonlyMap<string, string>,
  problems: PlanProblem[],
): PlannedService[] {
  const { serviceId, name, recipe, target, installed, wanted, sourceIntegrationId = null } = fact;
  const revision = wanted?.revision ?? null;
  const commit = revision === null ? facts.commit : null;
  problems.push(...artifactProblems(facts, fact), ...(wanted === null ? [] : migrationProblems(facts, fact)));
  if (target === null) {
    const none = { field: '/environmentId', message: `${name} has no target in ${facts.environment.name}` };
    problems.push(...(fact.targetProblems.length === 0 ? [none] : targetWords(fact, fact.targetProblems)));
    return [];
  }
  problems.push(...(isStoreTarget(target) ? storeProblems(fact, target) : driverProblems(fact, target)));
  const after = [...new Set(facts.edges.filter(({ from, to }) => from === name && set.has(to)).map(({ to }) => to))].sort();
  const from = installed === null ? null : { revision: installed.revision, configVersion: installed.configVersion, side: installed.side };
  return [
    {
      serviceId,
      name,
      layer,
      after,
      because: set.get(name) ?? '',
      revision,
      commit,
      from,
      target,
      recipe,
      sourceIntegrationId,
      migrations: newMigrations(fact),
      bringsMigrations: (wanted?.migrations.length ?? 0) > 0,
      note: wayBackWarning(from, newMigrations(fact)),
    },
  ];
}

function artifactProblems({ commit, pipeline }: PlanFacts, { name, target, wanted, recipe, sources }: PlanServiceFact): PlanProblem[] {
  if (wanted !== null) {
    const { kind } = wanted.revision.source;
    if (sources === null || sources.includes(kind)) return [];
    return [{ field: '/artifacts', message: `${name} ${wanted.revision.version} is of the kind ${kind}, which its driver does not run` }];
  }
  if (target !== null && isStoreTarget(target)) {
    return [
      { field: '/artifacts', message: `names no artifact of ${name}: what goes to a store has its version and build number already` },
    ];
  }
  if (commit === null) return [{ field: '/artifacts', message: `names no artifact of ${name}, and no commit is there to build it from` }];
  if (recipe?.build == null) return [{ field: '/artifacts', message: `names no artifact of ${name}, and it has no recipe to build one` }];
  const builds = pipeline.stages.some(({ tasks }) => tasks.some(({ type }) => type === 'BUILD_ARTIFACT'));
  return builds ? [] : [{ field: '/pipelineId', message: `builds nothing (BUILD_ARTIFACT), and ${name} has no artifact` }];
}

/** A task that is given less time than its rollout waits for by its own plan could never succeed. */
function timeoutProblems({ kind, pipeline }: PlanFacts, service: PlannedService): PlanProblem[] {
  const waitsMs = changeMs(service, kind === 'ROLLBACK');
  return pipeline.stages
    .flatMap(({ tasks }) => tasks)
    .filter(({ type, timeoutMs }) => type === 'DEPLOY_SERVICE' && timeoutMs <= waitsMs)
    .map(({ key, timeoutMs }) => ({
      field: '/pipelineId',
      message: `gives ${key} ${inTime(timeoutMs)} (timeoutMs ${timeoutMs}), and the rollout of ${service.name} waits for at least ${inTime(waitsMs)} (${waitsMs} ms) by its own plan: give the task more, or shorten the rollout`,
    }));
}

/** What its drivers do not take, and what the strategy needs besides. */
function driverProblems({ name, targetProblems }: PlanServiceFact, target: TargetBody): PlanProblem[] {
  const found = [...targetProblems];
  const missing = (field: string, message: string) => {
    if (!found.some((problem) => problem.field === field)) found.push({ field, message });
  };
  const { strategy } = target;
  if (strategy.kind !== 'rolling' && target.traffic === null) missing('/traffic', `is needed by a ${strategy.kind} deployment`);
  if (target.metrics === null && isAnalysed(strategy)) missing('/metrics', 'is needed to analyse what the strategy asks for');
  return targetWords({ name }, found);
}

const targetWords = ({ name }: Pick<PlanServiceFact, 'name'>, found: readonly PlanProblem[]): PlanProblem[] =>
  found.map(({ field, message }) => ({ field: '/environmentId', message: `the target of ${name}: ${field} ${message}` }));

/** What its store does not take, and what it goes by besides. */
function storeProblems(fact: PlanServiceFact, { store }: PlannedStoreTarget): PlanProblem[] {
  const { name, targetProblems, installed, wanted } = fact;
  const problems = targetWords(fact, targetProblems);
  if (wanted === null) return problems;
  const { revision } = wanted;
  if (revision.buildNumber == null) {
    problems.push({ field: '/artifacts', message: `${name} ${revision.version} has no build number, by which the store knows it` });
  }
  const why = installed === null ? null : whyNotAfter(store.target, installed.revision, revision);
  if (why !== null) problems.push({ field: '/artifacts', message: `${name} ${why}` });
  return problems;
}

function isAnalysed(strategy: TargetBody['strategy']): boolean {
  if (strategy.kind === 'rolling') return false;
  if (strategy.kind === 'blue-green') return strategy.prePromotion !== null || strategy.postPromotion !== null;
  return strategy.background !== null || strategy.steps.some((step) => step.do === 'analysis' || step.do === 'judge');
}

/** Those that what runs did not bring. */
function newMigrations({ wanted, installed }: PlanServiceFact): readonly PlannedMigration[] {
  const known = new Set(installed?.migrations.map(({ name }) => name));
  return (wanted?.migrations ?? []).filter(({ name }) => !known.has(name));
}

const namesOf = ({ migrations }: { migrations: readonly PlannedMigration[] }): string[] => migrations.map(({ name }) => name);

function migrationProblems({ allowIrreversible, environment }: PlanFacts, fact: PlanServiceFact): PlanProblem[] {
  if (fact.target === null || isStoreTarget(fact.target) || fact.target.migrations === null) return [];
  const fresh = newMigrations(fact);
  const problems: PlanProblem[] = [];
  const irreversible = fresh.filter((migration) => migration.class === 'irreversible');
  if (irreversible.length > 0 && !allowIrreversible) {
    const names = irreversible.map(({ name }) => name).join(', ');
    problems.push({ field: '/allowIrreversible', message: `must be said: ${names} of ${fact.name} cannot be taken back` });
  }
  const { installed, wanted } = fact;
  const { artifactId, version } = installed?.revision ?? { artifactId: '', version: '' };
  const here = installed === null ? [] : [{ where: environment.name, artifactId, version, migrations: namesOf(installed) }];
  const running = [...here, ...(fact.elsewhere ?? [])];
  const pending = new Set(fresh.map(({ name }) => name));
  const migrations = wanted?.migrations ?? [];
  // What runs already is not made worse by being deployed again.
  if (wanted !== null && wanted.revision.artifactId !== artifactId) {
    const obstacle = schemaObstacle({ ...wanted.revision, migrations }, fact.contractions ?? []);
    if (obstacle !== null) problems.push({ field: '/artifacts', message: `${fact.name}: ${obstacle}` });
  }
  for (const obstacle of migrationObstacles({ migrations, pending, running, allowIrreversible: true })) {
    problems.push({ field: '/artifacts', message: `${fact.name}: ${obstacle}` });
  }
  const before = new Map(fact.installed?.migrations.map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of fact.wanted?.migrations ?? []) {
    const known = before.get(name);
    if (known !== undefined && known !== checksum) {
      problems.push({ field: '/artifacts', message: `the migration ${name} of ${fact.name} is not the one that was applied` });
    }
  }
  return problems;
}

/** What the set depends on and does not deploy: it must run, and be healthy when it begins. */
function outsideOf(
  { services, edges, environment }: PlanFacts,
  set: ReadonlyMap<string, string>,
  problems: PlanProblem[],
): DeploymentPlan['outside'] {
  return edges
    .filter(({ from, to }) => set.has(from) && !set.has(to))
    .flatMap(({ from, to, kind }) => {
      const service = services.find(({ name }) => name === to);
      if (service === undefined || service.installed === null || service.target === null) {
        problems.push({
          field: '/services',
          message: `${from} depends on ${to}, of which nothing runs in ${environment.name}: deploy it, too`,
        });
        return [];
      }
      const { serviceId, target, installed } = service;
      return [{ serviceId, name: to, kind, neededBy: from, side: installed.side, target }];
    });
}
