import { renderNotification } from '../../domain/release/notifications.ts';
import { buildLinks, summaryOf } from '../../services/releases/messages/compose-notification.ts';
import { announce } from '../announce.ts';
import { releaseTagName } from '../release-refs.ts';
import { outputOf } from '../sibling-output.ts';
import type { TaskHandler } from '../task-context.ts';

/** What regression left: the tag, the store builds, the notes. */
export const sendPostRegressionMessage: TaskHandler = {
  async run(context) {
    const { release } = context;
    const testFlight = await outputOf(context, 'TRIGGER_TEST_FLIGHT_BUILD');
    const bundle = await outputOf(context, 'CREATE_AAB_BUILD');
    const notes = await outputOf(context, 'CREATE_FINAL_RELEASE_NOTES');
    const message = renderNotification('POST_REGRESSION_SUMMARY', {
      release: summaryOf(release),
      tag: releaseTagName(release),
      builds: [...buildLinks(testFlight.builds, release), ...buildLinks(bundle.builds, release)],
      notesUrl: typeof notes.url === 'string' ? notes.url : null,
    });
    return { kind: 'completed', output: { posted: await announce(context, message) } };
  },
};
