import type { Notification } from '../domain/release/notifications.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { failureOf } from '../services/execution/notification-service.ts';
import type { TaskContext } from './task-context.ts';

/**
 * Posts a message of a SEND_… task to its channels, once: what an earlier attempt may have posted is looked for first.
 * @throws ProviderError when a channel does not have it, after all others were tried
 */
export async function announce(
  { task, release, services, intent, renewIntent }: TaskContext,
  message: Notification,
): Promise<Record<string, string>> {
  const { commsConfigId } = release.config;
  if (commsConfigId === null) return {};
  const { repeated, since, agoMs } = await intent('message');
  const { posted, failures } = await services.notifications.sendMessage({
    ...message,
    tenantId: release.tenantId,
    releaseId: release.id,
    commsConfigId,
    keyIn: () => task.id,
    lookSince: repeated ? since : null,
    triedAgoMs: repeated ? agoMs : null,
    onPostingAgain: () => renewIntent('message'),
    posted: (task.output?.posted as Record<string, string> | undefined) ?? {},
    refused: {},
    onPosted: async () => undefined,
  });
  const failure = failureOf(failures, Object.keys({ ...posted, ...failures }).length);
  if (failure === null) return posted;
  const { kind, provider, ...rest } = failure;
  // What a channel answers is never a fault of our own.
  throw new ProviderError(kind === 'internal' ? 'malformed' : kind, failure.message, { provider: provider ?? 'communication', ...rest });
}
