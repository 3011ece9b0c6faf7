import type { Failure } from '../domain/failure.ts';
import type { Notification } from '../domain/release/notifications.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { notePosted } from '../services/deliveries/delivery-row.ts';
import type { TaskMessage, TaskMessageEnd } from '../services/deliveries/task-messages.ts';
import { failureOf } from '../services/execution/notification-service.ts';
import type { TaskContext } from './task-context.ts';

/**
 * Posts a message of a SEND_… task to its channels, once: what an earlier attempt may have posted is looked for first. What becomes of it is kept as a
 * delivery.
 * @returns channel id → message id
 * @throws ProviderError when a channel does not have it, after all others were tried
 */
export async function announce(context: TaskContext, notification: Notification): Promise<Record<string, string>> {
  const { task, release, services } = context;
  const { commsConfigId } = release.config;
  if (commsConfigId === null) return {};
  const message = await services.messages.open(task.id);
  message.posted = { ...(task.output?.posted as Record<string, string> | undefined), ...message.posted };
  const end = await post(context, commsConfigId, notification, message);
  await services.messages.keep({ tenantId: release.tenantId, releaseId: release.id }, notification, message, end);
  if (end.failure !== null) throw errorOf(end.failure);
  return message.posted;
}

async function post(
  { task, release, services, intent, renewIntent }: TaskContext,
  commsConfigId: string,
  notification: Notification,
  message: TaskMessage,
): Promise<TaskMessageEnd> {
  const { repeated, since, agoMs } = await intent('message');
  try {
    const { posted, failures, skipped } = await services.notifications.sendMessage({
      ...notification,
      tenantId: release.tenantId,
      releaseId: release.id,
      commsConfigId,
      keyIn: () => task.id,
      lookSince: repeated ? since : null,
      triedAgoMs: repeated ? agoMs : null,
      onPostingAgain: () => renewIntent('message'),
      posted: message.posted,
      refused: {},
      onPosted: async (all, shown) => notePosted(message, all, shown),
    });
    return { skipped, failures, failure: failureOf(failures, Object.keys({ ...posted, ...failures }).length) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { skipped: null, failures: {}, failure: error.toFailure() };
  }
}

/** What a channel answers is never a fault of our own. */
function errorOf({ kind, message, provider = 'communication', ...rest }: Failure): ProviderError {
  return new ProviderError(kind === 'internal' ? 'malformed' : kind, message, { provider, ...rest });
}
