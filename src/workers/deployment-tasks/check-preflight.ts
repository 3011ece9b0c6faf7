import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { HashedArtifacts } from '../../services/execution/deployments/preflight-service.ts';
import type { DeploymentTaskHandler } from '../deployment-context.ts';

const DETAIL_CHARS = 900;

/** Everything that must hold before anything is touched. Failing leaves no trace anywhere; what was found is shown either way. */
export const checkPreflight: DeploymentTaskHandler = {
  async run({ deployment, services, task }) {
    // Another attempt reads only those files again that were not what they should be.
    const before = (task.output as { hashed?: HashedArtifacts } | null)?.hashed ?? {};
    const { requirements, hashed } = await services.preflight.look(deployment, before);
    const shown = requirements.map((requirement) => ({ ...requirement, checkedAt: requirement.checkedAt.toISOString() }));
    const output = { requirements: shown, hashed };
    const unmet = requirements.filter(({ met }) => met !== true);
    if (unmet.length === 0) return { kind: 'completed', output };
    const words = unmet
      .map(({ key, evidence }) => `${key}: ${evidence}`)
      .join('; ')
      .slice(0, DETAIL_CHARS);
    // What nobody could tell may be told by the next attempt; what does not hold will not mend itself.
    const kind = unmet.every(({ met }) => met === 'unknown') ? 'unavailable' : 'conflict';
    const error = new ProviderError(kind, `Not everything holds that must: ${words}`, { provider: 'preflight' });
    return { kind: 'failed', failure: error.toFailure(), output };
  },
};
