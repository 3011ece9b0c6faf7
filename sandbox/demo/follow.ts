import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type Api, ApiRefusal } from './api.ts';
import { type TargetState, watchRollouts } from './rollouts.ts';
import type { Say } from './say.ts';

const task = z.object({
  id: z.string(),
  type: z.string(),
  title: z.string(),
  stage: z.string(),
  stageAttempt: z.number(),
  status: z.string(),
  waitReason: z.string().nullable(),
  attempt: z.number(),
  failure: z.object({ message: z.string() }).nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
type Task = z.infer<typeof task>;

const release = z.object({ id: z.string(), displayId: z.string(), status: z.string(), pauseReasons: z.array(z.string()) });
const why = z.object({ items: z.array(z.object({ sentence: z.string(), remedy: z.string().nullable() })) });

export interface Followed {
  status: string;
  tasks: number;
  /** Where the release came to in each store; none where it goes to none. */
  stores: TargetState[];
}

interface Following {
  owner: Api;
  manager: Api;
  /** `/release-management/tenants/…/releases/…` */
  path: string;
  say: Say;
  timeoutMs: number;
}

const POLL_MS = 250;

/** Shows each change of a task as one line, approves the gates when they ask, steers what comes to the stores, until the release has ended or cannot go on by itself. */
export async function follow({ owner, manager, path, say, timeoutMs }: Following): Promise<Followed> {
  const shown = new Map<string, string>();
  const rollouts = watchRollouts({ manager, path, say });
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    // The release first: when it is complete, the tasks read after it are all there are.
    const { status, pauseReasons } = await owner.get(path, release);
    const { items } = await owner.get(`${path}/tasks`, z.object({ items: z.array(task) }));
    for (const each of items) {
      const line = lineOf(each);
      if (line === null || shown.get(each.id) === line) continue;
      shown.set(each.id, line);
      say(line);
    }
    if (items.some(({ stage }) => stage === 'DISTRIBUTION')) await rollouts.look();
    const followed = { status, tasks: items.length, stores: rollouts.states() };
    if (status === 'COMPLETED' || status === 'ARCHIVED') return followed;
    const failed = pauseReasons.some((reason) => reason.startsWith('TASK_FAILURE'));
    if (failed || Date.now() > deadline) {
      say(failed ? 'The release is paused:' : `The release is not complete after ${timeoutMs / 1000} s:`);
      for (const line of await reasons(owner, path)) say(`  ${line}`);
      return followed;
    }
    if (items.some(({ status: state, waitReason }) => state === 'WAITING' && waitReason === 'APPROVAL')) await approve(manager, path, say);
    await delay(POLL_MS);
  }
}

async function approve(manager: Api, path: string, say: Say): Promise<void> {
  try {
    await manager.send('POST', `${path}/approvals`, { decision: 'APPROVED', comment: 'Looks good on my devices.' }, z.unknown());
    say('  the release manager approves the candidate');
  } catch (error) {
    // The gate moved on between looking and approving; the next look shows where it stands.
    if (!(error instanceof ApiRefusal && error.status === 409)) throw error;
  }
}

async function reasons(owner: Api, path: string): Promise<string[]> {
  const { items } = await owner.get(`${path}/why`, why);
  return items.map(({ sentence, remedy }) => (remedy === null || sentence.includes(remedy) ? sentence : `${sentence} → ${remedy}`));
}

const waits: Record<string, string> = {
  CALLBACK: 'waits for the provider',
  APPROVAL: 'waits for approval',
  MANUAL_BUILD: 'waits for an upload',
  TIMER: 'waits a moment',
  RETRY: 'tries again soon',
  HALTED: 'waits for a person',
  RATE_LIMIT: 'waits for its rate limit',
  CONNECTION: 'waits for its connection to be mended',
};

/** `null` for what nobody has begun yet. */
function lineOf({ stage, stageAttempt, title, status, waitReason, failure, startedAt, finishedAt }: Task): string | null {
  if (status === 'PENDING' || status === 'READY') return null;
  const place = stage === 'REGRESSION' ? `${stage} ${stageAttempt}` : stage;
  const waiting = status === 'WAITING' && waitReason !== null ? (waits[waitReason] ?? waitReason) : null;
  const trouble = status === 'FAILED' || waitReason === 'RETRY' ? failure?.message : undefined;
  const took =
    startedAt !== null && finishedAt !== null ? `${((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s` : null;
  const rest = [waiting ?? status.toLowerCase().replace('_', ' '), trouble, took].filter((part) => part !== null && part !== undefined);
  return `  ${place.padEnd(15)} ${title.padEnd(40)} ${rest.join('  ')}`;
}
