import type { MessageContent } from '../domain/message.ts';
import type { TaskContext } from './task-context.ts';

/** Posts a message of a SEND_… task to its channels, once: what an earlier attempt may have posted is looked for first. */
export async function announce(
  { task, release, services, intent, renewIntent }: TaskContext,
  message: { bucket: string; content: MessageContent },
): Promise<Record<string, string>> {
  const { commsConfigId } = release.config;
  if (commsConfigId === null) return {};
  const { repeated, since, agoMs } = await intent('message');
  return services.notifications.sendMessage({
    tenantId: release.tenantId,
    commsConfigId,
    ...message,
    key: task.id,
    lookSince: repeated ? since : null,
    triedAgoMs: repeated ? agoMs : null,
    onPostingAgain: () => renewIntent('message'),
    posted: (task.output?.posted as Record<string, string> | undefined) ?? {},
    onPosted: async () => undefined,
  });
}
