import { renderNotification } from '../../domain/release/notifications.ts';
import { summaryOf } from '../../services/releases/messages/compose-notification.ts';
import { announce } from '../announce.ts';
import type { TaskHandler } from '../task-context.ts';

/** Tells people that the branch will be cut soon. */
export const preKickOffReminder: TaskHandler = {
  async run(context) {
    const { release } = context;
    const data = { kickOffDate: release.kickOffDate.toISOString(), baseBranch: release.baseBranch };
    const posted = await announce(context, renderNotification('PRE_KICKOFF_REMINDER', { release: summaryOf(release), ...data }));
    return { kind: 'completed', output: { posted } };
  },
};
