import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type PressedCommand,
  type PressedRolloutCommand,
  type PressedWord,
  readPress,
} from '../../domain/notifications/message-actions.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Caller, IdempotencyClaim, ServiceDeps } from '../context.ts';
import { approveDeployment, type SaidAtGate, saidOnDeployment } from '../deployments/approve-deployment.ts';
import type { GateWord } from '../gates/gate-word.ts';
import { claimKey, completeKey, releaseKey } from '../idempotency.ts';
import { approve } from '../releases/approve.ts';
import { retryTask } from '../releases/tasks/retry-task.ts';
import { ServiceError } from '../service-error.ts';
import { steerServiceRollout } from '../service-rollouts/steer-service-rollout.ts';
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
  switch (command.do) {
    case 'retry':
      await retryTask(deps, caller, command, {});
      return 'The task runs again.';
    case 'approve':
    case 'reject':
      return decide(deps, caller, command);
    default:
      await steerServiceRollout(deps, caller, command, command.do, { reason: `${command.do} was pressed in the chat`, shown: command });
      return steered[command.do];
  }
}

const steered: Record<PressedRolloutCommand, string> = {
  advance: 'You advanced it: it goes on to its next step.',
  promote: 'You promoted it: it gets all traffic next.',
  abort: 'You aborted it: what was changed is taken back.',
};

async function decide(deps: PressDeps, caller: Caller, command: PressedWord): Promise<string> {
  const { about, taskId, commit, subject } = command;
  const word: GateWord = { decision: command.do === 'approve' ? 'APPROVED' : 'REJECTED', shown: { taskId, commit, subject } };
  const said = about.kind === 'release' ? await approve(deps, caller, about.id, word) : await onDeployment(deps, caller, about.id, word);
  return word.decision === 'APPROVED'
    ? approvedWords(said, caller.accountId)
    : 'You rejected it: it does not go on until you take that back.';
}

async function onDeployment(deps: PressDeps, caller: Caller, deploymentId: string, word: GateWord): Promise<SaidAtGate> {
  await approveDeployment(deps, caller, deploymentId, word);
  return saidOnDeployment(deps.db, caller.tenantId, deploymentId);
}

/** How many said the same about the same thing. */
function approvedWords({ approvals, quorum }: SaidAtGate, accountId: string): string {
  const own = approvals.find(({ by }) => by.accountId === accountId);
  const approved = approvals.filter((each) => each.decision === 'APPROVED' && each.subject === own?.subject).length;
  return `You approved it: ${approved} of ${quorum}.`;
}
