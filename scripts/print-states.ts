import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type HoldReason,
  holdReasons,
  type RunStatus,
  restartingWaits,
  runStatuses,
  type StageStatus,
  stageStatuses,
  type TaskStatus,
  taskStatuses,
  terminalTaskStatuses,
  type WaitReason,
  waitReasons,
} from '../src/domain/run.ts';
import { type Transition, transitions } from '../src/engine/transitions.ts';

/* Prints docs/states.md from the transition table: `node --import tsx scripts/print-states.ts`. A test fails while the page is out of date. */

export const statesPage = fileURLToPath(new URL('../docs/states.md', import.meta.url));

const taskMeaning: Record<TaskStatus, string> = {
  PENDING: 'some dependency has not ended',
  READY: 'starts as soon as `run_at` has come, a worker is free and nothing holds it',
  IN_PROGRESS: 'a worker executes it under a lease that lasts until `run_at`',
  WAITING: 'looked at again at `run_at`, or at once when hurried',
  COMPLETED: 'done, by a worker or outside',
  FAILED: 'a person must retry it, skip it or say that it was done outside; the run is held until then',
  SKIPPED: 'left out, by a person or at its deadline; counts as done for those that depend on it',
  CANCELLED: 'no longer wanted',
};

const waitMeaning: Record<WaitReason, string> = {
  CALLBACK: 'work under way at a provider; polled, and hurried by its webhook',
  MANUAL_BUILD: 'a person to upload a build',
  APPROVAL: 'people to approve; holds the run meanwhile',
  WINDOW: 'a time in which it may happen',
  TIMER: 'time alone',
  HALTED: 'a person to go on with what stands still outside; what is done outside is seen meanwhile',
  TURN: 'another release to get out of the way; hurried when it does',
  RETRY: 'its back-off after a failure that may heal',
  RATE_LIMIT: 'the time a provider asked for; costs no attempt',
  CONNECTION:
    'a person to mend a connection that its provider refuses; goes on by itself once it works. Costs no attempt and holds nothing else',
};

const runMeaning: Record<RunStatus, string> = {
  PENDING: 'planned, and its first stage is open; what has no time of its own may run already',
  IN_PROGRESS: 'started',
  COMPLETED: 'its planner said that nothing is left',
  CANCELLED: 'called off by a person; whatever was executed then is fenced out',
};

const stageMeaning: Record<StageStatus, string> = {
  PENDING: 'not opened yet',
  IN_PROGRESS: 'open: its tasks may run; with none left open the planner is asked. May be opened again, as its next attempt',
  COMPLETED: 'closed after its work',
  SKIPPED: 'closed without having been opened',
  CANCELLED: 'its run was cancelled',
};

const holdMeaning: Record<HoldReason, string> = {
  USER_REQUESTED: 'a person paused the run; resuming lifts it',
  TASK_FAILURE: 'this task failed; retrying, skipping or completing it lifts it. A retry runs even while other failures stand',
  AWAITING_APPROVAL: 'this gate waits for people; whatever ends its wait lifts it',
  FREEZE: 'a freeze is in force',
  BLOCKER: 'a blocker is open',
};

const moving = (transition: Transition) => transition.from.filter((status) => status !== transition.to);

function diagram(): string[] {
  const arrows = new Map<string, string[]>();
  for (const transition of transitions) {
    for (const from of moving(transition)) {
      const arrow = `${from} --> ${transition.to}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), transition.event]);
    }
  }
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> PENDING: created, waiting for others',
    '  [*] --> READY: created, waiting for nobody',
    ...[...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(', ')}`),
    ...terminalTaskStatuses.map((status) => `  ${status} --> [*]`),
    '```',
  ];
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const table = (head: readonly string[], rows: readonly (readonly string[])[]) => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

function meanings<Word extends string>(head: string, words: readonly Word[], meaning: Record<Word, string>): string[] {
  return table(
    [head, 'meaning'],
    words.map((word) => [word, meaning[word]]),
  );
}

/** The page, from the tables the engine itself works by. */
export function statesDocument(): string {
  const lines = [
    '# States',
    '',
    'Printed by `scripts/print-states.ts` from `src/engine/transitions.ts` and `src/domain/run.ts`; edit those, not this page.',
    '',
    '## Tasks',
    '',
    ...diagram(),
    '',
    ...meanings('status', taskStatuses, taskMeaning),
    '',
    `${terminalTaskStatuses.join(', ')} are never left. Every transition is compare-and-set on the fence and makes it grow; whoever comes with an old one changes nothing.`,
    '',
    ...table(
      ['event', 'from', 'to', 'by', 'when'],
      transitions.map(({ event, from, to, by, when }) => [event, from.join(', '), to, by, when]),
    ),
    '',
    'A task that a settlement releases may be claimed in the same write by the slot that released it: `release` and `claim` at once.',
    '',
    '### What a WAITING task waits for',
    '',
    ...meanings('reason', waitReasons, waitMeaning),
    '',
    `${restartingWaits.slice(0, -1).join(', ')} and ${restartingWaits.at(-1)} end in another start, so a hold stops them. The others only look at what is under way outside, and go on while the run is held.`,
    '',
    '## Runs',
    '',
    ...meanings('status', runStatuses, runMeaning),
    '',
    'A run is *held* while any hold stands. Holds are a set; nothing of a held run starts, and its deadlines move by the time it was held.',
    '',
    ...meanings('hold', holdReasons, holdMeaning),
    '',
    '## Stages',
    '',
    ...meanings('status', stageStatuses, stageMeaning),
  ];
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(statesPage, statesDocument());
