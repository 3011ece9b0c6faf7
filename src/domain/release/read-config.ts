import type { FrozenConfig, ReleaseConfigBody } from './config.ts';
import { type GateRules, readRules } from './gate-rules.ts';

/* Configs outlive the code that wrote them: what a row from before a field does not say is what the code of its time did. */

const before = {
  stores: [],
  schedule: null,
  distributionApproval: 'manual',
  versionFormat: null,
  hotfix: { skipTasks: [], skipRegression: false },
  concurrency: { perType: null },
  slotCatchUp: 'ALL',
} as const;

/** A release config as it lies in its row. @param stored parsed JSON of `release_configs.body` */
export function readConfigBody(stored: unknown): ReleaseConfigBody {
  return withDefaults(stored as ReleaseConfigBody);
}

/** The copy inside a release. @param stored parsed JSON of `releases.config` */
export function readFrozenConfig(stored: unknown): FrozenConfig {
  const config = withDefaults(stored as FrozenConfig);
  return { ...config, skipped: (config as Partial<FrozenConfig>).skipped ?? { tasks: [], regression: false } };
}

/** Routes validate what they write and creation copies it, so a row is a config but for fields that it is too old for. */
function withDefaults<Config extends Omit<FrozenConfig, 'stores' | 'skipped' | 'configName' | 'workflows'> & { stores: unknown[] }>(
  config: Config,
): Config {
  const { stores, schedule, gates, versionFormat, hotfix, concurrency, slotCatchUp } = config as Partial<Config>;
  return {
    ...config,
    stores: stores ?? [...before.stores],
    schedule: schedule ?? before.schedule,
    versionFormat: versionFormat ?? before.versionFormat,
    hotfix: hotfix ?? { ...before.hotfix, skipTasks: [] },
    concurrency: concurrency ?? { ...before.concurrency },
    slotCatchUp: slotCatchUp ?? before.slotCatchUp,
    gates: readGateRules(gates),
  };
}

/** What a config says about gates. @param stored parsed JSON of `gates` in a release config, or in a release */
export function readGateRules(stored: unknown): GateRules {
  const gates = stored as GateRules;
  const { distributionApproval, preRelease, distribution } = (stored ?? {}) as Partial<GateRules>;
  return {
    ...gates,
    distributionApproval: distributionApproval ?? before.distributionApproval,
    preRelease: readRules(preRelease),
    distribution: readRules(distribution),
  };
}
