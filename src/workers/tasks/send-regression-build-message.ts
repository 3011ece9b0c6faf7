import type { PlatformLink } from '../../domain/release/notification-data.ts';
import { renderNotification } from '../../domain/release/notifications.ts';
import { buildLinks, summaryOf } from '../../services/releases/messages/compose-notification.ts';
import { announce } from '../announce.ts';
import { candidateOf, cycleOf } from '../release-refs.ts';
import { outputOf } from '../sibling-output.ts';
import type { TaskHandler } from '../task-context.ts';

/** Builds, notes and test links of the candidate, to the people who test it. */
export const sendRegressionBuildMessage: TaskHandler = {
  async run(context) {
    const { release, task } = context;
    const cycle = cycleOf(release, task.input);
    const builds = await outputOf(context, 'TRIGGER_REGRESSION_BUILDS');
    const notes = await outputOf(context, 'CREATE_RELEASE_NOTES');
    const testRuns = release.platforms.flatMap(({ platform, testRunId, testRunUrl }): PlatformLink[] =>
      testRunId === null ? [] : [{ platform, label: testRunId, url: testRunUrl }],
    );
    const message = renderNotification('REGRESSION_BUILDS', {
      release: summaryOf(release),
      cycle: cycle.number,
      rcTag: candidateOf(cycle).tag,
      builds: buildLinks(builds.builds, release),
      testRuns,
      notes: typeof notes.text === 'string' ? notes.text : null,
    });
    return { kind: 'completed', output: { posted: await announce(context, message) } };
  },
};
