import type { TaskPlan } from '../run.ts';
import type { PipelineTask } from './pipeline.ts';
import { pipelineTaskTypes } from './pipeline.ts';
import type { DeploymentPlan, PlannedService } from './plan.ts';
import { migrationsOf } from './target.ts';
import { type DeploymentStage, deploymentStages } from './vocabulary.ts';

const failureAction = { halt: 'hold', continue: 'continue', rollback: 'plan' } as const;

/** What the plan is made of: it stands once, or once per service. */
interface Unit {
  task: PipelineTask;
  service: PlannedService | null;
}

/** `<KEY>/<service>` where it stands once per service. */
const keyOf = ({ task, service }: Unit): string => (service === null ? task.key : `${task.key}/${service.name}`);

/** The stages the run of a deployment has, in order: those with tasks. */
export function stagesOf(plan: DeploymentPlan): DeploymentStage[] {
  const stages = deploymentStages.filter((stage) => stage !== 'ROLL_BACK' && expandStage(plan, stage).length > 0);
  return plan.kind === 'ROLLBACK' ? stages : [...stages, 'ROLL_BACK'];
}

/**
 * The tasks of one stage of the plan's pipeline. A task that a service has no use for is left out, and whoever depends on it depends on what it
 * depended on. Services are changed in the order of their layers, `maxParallel` at a time: each waits for those it depends on, and for the one so
 * many places before it.
 */
export function expandStage(plan: DeploymentPlan, key: DeploymentStage): TaskPlan[] {
  const stage = plan.pipeline.stages.find((candidate) => candidate.key === key);
  if (stage === undefined) return [];
  const units = stage.tasks.flatMap((task): Unit[] =>
    pipelineTaskTypes[task.type].perService ? plan.services.map((service) => ({ task, service })) : [{ task, service: null }],
  );
  const byKey = new Map(stage.tasks.map((task) => [task.key, task]));
  return units
    .filter((unit) => isOfUse(plan, unit))
    .map((unit) => ({
      key: keyOf(unit),
      type: unit.task.type,
      dependsOn: [...new Set([...beforeOf(plan, unit, byKey, units), ...changeOrder(plan, unit)])],
      notBefore: null,
      input: inputOf(unit),
      maxAttempts: unit.task.maxAttempts,
      deadlineMs: unit.task.timeoutMs,
      onDeadline: 'fail',
      onFailure: failureAction[unit.task.onFailure],
    }));
}

const inputOf = ({ task, service }: Unit) => ({
  ...task.input,
  ...(service === null ? {} : { serviceId: service.serviceId, service: service.name }),
});

function isOfUse(plan: DeploymentPlan, { task, service }: Unit): boolean {
  switch (task.type) {
    case 'APPROVE_DEPLOYMENT':
      return plan.environment.approval !== null;
    case 'BUILD_ARTIFACT':
      return service?.revision === null;
    case 'RUN_TESTS':
      return service?.recipe?.tests[task.input.suite as 'smoke' | 'e2e' | 'full'] !== undefined;
    case 'MIGRATE_SCHEMA':
      return service !== null && migrationsOf(service.target) !== null && mayMigrate(service);
    default:
      return true;
  }
}

/** What runs may have come before its target named the database: what was applied there is the database's to say. */
const mayMigrate = ({ revision, migrations, bringsMigrations = false }: PlannedService) =>
  revision === null || migrations.length > 0 || bringsMigrations;

/** Keys of what the unit waits for, through those that are left out. */
function beforeOf(plan: DeploymentPlan, unit: Unit, byKey: ReadonlyMap<string, PipelineTask>, units: readonly Unit[]): string[] {
  return unit.task.dependsOn.flatMap((key) => {
    const before = byKey.get(key);
    if (before === undefined) throw new Error(`${unit.task.key} depends on ${key}, which is not in its stage`);
    return units
      .filter(({ task, service }) => task === before && (service === null || unit.service === null || service === unit.service))
      .flatMap((other) => (isOfUse(plan, other) ? [keyOf(other)] : beforeOf(plan, other, byKey, units)));
  });
}

/** Services change in order. */
function changeOrder(plan: DeploymentPlan, { task, service }: Unit): string[] {
  if (task.type !== 'DEPLOY_SERVICE' || service === null) return [];
  const ahead = plan.services[plan.services.indexOf(service) - plan.environment.maxParallel];
  const names = [...service.after, ...(ahead === undefined ? [] : [ahead.name])];
  return [...new Set(names)].map((name) => `${task.key}/${name}`);
}
