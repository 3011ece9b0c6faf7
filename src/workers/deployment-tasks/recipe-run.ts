import type { PlannedService, RecipeStep } from '../../domain/deployment/plan.ts';
import { correlationOf, currentTry, type RecipeTry } from '../../domain/deployment/recipe-try.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import type { CiRun } from '../../integrations/capabilities/ci.ts';
import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import { assertAttemptOurs } from '../../services/execution/attempt-scope.ts';
import type { CiStep, JobStep, KeptFile } from '../../services/execution/deployments/recipe-service.ts';
import type { DeploymentTaskContext } from '../deployment-context.ts';

/*
 * A step of a recipe as an effect of its task: a run of CI or a job, under the key of its try. It is asked for after its intent was stored; a crash after
 * that makes the next look search for a run, and ask again only when CI must have shown it by now. Jobs are found by their key. A try that ended is marked,
 * so that a person who sends the task on gets another. One that is under way when the deployment ends is ended by a clean-up, which knows it by the intent.
 */

export interface StepRequest {
  service: PlannedService;
  step: RecipeStep;
  /** Built or tested. */
  commit: string;
  /** Told to CI as inputs and to jobs as variables. */
  parameters: Readonly<Record<string, string>>;
  /** What is tested, by its key in the artifact store; null = nothing, or nothing that is kept there. */
  artifact: string | null;
}

export interface EndedStep {
  /** Of the try: letters, digits, dashes. */
  key: string;
  passed: boolean;
  /** How it ended, for people. */
  words: string;
  url: string | null;
  /** The last of what a job wrote; null = CI shows it. */
  log: string | null;
  /** Copies a file that it left; null = there is none. */
  keep(file: { path: string; inside: RegExp; key: string; maxBytes: number }): Promise<KeptFile | null>;
  /** This try is over: whoever comes again begins another. */
  close(): Promise<void>;
}

export type FollowedStep = { waits: Outcome } | { ended: EndedStep };

export async function followStep(context: DeploymentTaskContext, request: StepRequest): Promise<FollowedStep> {
  const current = currentTry(context.task.id, context.task.intents);
  const close = async () => void (await context.intent(current.ends));
  const { step } = request;
  return step.by === 'ci' ? followRun(context, request, step, current, close) : followJob(context, request, step, current, close);
}

const ARTIFACT_FOLDER = '.signalbox/artifact';

async function followJob(
  context: DeploymentTaskContext,
  { service, commit, parameters, artifact }: StepRequest,
  step: JobStep,
  { key, begins }: RecipeTry,
  close: () => Promise<void>,
): Promise<FollowedStep> {
  const { deployment, services, task, pollMs } = context;
  const { tenantId } = deployment;
  const { recipes } = services;
  if (task.intents[begins] === undefined) await context.intent(begins, commit);
  assertAttemptOurs();
  const { sourceIntegrationId } = service;
  const sources = sourceIntegrationId == null || commit === '' ? null : { sourceIntegrationId, commit };
  // Beside the sources the artifact has a folder of its own; without them it is all there is.
  const into = sources === null ? '.' : ARTIFACT_FOLDER;
  const variables = new Map(Object.entries({ ...parameters, ...(artifact === null ? {} : { ARTIFACT_DIRECTORY: into }) }));
  const state = await recipes.job(tenantId, step, {
    key,
    variables,
    sources,
    artifact: artifact === null ? null : { key: artifact, into },
  });
  if (state.kind === 'absent' || state.kind === 'running') return waiting(pollMs, { key, state: state.kind, url: null });
  const passed = state.kind === 'ended' && state.exitCode === 0;
  return {
    ended: {
      ...{ key, passed, url: null, log: await recipes.jobLog(tenantId, step, key) },
      words: state.kind === 'ended' ? `it ended with exit code ${state.exitCode}` : `it was stopped: ${state.why}`,
      keep: ({ path, key: kept, maxBytes }) => recipes.keepFromJob(tenantId, step, { jobKey: key, path, key: kept, maxBytes }),
      close: async () => {
        await close();
        await recipes.forgetJob(tenantId, step, key);
      },
    },
  };
}

