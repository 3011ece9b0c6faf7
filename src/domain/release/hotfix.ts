import type { FrozenConfig } from './config.ts';
import type { Problem } from './problem.ts';
import type { ReleaseType, SkippableTask } from './vocabulary.ts';

/** What one release is asked to do without. */
export interface Skips {
  skipTasks?: readonly SkippableTask[];
  skipRegression?: boolean;
}

/** Only a hotfix leaves anything out, and only what its config lets it. */
export function checkSkips(asked: Skips & { type: ReleaseType }, { hotfix }: FrozenConfig): Problem[] {
  const { skipTasks = [], skipRegression = false } = asked;
  const may = (allowed: boolean, what: string) => {
    if (asked.type !== 'HOTFIX') return `Only a hotfix skips ${what}.`;
    return allowed ? null : `The release config does not let a hotfix skip ${what}.`;
  };
  const named = [
    ...skipTasks.map((task, index) => ({ field: `/skipTasks/${index}`, message: may(hotfix.skipTasks.includes(task), task) })),
    ...(skipRegression ? [{ field: '/skipRegression', message: may(hotfix.skipRegression, 'regression') }] : []),
  ];
  return named.flatMap(({ field, message }) => (message === null ? [] : [{ field, message }]));
}

/**
 * The config of a release that leaves these out, decided once at its creation. A test run that nobody begins or looks at is none; a gate
 * without tests is never automatic.
 */
export function withoutSkipped(config: FrozenConfig, { skipTasks = [], skipRegression = false }: Skips): FrozenConfig {
  const skips = (task: SkippableTask) => skipTasks.includes(task);
  return {
    ...config,
    skipped: { tasks: [...skipTasks], regression: skipRegression },
    testManagementConfigId: skipRegression || skips('CREATE_TEST_SUITE') ? null : config.testManagementConfigId,
    preRegressionBuilds: config.preRegressionBuilds && !skips('TRIGGER_PRE_REGRESSION_BUILDS'),
    automationRuns: config.automationRuns && !skipRegression,
    gates: skipRegression ? { ...config.gates, preReleaseApproval: 'manual' } : config.gates,
  };
}
