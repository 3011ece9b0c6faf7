import type { ReleaseConfigBody } from '../../src/domain/release/config.ts';
import type { Answer, ApiHarness } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

/** A tenant whose connections count as verified, for release configs that name them or write configs out. */
export interface ConfigPartsWorld extends ReleaseWorld {
  /** Of the tenant, not of its releases. */
  at(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** Ids of the connections behind the configs. */
  connections: { ci: string; tracker: string; tests: string; comms: string };
  /** The forms of configs, written out. */
  inline: { ci: object; projectManagement: object; testManagement: object; communication: object };
  /** What a person sends to create a release config, and what the test says differently. */
  form(over?: object): Record<string, unknown>;
  /** Creates one. */
  made(over?: object): Promise<Answer['body']>;
  stored(over?: Partial<ReleaseConfigBody>): Promise<string>;
}

export const workflow = (workflowId: string, platform = 'WEB') => ({
  ...{ platform, workflowType: 'REGRESSION_BUILD', workflowId, displayName: 'Build' },
});

export async function configPartsWorld(api: ApiHarness): Promise<ConfigPartsWorld> {
  const world = await releaseWorld(api);
  const at: ConfigPartsWorld['at'] = (method, path, body, token = world.owner) =>
    api.request(method, `/api/v1/tenants/${world.tenantId}/${path}`, { token, body });
  const connectionOf = async (table: string, id: string) => {
    const [row] = await api.db.rows<{ id: string }>(`SELECT integration_id AS id FROM ${table} WHERE id = ?`, [id]);
    return row?.id ?? '';
  };
  const connections = {
    ci: await connectionOf('ci_cd_configs', world.ids.ci),
    tracker: await connectionOf('project_management_configs', world.ids.tracker),
    tests: await connectionOf('test_management_configs', world.ids.tests),
    comms: await connectionOf('tenant_comm_channels', world.ids.comms),
  };
  const form = (over: object = {}) => ({
    ...{ name: 'App', releaseType: 'MINOR', baseBranch: 'main', scmIntegrationId: world.ids.scm, buildMode: 'MANUAL' },
    platformTargets: [{ platform: 'WEB', target: 'WEB' }],
    ...over,
  });
  return {
    ...world,
    ...{ at, connections, form },
    inline: {
      ci: { integrationId: connections.ci, workflows: [workflow('build.yml')] },
      projectManagement: { integrationId: connections.tracker, platforms: [{ platform: 'WEB', project: 'WEB', issueType: 'Task' }] },
      testManagement: { integrationId: connections.tests, projectId: '7', passThresholdPercent: 95, platforms: [{ platform: 'WEB' }] },
      communication: { integrationId: connections.comms, channels: { releases: ['C1'] } },
    },
    async made(over) {
      const answer = await at('POST', 'release-configs', form(over));
      if (answer.status !== 201) throw new Error(`the release config was not made: ${answer.text}`);
      return answer.body;
    },
    stored: world.config,
  };
}

export const fieldsOf = ({ body }: Answer): string[] => (body.errors ?? []).map(({ field }: { field: string }) => field);
