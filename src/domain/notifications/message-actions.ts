import type { MessageAction } from '../message.ts';

/*
 * Buttons of messages. What a button carries says what it is about and grants nothing: who may do it is decided when somebody presses.
 */

/** What a gate is before. */
export interface GatedSubject {
  kind: 'release' | 'deployment';
  id: string;
}

const gateButtons = {
  release: { approve: 'gate.approve', reject: 'gate.reject' },
  deployment: { approve: 'deployment.approve', reject: 'deployment.reject' },
} as const satisfies Record<GatedSubject['kind'], Record<'approve' | 'reject', string>>;

const RETRY = 'task.retry';

/** Commands of `…/rollouts/<service>` that a message offers while a rollout waits for a person. */
const rolloutButtons = { advance: 'rollout.advance', promote: 'rollout.promote', abort: 'rollout.abort' } as const;

export type PressedRolloutCommand = keyof typeof rolloutButtons;

/** `subject`: the digest of what the message showed; absent on buttons that show a commit alone. */
export interface PressedWord {
  do: 'approve' | 'reject';
  about: GatedSubject;
  taskId: string;
  commit: string;
  subject?: string;
}

/** What a press asks for. */
export type PressedCommand =
  | PressedWord
  | { do: 'retry'; releaseId: string; taskId: string }
  | ({ do: PressedRolloutCommand; deploymentId: string; serviceId: string } & ShownStep);

/** What a message shows of a rollout: the step it stands on and, where it asks because evidence is lacking, since when. */
export interface ShownStep {
  /** Index. */
  step: number;
  /** Milliseconds since the epoch; null = the step itself is what is asked about. */
  lackingSince: number | null;
}

const ID = '([0-9A-HJKMNP-TV-Z]{26})';
const GATE_VALUE = new RegExp(`^${ID}:${ID}:([0-9a-f]{4,64})(?::([0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}))?$`);
const TASK_VALUE = new RegExp(`^${ID}:${ID}$`);
const STEP_VALUE = new RegExp(`^${ID}:${ID}:(\\d{1,4})(?::(\\d{1,15}))?$`);

/** A person's word on the candidate that the message shows, and on no other. */
export function gateActions(candidate: {
  about: GatedSubject;
  taskId: string;
  commit: string;
  subject: string | null;
  name: string;
}): MessageAction[] {
  const { about, taskId, commit, subject, name } = candidate;
  const value = [about.id, taskId, commit, ...(subject === null ? [] : [subject])].join(':');
  // Of a candidate whose commit nobody could tell again there is nothing to say.
  if (!GATE_VALUE.test(value)) return [];
  const { approve, reject } = gateButtons[about.kind];
  return [
    { id: approve, label: 'Approve', value, style: 'primary' },
    { id: reject, label: 'Reject', value, style: 'danger', confirm: `Reject ${name}? It does not go on until you take that back.` },
  ];
}

export function retryActions({ releaseId, taskId }: { releaseId: string; taskId: string }): MessageAction[] {
  const value = `${releaseId}:${taskId}`;
  return TASK_VALUE.test(value) ? [{ id: RETRY, label: 'Retry', value }] : [];
}

/** A person's word on the step that a rollout stands on. @param goesOn by which command it leaves that step */
export function rolloutActions(
  rollout: ShownStep & { deploymentId: string; serviceId: string; goesOn: 'advance' | 'promote'; name: string },
): MessageAction[] {
  const { deploymentId, serviceId, step, lackingSince, goesOn, name } = rollout;
  const value = [deploymentId, serviceId, step, ...(lackingSince === null ? [] : [lackingSince])].join(':');
  const confirm = `Abort the rollout of ${name}? What was changed is taken back.`;
  return [
    {
      ...{ id: rolloutButtons[goesOn], label: goesOn === 'promote' ? 'Promote' : 'Advance', value, style: 'primary' },
      ...(lackingSince === null ? {} : { confirm: `Let ${name} go on without evidence?` }),
    },
    { id: rolloutButtons.abort, label: 'Abort', value, style: 'danger', confirm },
  ];
}

/** @returns null for buttons that are none of these, or carry what none of these does */
export function readPress({ actionId, value }: { actionId: string; value: string }): PressedCommand | null {
  if (actionId === RETRY) {
    const [, releaseId, taskId] = TASK_VALUE.exec(value) ?? [];
    return releaseId === undefined || taskId === undefined ? null : { do: 'retry', releaseId, taskId };
  }
  return readGatePress(actionId, value) ?? readRolloutPress(actionId, value);
}

function readGatePress(actionId: string, value: string): PressedWord | null {
  for (const kind of ['release', 'deployment'] as const) {
    const { approve, reject } = gateButtons[kind];
    if (actionId !== approve && actionId !== reject) continue;
    const [, id, taskId, commit, subject] = GATE_VALUE.exec(value) ?? [];
    if (id === undefined || taskId === undefined || commit === undefined) return null;
    const word = actionId === approve ? 'approve' : 'reject';
    return { do: word, about: { kind, id }, taskId, commit, ...(subject === undefined ? {} : { subject }) };
  }
  return null;
}

function readRolloutPress(actionId: string, value: string): PressedCommand | null {
  const command = (['advance', 'promote', 'abort'] as const).find((each) => rolloutButtons[each] === actionId);
  const [, deploymentId, serviceId, step, since] = STEP_VALUE.exec(value) ?? [];
  if (command === undefined || deploymentId === undefined || serviceId === undefined) return null;
  return { do: command, deploymentId, serviceId, step: Number(step), lackingSince: since === undefined ? null : Number(since) };
}
