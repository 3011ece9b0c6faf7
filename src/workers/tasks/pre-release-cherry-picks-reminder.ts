import { renderNotification } from '../../domain/release/notifications.ts';
import { summaryOf } from '../../services/releases/messages/compose-notification.ts';
import { announce } from '../announce.ts';
import { candidateOf, cycleOf } from '../release-refs.ts';
import type { TaskHandler } from '../task-context.ts';

/** Names the commits that came onto the release branch after the last candidate: they are not in what was tested. */
export const preReleaseCherryPicksReminder: TaskHandler = {
  async run(context) {
    const { release, services, task } = context;
    const candidate = candidateOf(cycleOf(release, task.input));
    const commits = await services.scm.commitsBetween(release.tenantId, release.config.scmIntegrationId, candidate.commit, release.branch);
    const message = renderNotification('PRE_RELEASE_CHERRY_PICKS_REMINDER', {
      release: summaryOf(release),
      rcTag: candidate.tag,
      commits: commits.map(({ sha, message: text, url }) => ({ sha, subject: text.split('\n', 1)[0] ?? '', url })),
    });
    const posted = await announce(context, message);
    return { kind: 'completed', output: { posted, commits: commits.map(({ sha }) => sha) } };
  },
};
