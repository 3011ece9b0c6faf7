import type { EngineEvent, Notice } from '../../../engine/run-definition.ts';
import { gateRequestOf } from '../../gates/gate-request.ts';

/** Task types whose completion people hear of at once; the SEND_… tasks are messages themselves. */
const onCompletion: Readonly<Record<string, string>> = {
  FORK_BRANCH: 'BRANCH_FORKOUT',
  CREATE_PROJECT_MANAGEMENT_TICKET: 'PROJECT_MANAGEMENT_LINKS',
  CREATE_TEST_SUITE: 'TEST_MANAGEMENT_LINKS',
  TRIGGER_PRE_REGRESSION_BUILDS: 'PREREGRESSION_BUILDS',
  AUTOMATION_RUNS: 'TEST_RESULTS_SUMMARY',
  CREATE_RELEASE_NOTES: 'RELEASE_NOTES',
  CREATE_FINAL_RELEASE_NOTES: 'FINAL_RELEASE_NOTES',
  TRIGGER_TEST_FLIGHT_BUILD: 'IOS_TEST_FLIGHT_BUILD',
  CREATE_AAB_BUILD: 'ANDROID_AAB_BUILD',
};

const onBuildFailure: Readonly<Record<string, string>> = {
  TRIGGER_PRE_REGRESSION_BUILDS: 'PREREGRESSION_BUILDS_FAILED',
  TRIGGER_REGRESSION_BUILDS: 'REGRESSION_BUILDS_FAILED',
};

/** Which engine events of a release become messages. The key makes each edge one message, however often the transaction is retried. */
export function noticesOf(event: EngineEvent): Notice[] {
  switch (event.kind) {
    case 'task-completed': {
      const type = onCompletion[event.task.type];
      if (type === undefined) return [];
      return [
        {
          type,
          data: { taskId: event.task.id, cycle: event.task.stageAttempt, output: event.output },
          dedupeKey: `${type}/${event.task.id}`,
        },
      ];
    }
    case 'task-failed': {
      const { task, failure, output } = event;
      const ofBuilds = failure.kind === 'conflict' ? onBuildFailure[task.type] : undefined;
      const type = ofBuilds ?? 'TASK_FAILED';
      const builds = ofBuilds === undefined || output?.builds === undefined ? {} : { builds: output.builds };
      const data = { taskId: task.id, taskType: task.type, attempt: task.attempt, failure, ...builds };
      return [{ type, data, dedupeKey: `${type}/${task.id}/${task.attempt}` }];
    }
    case 'task-waiting': {
      // Gates, once it is time to ask people.
      const type = gateRequestOf(event.task.type);
      if (event.reason !== 'APPROVAL' || type === undefined) return [];
      const data = { taskId: event.task.id, cycle: event.task.stageAttempt };
      return [{ type, data, dedupeKey: `${type}/${event.task.id}` }];
    }
    case 'run-completed':
      return [{ type: 'RELEASE_COMPLETED', data: {}, dedupeKey: `RELEASE_COMPLETED/${event.runId}` }];
    default:
      return event satisfies never;
  }
}
