import type { FrozenConfig } from './config.ts';
import type { Problem } from './problem.ts';
import type { Platform, WorkflowType } from './vocabulary.ts';

interface Wanted {
  platformTargets: readonly { platform: Platform }[];
  regressionSlots: readonly { automation?: boolean }[];
}

/** Which workflow builds what goes to the store, where that is another build than the regression's. */
const storeBuild: Partial<Record<Platform, WorkflowType>> = { IOS: 'TEST_FLIGHT_BUILD', ANDROID: 'AAB_BUILD' };

/** Every workflow that the release will need and the config has not. Builds by hand need none; automated tests always do. */
export function checkWorkflows(config: FrozenConfig, wanted: Wanted): Problem[] {
  return [...(config.buildMode === 'CI' ? checkBuilds(config, wanted) : []), ...checkAutomation(config, wanted)];
}

function checkBuilds(config: FrozenConfig, wanted: Wanted): Problem[] {
  if (config.ciConfigId === null) {
    return [{ field: '/config/ciConfigId', message: 'Build mode CI needs a CI config; without one builds must be manual.' }];
  }
  const seen = new Set<Platform>();
  return wanted.platformTargets.flatMap(({ platform }, index) => {
    if (seen.has(platform)) return [];
    seen.add(platform);
    return neededFor(platform, config)
      .filter((workflowType) => !has(config, platform, workflowType))
      .map((workflowType) => ({
        field: `/platformTargets/${index}/platform`,
        message: `The CI config has no ${workflowType} workflow for ${platform}.`,
      }));
  });
}

function neededFor(platform: Platform, config: FrozenConfig): WorkflowType[] {
  const store = storeBuild[platform];
  return [
    ...(config.preRegressionBuilds ? (['PRE_REGRESSION_BUILD'] as const) : []),
    ...(config.skipped.regression ? [] : (['REGRESSION_BUILD'] as const)),
    ...(store === undefined ? [] : [store]),
  ];
}

/** Automation asked for and impossible is refused, not dropped. With manual builds only a slot's own wish counts as asking. */
function checkAutomation(config: FrozenConfig, wanted: Wanted): Problem[] {
  if (wanted.platformTargets.some(({ platform }) => has(config, platform, 'AUTOMATION_BUILD'))) return [];
  const message = 'Automated tests need an AUTOMATION_BUILD workflow for one of the platforms.';
  const asked = wanted.regressionSlots.flatMap(({ automation }, index) =>
    automation === true ? [{ field: `/regressionSlots/${index}/automation`, message }] : [],
  );
  const { regressionSlots: slots } = wanted;
  const undecided = slots.length === 0 || slots.some((slot) => slot.automation === undefined);
  const byConfig = config.buildMode === 'CI' && config.automationRuns && undecided;
  return byConfig ? [...asked, { field: '/config/automationRuns', message }] : asked;
}

function has(config: FrozenConfig, platform: Platform, workflowType: WorkflowType): boolean {
  return config.workflows.some((entry) => entry.platform === platform && entry.workflowType === workflowType);
}