async function followRun(
  context: DeploymentTaskContext,
  request: StepRequest,
  step: CiStep,
  current: RecipeTry,
  close: () => Promise<void>,
): Promise<FollowedStep> {
  const { deployment, services, pollMs } = context;
  const { tenantId } = deployment;
  const { key } = current;
  const handle = await handleOf(context, request, step, current);
  if (handle === null) return waiting(pollMs, { key, state: 'asked for', url: null });
  const run = await services.recipes.run(tenantId, step, handle);
  const url = run?.url ?? null;
  const signals = [{ integrationId: step.integrationId, key: signalKey.ciRun(run?.handle ?? handle) }];
  if (run === null || !hasEnded(run)) return waiting(pollMs, { key, handle: run?.handle ?? handle, state: wordsOf(run), url }, signals);
  const isOther = run.commit !== null && run.commit !== request.commit;
  return {
    ended: {
      ...{ key, url, log: null, close },
      passed: run.state.kind === 'succeeded' && !isOther,
      words: isOther ? `it ran on ${run.commit}, not on ${request.commit}` : `the run ${wordsOf(run)}`,
      keep: ({ inside, key: kept, maxBytes }) =>
        services.recipes.keepFromRun(tenantId, step, { handle: run.handle, inside, key: kept, maxBytes }),
    },
  };
}

/** The run's, asked for where it never was; null = it does not show yet. */
async function handleOf(
  context: DeploymentTaskContext,
  request: StepRequest,
  step: CiStep,
  { key, begins: effect }: RecipeTry,
): Promise<string | null> {
  const { deployment, services, task } = context;
  const known = task.output as { key?: string; handle?: string } | null;
  if (known?.key === key && known.handle !== undefined) return known.handle;
  const { recipes } = services;
  const { tenantId } = deployment;
  const what = {
    ...{ commit: request.commit, correlationId: correlationOf({ key }), parameters: request.parameters },
    sourceIntegrationId: request.service.sourceIntegrationId ?? null,
  };
  const stored = task.intents[effect];
  if (stored !== undefined) {
    const found = await recipes.findRun(tenantId, step, { ...what, since: new Date(stored.at) });
    if (found !== null) return found.handle;
  }
  const ask = stored === undefined ? await recipes.prepareRun(tenantId, step, what) : null;
  const intent = await context.intent(effect, request.commit);
  if (ask !== null && !intent.repeated) return (await ask()).handle;
  if (intent.agoMs <= (await recipes.visibleWithinMs(tenantId, step))) return null;
  const again = await recipes.prepareRun(tenantId, step, what);
  await context.renewIntent(effect);
  return (await again()).handle;
}

const hasEnded = ({ state }: CiRun) => state.kind === 'succeeded' || state.kind === 'failed' || state.kind === 'cancelled';

const wordsOf = (run: CiRun | null): string =>
  run === null ? 'not found' : 'raw' in run.state ? `${run.state.kind} (${run.state.raw})` : run.state.kind;

const waiting = (
  forMs: number,
  output: Record<string, unknown>,
  signals: readonly { integrationId: string; key: string }[] = [],
): FollowedStep => ({ waits: { kind: 'waiting', reason: 'CALLBACK', forMs, output, signals } });

const TAIL_CHARS = 500;

/** The last words of a log, to go on a sentence. */
export const tailOf = (log: string | null): string =>
  log === null || log.trim() === '' ? '' : `; it wrote: ${log.trim().slice(-TAIL_CHARS)}`;

/** CI may show what a run left a little after its end. */
const COMES_TO_LIGHT_MS = 600_000;

/** What it left may still come. */
export async function mayStillCome(
  context: DeploymentTaskContext,
  { step }: StepRequest,
  { key, url }: EndedStep,
): Promise<Outcome | null> {
  if (step.by === 'job') return null;
  const { agoMs } = await context.intent(`awaited-${key}`);
  if (agoMs > COMES_TO_LIGHT_MS) return null;
  const { handle } = (context.task.output ?? {}) as { handle?: string };
  const output = { key, ...(handle === undefined ? {} : { handle }), state: 'waiting for what it left', url };
  return { kind: 'waiting', reason: 'CALLBACK', forMs: context.pollMs, output };
}
