import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { askConnection } from '../connections/ask-connection.ts';
import type { OpenConnection } from '../connections/connect.ts';
import type { ServiceDeps } from '../context.ts';
import { carryOutPress } from './carry-out-press.ts';
import { type Confirmation, confirmIdentity, IDENTITY_ACTION } from './confirm-identity.ts';
import type { Press } from './press.ts';
import { presserOf } from './press-caller.ts';
import { tellPerson } from './tell-person.ts';

/*
 * A press: who is it, may they, do it, tell them. What it does to the release is decided by the use case, in one transaction; what people see of it (who
 * approved, no buttons any more) is the message's own delivery, written by that transaction. If the process dies
 *
 *   before the command's commit    the press is read again and carried out
 *   after it, before the answer    it is read again, found done, and answered
 *   after the answer               it is answered once more
 */

export type InteractionDeps = Pick<ServiceDeps, 'db' | 'ring' | 'keyring' | 'connector'>;

/** @throws ProviderError when the answer could not be told; the command stands, and the press may be read again */
export async function handleInteraction(deps: InteractionDeps, press: Press, within: AbortSignal): Promise<void> {
  if (press.actionId === IDENTITY_ACTION) {
    const confirmation = await confirmIdentity(deps, press);
    return answer(deps, press, within, (open) => acknowledge(open, press, confirmation));
  }
  const words = await respond(deps, press);
  await answer(deps, press, within, (open) => tellPerson(open, press, words));
}

async function respond(deps: InteractionDeps, press: Press): Promise<string> {
  const presser = await presserOf(deps.db, press);
  if ('refusal' in presser) return presser.refusal;
  if (press.isLate) return 'Your press came through too late, so nothing was changed. Press again if you still want it.';
  return carryOutPress(deps, presser.caller, press);
}

function answer(deps: InteractionDeps, press: Press, within: AbortSignal, say: (open: OpenConnection) => Promise<void>): Promise<void> {
  const { tenantId, integrationId } = press;
  return askConnection(deps, { category: 'communication', tenantId, id: integrationId }, say, within);
}

/** In place of the question, without its button. */
async function acknowledge(open: OpenConnection, press: Press, { words, identityId }: Confirmation): Promise<void> {
  const editing = open.provider.messageEditing?.(open.connection, open.deps);
  if (identityId === null || editing === undefined) return tellPerson(open, press, words);
  const { channelId, messageId } = press;
  try {
    await editing.edit({ channelId, messageId, content: { summary: words, sections: [] }, key: identityId });
  } catch (error) {
    // The question was deleted, or is too old to be changed.
    if (!(error instanceof ProviderError) || !['not-found', 'invalid', 'forbidden'].includes(error.kind)) throw error;
    await tellPerson(open, press, words);
  }
}
