import type { MessageAction } from '../message.ts';

/*
 * Buttons of messages about releases. What a button carries says what it is about and grants nothing: who may do it is decided when somebody presses.
 */

const APPROVE = 'gate.approve';
const REJECT = 'gate.reject';
const RETRY = 'task.retry';

/** What a press asks for. */
export type PressedCommand =
  | { do: 'approve' | 'reject'; releaseId: string; taskId: string; commit: string }
  | { do: 'retry'; releaseId: string; taskId: string };

const ID = '([0-9A-HJKMNP-TV-Z]{26})';
const GATE_VALUE = new RegExp(`^${ID}:${ID}:([0-9a-f]{4,64})$`);
const TASK_VALUE = new RegExp(`^${ID}:${ID}$`);

/** A person's word on the candidate that the message shows, and on no other. */
export function gateActions(candidate: { releaseId: string; taskId: string; commit: string; name: string }): MessageAction[] {
  const { releaseId, taskId, commit, name } = candidate;
  const value = `${releaseId}:${taskId}:${commit}`;
  // Of a candidate whose commit nobody could tell again there is nothing to say.
  if (!GATE_VALUE.test(value)) return [];
  return [
    { id: APPROVE, label: 'Approve', value, style: 'primary' },
    { id: REJECT, label: 'Reject', value, style: 'danger', confirm: `Reject ${name}? It does not go on until you take that back.` },
  ];
}

export function retryActions({ releaseId, taskId }: { releaseId: string; taskId: string }): MessageAction[] {
  const value = `${releaseId}:${taskId}`;
  return TASK_VALUE.test(value) ? [{ id: RETRY, label: 'Retry', value }] : [];
}

/** @returns null for buttons that are none of these, or carry what none of these does */
export function readPress({ actionId, value }: { actionId: string; value: string }): PressedCommand | null {
  if (actionId === RETRY) {
    const [, releaseId, taskId] = TASK_VALUE.exec(value) ?? [];
    return releaseId === undefined || taskId === undefined ? null : { do: 'retry', releaseId, taskId };
  }
  if (actionId !== APPROVE && actionId !== REJECT) return null;
  const [, releaseId, taskId, commit] = GATE_VALUE.exec(value) ?? [];
  if (releaseId === undefined || taskId === undefined || commit === undefined) return null;
  return { do: actionId === APPROVE ? 'approve' : 'reject', releaseId, taskId, commit };
}
