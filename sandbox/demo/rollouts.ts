import { z } from 'zod';
import { type Api, ApiRefusal } from './api.ts';
import type { Say } from './say.ts';

const rollout = z.object({
  id: z.string(),
  target: z.string(),
  status: z.string(),
  pauseReason: z.string().nullable(),
  step: z.number(),
  fraction: z.number(),
});
type Rollout = z.infer<typeof rollout>;

/** How a target ended. */
export interface TargetState {
  target: string;
  status: string;
  /** Of the users. */
  percent: number;
}

export interface Rollouts {
  /** Shows what has changed, and gives the release manager's next word where one is waited for. */
  look(): Promise<void>;
  states(): TargetState[];
}

interface Watching {
  manager: Api;
  /** `/release-management/tenants/…/releases/…` */
  path: string;
  say: Say;
}

/** The release manager sees a crash in the first reports, has the rollout halted, is reassured, resumes it, and takes the next step. */
export function watchRollouts({ manager, path, say }: Watching): Rollouts {
  const shown = new Map<string, string>();
  const given = new Map<string, Command[]>();
  let items: readonly Rollout[] = [];

  async function command(each: Rollout, word: Command): Promise<void> {
    try {
      await manager.send('POST', `${path}/rollouts/${each.id}/${word}`, { reason: reasons[word] }, z.unknown());
      given.set(each.id, [...(given.get(each.id) ?? []), word]);
      say(`  the release manager: ${word} ${each.target}, "${reasons[word]}"`);
    } catch (error) {
      // It moved on between looking and saying so; the next look shows where it stands.
      if (!(error instanceof ApiRefusal && error.status === 409)) throw error;
    }
  }

  return {
    async look() {
      ({ items } = await manager.get(`${path}/rollouts`, z.object({ items: z.array(rollout) })));
      for (const each of items) {
        const line = lineOf(each);
        if (shown.get(each.id) === line) continue;
        shown.set(each.id, line);
        say(line);
      }
      for (const each of items) {
        const word = nextWord(each, given.get(each.id) ?? []);
        if (word !== null) await command(each, word);
      }
    },
    states: () => items.map(({ target, status, fraction }) => ({ target, status, percent: percentOf(fraction) })),
  };
}

type Command = 'halt' | 'resume' | 'advance';

const reasons: Readonly<Record<Command, string>> = {
  halt: 'a crash in the first reports',
  resume: 'one device with broken storage, no fault of ours',
  advance: 'the reports of the first users are fine',
};

/** Only where it stands still for a person. */
function nextWord({ status, pauseReason }: Rollout, given: readonly Command[]): Command | null {
  if (status !== 'PAUSED') return null;
  if (pauseReason !== 'step') return given.at(-1) === 'halt' ? 'resume' : null;
  return given.includes('halt') ? 'advance' : 'halt';
}

const percentOf = (fraction: number) => Number((fraction * 100).toFixed(2));

function lineOf({ target, status, pauseReason, fraction }: Rollout): string {
  const still = pauseReason === null ? '' : pauseReason === 'step' ? '  waits on its step' : '  halted';
  return `  ${'ROLLOUT'.padEnd(15)} ${target.padEnd(40)} ${status.toLowerCase()}  ${percentOf(fraction)} % of the users${still}`;
}
