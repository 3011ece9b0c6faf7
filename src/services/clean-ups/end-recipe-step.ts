import { parseJson } from '../../db/schema/columns.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { correlationOf, recipeStepOf, tagOfCommit, tryUnderWay } from '../../domain/deployment/recipe-try.ts';
import type { CiRun } from '../../integrations/capabilities/ci.ts';
import { ciOf } from '../connections/ci-metadata.ts';
import { jobRunnerOf } from '../connections/job-runner-of.ts';
import type { CiStep, JobStep } from '../execution/deployments/recipe-service.ts';
import { again, type CleanUpResult, done, type StepCleanUpContext } from './clean-up-context.ts';

/* What a deployment had begun by a recipe ends when nobody waits for it any more: runs of CI are cancelled, jobs ended with everything they started. */

interface BegunStep {
  /** `BUILD_ARTIFACT/shop` */
  task: string;
  /** Of the try: letters, digits, dashes. */
  key: string;
  commit: string;
  /** When the first attempt was about to ask for it. */
  since: Date;
  handle: string | null;
}

/**
 * Ends a step and looks until it has ended. What was about to be asked for when the deployment ended may yet come: a run is looked for as long as CI may
 * still show it, and a job that has not begun is kept from beginning.
 */
export async function endRecipeStep(context: StepCleanUpContext): Promise<CleanUpResult> {
  const begun = await readBegun(context);
  if (begun === null) return done('Nothing of it was under way.');
  const { step, ...rest } = begun;
  return step.by === 'ci' ? endRun(context, step, rest) : endJob(context, step, rest);
}

async function endRun(context: StepCleanUpContext, step: CiStep, begun: BegunStep): Promise<CleanUpResult> {
  const { pollMs } = context;
  const open = await context.open('ci-cd', step.integrationId);
  const ci = ciOf(open);
  const { task, key, handle, since } = begun;
  const query = {
    workflowId: step.workflowId,
    ref: tagOfCommit(begun.commit),
    correlationId: correlationOf({ key }),
    since: since.toISOString(),
  };
  // A queue's item is forgotten when its run has begun.
  const run = (handle === null ? null : await ci.run(handle)) ?? (await ci.findRun(query));
  if (run === null) {
    const mayAppear = context.cleanUp.agoMs <= context.leaseMs + context.connector.comesToLightWithinMs(ci.dispatchVisibleWithinMs);
    return mayAppear ? again(`A run of ${task} may still appear at the CI.`, pollMs) : done(`The CI knows no run of ${task}.`);
  }
  const name = `The run of ${task} (${run.url ?? run.handle})`;
  const end = endOf(run);
  if (end !== null) return done(end === 'cancelled' ? `${name} is cancelled.` : `${name} had ended: it ${end}.`);
  await ci.cancel(run.handle);
  return again(`${name} was asked to end, and was ${run.state.kind} before.`, pollMs);
}

const endOf = ({ state: { kind } }: CiRun) => (kind === 'succeeded' || kind === 'failed' || kind === 'cancelled' ? kind : null);

async function endJob(context: StepCleanUpContext, step: JobStep, { task, key }: BegunStep): Promise<CleanUpResult> {
  const runner = jobRunnerOf(await context.open('deployment', step.integrationId));
  await runner.stop(key);
  // A worker whose task was called off may be about to start the job: as long as that can be, the job that has ended keeps its key.
  const waitMs = 2 * context.leaseMs - context.cleanUp.agoMs;
  if (waitMs > 0) return again(`The job of ${task} has ended; what it left is removed later.`, waitMs);
  await runner.remove(key);
  return done(`The job of ${task} has ended, and what it left is removed.`);
}

async function readBegun({ db, cleanUp }: StepCleanUpContext): Promise<(BegunStep & { step: CiStep | JobStep }) | null> {
  const { tenantId, scopeId, subject } = cleanUp;
  const slash = subject.indexOf('/');
  const [row] = await db.rows<{ id: string; key: string; type: string; input: unknown; output: unknown; intents: unknown; plan: unknown }>(
    `SELECT t.id, t.task_key AS \`key\`, t.type, t.input, t.output, t.intents, d.plan
     FROM deployments d JOIN stages s ON s.run_id = d.run_id JOIN tasks t ON t.stage_id = s.id AND t.stage_attempt = s.attempt
     WHERE d.tenant_id = ? AND d.id = ? AND s.stage_key = ? AND t.task_key = ?`,
    [tenantId, scopeId, subject.slice(0, slash), subject.slice(slash + 1)],
  );
  if (row === undefined) return null;
  const begun = tryUnderWay(row.id, (parseJson(row.intents) as Parameters<typeof tryUnderWay>[1] | null) ?? {});
  const step = recipeStepOf(parseJson(row.plan) as DeploymentPlan, {
    type: row.type,
    input: (parseJson(row.input) as Record<string, unknown> | null) ?? {},
  });
  if (begun === null || step === null) return null;
  const output = parseJson(row.output) as { key?: string; handle?: string } | null;
  return {
    ...{ step, task: row.key, key: begun.key, commit: begun.commit, since: begun.since },
    handle: output?.key === begun.key ? (output.handle ?? null) : null,
  };
}
