import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Api } from '../demo/api.ts';
import type { Say } from '../demo/say.ts';
import type { Stretch } from './tally.ts';

const deployment = z.object({ id: z.string(), displayId: z.string(), status: z.string(), failure: z.string().nullable() });
const rollout = z.object({
  ...{ status: z.string(), pauseReason: z.string().nullable(), phase: z.string(), step: z.number(), weight: z.number().nullable() },
  side: z.enum(['blue', 'green']),
  steps: z.array(z.object({ do: z.string(), percent: z.number().nullable() })),
  abortReason: z.string().nullable(),
});
type Rollout = z.infer<typeof rollout>;

/** How a deployment went. */
export interface Watched {
  id: string;
  displayId: string;
  status: string;
  failure: string | null;
  side: 'blue' | 'green';
  /** Share of the new version → while it surely was that. */
  stretches: ReadonlyMap<number, Stretch>;
  /** From before the deployment was asked for to after its end. */
  whole: Stretch;
}

const LOOK_MS = 150;
const over = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK', 'ROLLBACK_FAILED'];

/** Who asks for deployments, and somebody else, who approves them: production is behind a gate. */
export interface People {
  owner: Api;
  manager: Api;
}

/** Asks for a deployment and follows it to its end. @throws Error where it does not end in time */
export async function deployAndWatch(
  { people: { owner, manager }, path, say, timeoutMs }: { people: People; path: string; say: Say; timeoutMs: number },
  body: object,
): Promise<Watched> {
  const from = performance.now();
  const { id, displayId } = await owner.send('POST', path, body, deployment);
  const stretches = new Map<number, Stretch>();
  let shown = '';
  let isApproved = false;
  let last: Rollout | null = null;
  for (;;) {
    const askedAt = performance.now();
    const [{ items }, now] = await Promise.all([
      owner.get(`${path}/${id}/rollouts`, z.object({ items: z.array(rollout) })),
      owner.get(`${path}/${id}`, deployment),
    ]);
    last = items[0] ?? last;
    if (last !== null) extend(stretches, last, askedAt);
    const line = `  ${displayId}  ${now.status.toLowerCase()}${last === null ? '' : wordsOf(last)}`;
    if (line !== shown) say(line);
    shown = line;
    if (now.status === 'AWAITING_APPROVAL' && !isApproved) {
      await manager.send('POST', `${path}/${id}/approve`, {}, z.unknown());
      isApproved = true;
      say(`  ${displayId}  the release manager approved it`);
    }
    if (over.includes(now.status)) {
      const whole = { from, to: performance.now() };
      return { ...{ id, displayId, stretches, whole, side: last?.side ?? 'blue' }, status: now.status, failure: now.failure };
    }
    if (askedAt - from > timeoutMs) throw new Error(`${displayId} is still ${now.status} after ${timeoutMs / 1000} s`);
    await delay(LOOK_MS);
  }
}

/**
 * A share is surely in force from the first answer that shows it to the last question that was answered so: it is shown only after it was read back
 * at the router, and what is next is stored before it is done.
 */
function extend(stretches: Map<number, Stretch>, seen: Rollout, askedAt: number): void {
  const share = shareHeld(seen);
  if (share === null) return;
  const known = stretches.get(share);
  if (known === undefined) stretches.set(share, { from: performance.now(), to: performance.now() });
  else known.to = Math.max(known.to, askedAt);
}

function shareHeld({ status, phase, step, steps, weight }: Rollout): number | null {
  if (phase === 'DRAINING' && weight === 100) return 100;
  if (status !== 'PROGRESSING' || steps[step - 1]?.do !== 'pause') return null;
  const before = steps.slice(0, step).filter((each) => each.do === 'set-weight');
  return before.at(-1)?.percent ?? null;
}

function wordsOf({ status, pauseReason, phase, weight, abortReason }: Rollout): string {
  const share = weight === null ? '' : `, ${weight} % of the requests`;
  const why = abortReason ?? pauseReason;
  return `  ${status.toLowerCase()} (${phase.toLowerCase()})${share}${why === null ? '' : `: ${why}`}`;
}
