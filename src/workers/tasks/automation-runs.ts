import { automation } from '../automation.ts';
import { follow, outcomeOf } from '../build-task.ts';
import type { TaskHandler } from '../task-context.ts';

/** Waits for the automated tests and judges them: the share of runs that passed against the config's threshold. */
export const automationRuns: TaskHandler = {
  async run(context) {
    // The runs belong to the task that started them, in the same round.
    const trigger = await context.services.records.sibling(context.task, 'TRIGGER_AUTOMATION_RUNS');
    if (trigger === null) throw new Error('AUTOMATION_RUNS was planned without TRIGGER_AUTOMATION_RUNS');
    const triggerId = trigger.id;
    await context.services.builds.renewRetried(context.task, triggerId);
    const builds = [];
    for (const platform of automation.platforms(context.release)) {
      builds.push(await follow(context, automation, platform, automation.ref(context), triggerId));
    }
    const ended = builds.filter(({ status }) => status === 'SUCCEEDED' || status === 'FAILED' || status === 'CANCELLED');
    if (ended.length < builds.length)
      return outcomeOf(
        builds.filter((build) => !ended.includes(build)),
        context.pollMs,
      );
    const passed = builds.filter(({ status }) => status === 'SUCCEEDED').length;
    const passedPercent = builds.length === 0 ? 0 : Math.floor((passed * 100) / builds.length);
    const threshold = context.release.config.automationPassThresholdPercent;
    const results = builds.map(({ platform, status, url }) => ({ platform, status, url }));
    if (passedPercent >= threshold) return { kind: 'completed', output: { results, passedPercent, threshold } };
    const words = results
      .filter(({ status }) => status !== 'SUCCEEDED')
      .map(({ platform, status, url }) => `${platform} ${status}${url === null ? '' : ` ${url}`}`);
    const message = `${passedPercent} % of the automated test runs passed, ${threshold} % are required: ${words.join('; ')}`;
    return { kind: 'failed', failure: { kind: 'conflict', message } };
  },
};
