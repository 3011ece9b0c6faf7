import type { DeploymentPlan, RecipeStep } from './plan.ts';

/*
 * A step of a recipe is tried under a key made of its task and the number of the try. The key is all it takes to find again what was begun: a job bears it,
 * a run of CI its correlation id, and the task's intents tell which try was begun and which ended.
 */

type Intents = Readonly<Record<string, { at: string; again?: string; value: string | null }>>;

/** The try that a task is at: the one after those that ended. */
export interface RecipeTry {
  /** Letters, digits, dashes. */
  key: string;
  /** Intent that stands for its beginning; its value is the commit. */
  begins: string;
  /** Intent that stands for its end. */
  ends: string;
}

export function currentTry(taskId: string, intents: Intents): RecipeTry {
  const number = Object.keys(intents).filter((effect) => effect.startsWith('ended-')).length + 1;
  const key = `${taskId.toLowerCase()}-${number}`;
  return { key, begins: `begun-${key}`, ends: `ended-${number}` };
}

/** What was begun, perhaps, and has not been seen to its end; null = nothing. */
export function tryUnderWay(taskId: string, intents: Intents): (RecipeTry & { since: Date; commit: string }) | null {
  const current = currentTry(taskId, intents);
  const begun = intents[current.begins];
  return begun === undefined ? null : { ...current, since: new Date(begun.at), commit: begun.value ?? '' };
}

export const correlationOf = ({ key }: Pick<RecipeTry, 'key'>) => `sbx-${key}`;

/** CI systems run on names. Made of the commit alone, so that whoever builds it again finds the tag. */
export const tagOfCommit = (commit: string) => `signalbox/${commit}`;

/** What a task of the plan's pipeline runs; null = its type runs no recipe, or the service has none. */
export function recipeStepOf(
  { services }: DeploymentPlan,
  task: { type: string; input: Readonly<Record<string, unknown>> },
): RecipeStep | null {
  const recipe = services.find(({ serviceId }) => serviceId === task.input.serviceId)?.recipe ?? null;
  if (task.type === 'BUILD_ARTIFACT') return recipe?.build ?? null;
  if (task.type === 'RUN_TESTS') return recipe?.tests[task.input.suite as 'smoke' | 'e2e' | 'full'] ?? null;
  return null;
}
