import { retryDecision } from '../../domain/failure.ts';
import { signalKey } from '../../integrations/capabilities/webhook-source.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { OutboundRefusedError } from '../../platform/outbound.ts';
import type { SupersededBuild } from '../../services/execution/builds/superseded-build-service.ts';
import { toFailure } from '../../services/execution/to-failure.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/** A run that goes on although it was asked to stop is asked again. */
const ASK_AGAIN_AFTER_MS = 60_000;

/** What became of a build, or why it is still there. */
interface Told {
  id: string;
  platform: string;
  cycle: number;
  url: string | null;
}
type Ended = Told & { status: string };
type Left = Told & { why: string };

type Looked = { ended: Ended } | { left: Left; handle: string | null; inMs: number | null };

/**
 * Stops the CI runs of cycles that are over. It never fails for a CI that is away or refuses: what is left then is told in its output, and its
 * deadline lets the release go on.
 *
 * That a run is about to be stopped is written down first. If the process dies before it has asked, the run still shows as running, and is
 * asked again after a while.
 */
export const cancelSupersededBuilds: TaskHandler = {
  async run(context) {
    const { release, task, services, pollMs } = context;
    const ended = [...((task.output?.ended as Ended[] | undefined) ?? [])];
    const left: Extract<Looked, { left: Left }>[] = [];
    const integrations = new Map<string, string>();
    for (const build of await services.supersededBuilds.left(release, Number(task.input.through))) {
      const looked = await lookAndCancel(context, build);
      if ('ended' in looked) ended.push(looked.ended);
      else left.push(looked);
      integrations.set(build.id, build.integrationId);
    }
    const output = { ended, left: left.map((entry) => entry.left) };
    const waits = left.flatMap(({ inMs }) => inMs ?? []);
    if (waits.length === 0) return { kind: 'completed', output };
    const signals = left.flatMap(({ left: { id }, handle }) => {
      const integrationId = integrations.get(id);
      return handle === null || integrationId === undefined ? [] : [{ integrationId, key: signalKey.ciRun(handle) }];
    });
    return { kind: 'waiting', reason: 'CALLBACK', forMs: Math.max(pollMs, Math.min(...waits)), output, signals };
  },
};

async function lookAndCancel(context: TaskContext, build: SupersededBuild): Promise<Looked> {
  const { id, platform, cycle, url } = build;
  const told = { id, platform, cycle, url };
  try {
    const state = await context.services.supersededBuilds.look(context.release.tenantId, build);
    switch (state.kind) {
      case 'ended':
        return { ended: { ...told, status: state.status } };
      case 'lost':
        return { left: { ...told, why: 'The CI does not show its run any more.' }, handle: null, inMs: null };
      case 'not-shown-yet':
        return { left: { ...told, why: 'The CI does not show its run yet.' }, handle: null, inMs: 0 };
      case 'running':
        await cancel(context, build, state.handle);
        return { left: { ...told, why: 'It was asked to stop and has not ended yet.' }, handle: state.handle, inMs: 0 };
      default:
        return state satisfies never;
    }
  } catch (error) {
    // Trouble of the CI, or of the way to it; everything else is ours and goes up.
    if (!(error instanceof ProviderError || error instanceof OutboundRefusedError)) throw error;
    const decision = retryDecision(toFailure(error));
    const inMs = decision.when === 'never' ? null : decision.when === 'after' ? decision.ms : 0;
    return { left: { ...told, why: error.message }, handle: build.handle, inMs };
  }
}

async function cancel({ release, services, intent, renewIntent }: TaskContext, build: SupersededBuild, handle: string): Promise<void> {
  const effect = `cancel:${build.id}`;
  const { repeated, agoMs } = await intent(effect);
  if (repeated && agoMs < ASK_AGAIN_AFTER_MS) return;
  if (repeated) await renewIntent(effect);
  await services.cicd.cancel(release.tenantId, build.integrationId, handle);
}
