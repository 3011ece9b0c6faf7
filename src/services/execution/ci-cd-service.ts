import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { ArtifactDownload, Ci, CiArtifact, CiRun } from '../../integrations/capabilities/ci.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';

export interface ConfiguredWorkflow {
  integrationId: string;
  /** Id at the provider. */
  workflowId: string;
  displayName: string;
  inputs: Record<string, string>;
}

/** CI/CD for task handlers: a config's workflows, then runs of one connection. */
export interface CiCdService {
  /** @throws ProviderError invalid when the config has no such workflow */
  workflow(tenantId: string, ciConfigId: string, platform: string, workflowType: string): Promise<ConfiguredWorkflow>;
  /**
   * Reads and checks what asking for a run on `ref` takes; the function it returns does nothing but ask. Parameters that the workflow does not
   * declare are left out; the correlation id goes in where it declares one. Asking is not idempotent: look with `find` first. A null queue
   * location: accepted, `find` will show it.
   */
  prepare(
    tenantId: string,
    workflow: ConfiguredWorkflow,
    request: { ref: string; correlationId: string; jobParameters: Record<string, string> },
  ): Promise<() => Promise<{ queueLocation: string | null }>>;
  find(tenantId: string, workflow: ConfiguredWorkflow, query: { ref: string; correlationId: string; since: Date }): Promise<CiRun | null>;
  run(tenantId: string, integrationId: string, handle: string): Promise<CiRun | null>;
  artifacts(tenantId: string, integrationId: string, handle: string): Promise<CiArtifact[]>;
  openArtifact(tenantId: string, integrationId: string, handle: string, artifactId: string): Promise<ArtifactDownload>;
  /** Asks for the run to be stopped; one that has ended already is success. */
  cancel(tenantId: string, integrationId: string, handle: string): Promise<void>;
  /** How long after a dispatch was sent its run may stay invisible to `find`, milliseconds. */
  visibleWithinMs(tenantId: string, integrationId: string): Promise<number>;
}

const MAX_ARTIFACTS = 1000;

export function createCiCdService(db: Database, connector: Connector): CiCdService {
  async function open(tenantId: string, integrationId: string): Promise<{ ci: Ci; provider: string }> {
    const opened = await connector.open('ci-cd', tenantId, integrationId, attemptSignal());
    const ci = opened.provider.ci?.(opened.connection, opened.deps);
    if (ci === undefined) throw new ProviderError('invalid', `${opened.provider.displayName} is no CI.`, { provider: opened.provider.id });
    return { ci, provider: opened.provider.id };
  }

  return {
    async workflow(tenantId, ciConfigId, platform, workflowType) {
      const [row] = await db.rows<{ integrationId: string; workflowId: string; displayName: string; inputs: unknown }>(
        `SELECT c.integration_id AS integrationId, w.workflow_id AS workflowId, w.display_name AS displayName, w.inputs
         FROM ci_cd_configs c JOIN tenant_ci_cd_workflows w ON w.tenant_id = c.tenant_id AND w.config_id = c.id
         WHERE c.tenant_id = ? AND c.id = ? AND w.platform = ? AND w.workflow_type = ?`,
        [tenantId, ciConfigId, platform, workflowType],
      );
      if (row === undefined)
        throw new ProviderError('invalid', `The CI config has no ${workflowType} workflow for ${platform}.`, { provider: 'ci-cd' });
      return { ...row, inputs: parseJson(row.inputs) as Record<string, string> };
    },
    async prepare(tenantId, workflow, { ref, correlationId, jobParameters }) {
      const { ci, provider } = await open(tenantId, workflow.integrationId);
      const declared = await ci.workflowInputs(workflow.workflowId, ref);
      if (declared === null) {
        throw new ProviderError('not-found', `The workflow ${workflow.displayName} does not exist on ${ref}.`, { provider });
      }
      const offered: Record<string, string> = { ...workflow.inputs, ...jobParameters, [ci.correlationInput]: correlationId };
      const inputs = Object.fromEntries(Object.entries(offered).filter(([name]) => declared.some((input) => input.name === name)));
      const missing = declared
        .filter((input) => input.required && input.default === null && inputs[input.name] === undefined)
        .map((input) => input.name);
      if (missing.length > 0) {
        throw new ProviderError(
          'invalid',
          `The workflow ${workflow.displayName} requires the inputs ${missing.join(', ')}; set them in the CI config.`,
          { provider },
        );
      }
      return async () => {
        const { handle } = await ci.dispatch({ workflowId: workflow.workflowId, ref, inputs, correlationId });
        return { queueLocation: handle };
      };
    },
    async find(tenantId, workflow, { ref, correlationId, since }) {
      const { ci } = await open(tenantId, workflow.integrationId);
      return ci.findRun({ workflowId: workflow.workflowId, ref, correlationId, since: since.toISOString() });
    },
    async run(tenantId, integrationId, handle) {
      return (await open(tenantId, integrationId)).ci.run(handle);
    },
    async artifacts(tenantId, integrationId, handle) {
      const { ci } = await open(tenantId, integrationId);
      const artifacts: CiArtifact[] = [];
      for await (const artifact of ci.artifacts(handle)) if (artifacts.push(artifact) >= MAX_ARTIFACTS) break;
      return artifacts;
    },
    async openArtifact(tenantId, integrationId, handle, artifactId) {
      return (await open(tenantId, integrationId)).ci.openArtifact(handle, artifactId);
    },
    async cancel(tenantId, integrationId, handle) {
      await (await open(tenantId, integrationId)).ci.cancel(handle);
    },
    async visibleWithinMs(tenantId, integrationId) {
      return connector.comesToLightWithinMs((await open(tenantId, integrationId)).ci.dispatchVisibleWithinMs);
    },
  };
}
