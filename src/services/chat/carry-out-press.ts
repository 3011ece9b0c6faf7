import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type PressedCommand, readPress } from '../../domain/release/message-actions.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Caller, IdempotencyClaim, ServiceDeps } from '../context.ts';
import { claimKey, completeKey, releaseKey } from '../idempotency.ts';
import { approve } from '../releases/approve.ts';
import type { GateView } from '../releases/release-view.ts';
import { retryTask } from '../releases/retry-task.ts';
import { ServiceError } from '../service-error.ts';
import type { Press } from './press.ts';

export type PressDeps = Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>;

const remembered = z.object({ words: z.string() });

/**
 * Carries a press out through the use case the API calls, once: the event is its Idempotency-Key, so that a press whose worker died between the command
 * and the answer is answered, not carried out again; and what was refused stays refused, whatever became possible meanwhile.
 * @returns what to tell whoever pressed
 */
export async function carryOutPress(deps: PressDeps, caller: Caller, press: Press): Promise<string> {
  const command = readPress(press);
  if (command === null) return 'This button is not known any more: nothing was changed.';
  const hash = createHash('sha256').update(`${press.actionId} ${press.value}`).digest('hex');
  const claimed = await claimKey(deps, caller, `press/${press.eventId}`, hash);
  switch (claimed.kind) {
    case 'replay':
      return remembered.safeParse(claimed.answer.body).data?.words ?? 'It is done.';
    case 'claimed':
      return once(deps, caller, command, claimed.claim);
    default:
      throw new ProviderError('unavailable', 'The press is being carried out.', { provider: press.provider });
  }
}

async function once(deps: PressDeps, caller: Caller, command: PressedCommand, claim: IdempotencyClaim): Promise<string> {
  try {
    const words = await carryOut(deps, { ...caller, idempotency: claim }, command);
    await completeKey(deps, caller, claim, { status: 200, body: { words } });
    return words;
  } catch (error) {
    if (!(error instanceof ServiceError)) {
      await releaseKey(deps, caller, claim);
      throw error;
    }
    await completeKey(deps, caller, claim, { status: 409, body: { words: error.message } });
    return error.message;
  }
}

async function carryOut(deps: PressDeps, caller: Caller, command: PressedCommand): Promise<string> {
  const { releaseId, taskId } = command;
  if (command.do === 'retry') {
    await retryTask(deps, caller, { releaseId, taskId }, {});
    return 'The task runs again.';
  }
  const decision = command.do === 'approve' ? 'APPROVED' : 'REJECTED';
  const gate = await approve(deps, caller, releaseId, { decision, shown: { taskId, commit: command.commit } });
  return decision === 'APPROVED' ? approvedWords(gate, command.commit) : 'You rejected it: it does not go on until you take that back.';
}

function approvedWords({ approvals, quorum }: GateView, commit: string): string {
  const approved = approvals.filter((each) => each.decision === 'APPROVED' && each.commit === commit).length;
  return `You approved it: ${approved} of ${quorum}.`;
}
