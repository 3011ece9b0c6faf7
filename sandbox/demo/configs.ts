import { z } from 'zod';
import type { TenantAccess } from '../tenant.ts';
import { type Api, allItems } from './api.ts';
import type { Connections } from './connections.ts';

const named = z.object({ id: z.string(), name: z.string() });

/** The configs and the release config made of them. Found by name at a later start, and brought up to date. @returns its id */
export async function configure(api: Api, tenantId: string, access: TenantAccess, connections: Connections): Promise<string> {
  const tenant = `/tenants/${tenantId}`;
  const { checkmate, slack } = access;
  const builds = ensure(api, `${tenant}/ci-cd-configs?verify=true`, {
    name: 'Mobile workflows',
    integrationId: connections['ci-cd'].id,
    workflows: access.ci.workflows,
  });
  const tracker = ensure(api, `${tenant}/project-management-configs`, {
    name: 'Release tickets',
    integrationId: connections['project-management'].id,
    platforms: platforms.map((platform) => ({
      ...{ platform, ...access.tracker.place, labels: ['release', platform.toLowerCase()] },
    })),
  });
  const tests = ensure(api, `${tenant}/test-management-configs`, {
    name: 'Regression tests',
    integrationId: connections['test-management'].id,
    projectId: String(checkmate.projectId),
    passThresholdPercent: 95,
    platforms: platforms.map((platform) => ({
      ...{ platform, labelIds: [String(checkmate.labels.regression)], platformIds: [String(checkmate.platforms[platform])] },
    })),
  });
  const channels = ensure(api, `${tenant}/communication-channels`, {
    name: 'Release channels',
    integrationId: connections.communication.id,
    channels: Object.fromEntries(Object.entries(slack.channels).map(([bucket, channel]) => [bucket, [channel]])),
  });
  const stores = access.stores.map(async ({ displayName, place, rolloutPlan }) => {
    const integrationId = connections.stores[place.target]?.id;
    const storeConfigId = await ensure(api, `${tenant}/store-configs?verify=true`, { name: displayName, integrationId, ...place });
    return { target: place.target, storeConfigId, rolloutPlan };
  });
  const [ciConfigId, projectManagementConfigId, testManagementConfigId, commsConfigId] = await Promise.all([
    builds,
    tracker,
    tests,
    channels,
  ]);
  return ensure(api, `${tenant}/release-configs`, {
    name: 'Shop app',
    releaseType: 'MINOR',
    platformTargets: targets,
    baseBranch: 'main',
    branchPattern: 'release/{version}',
    tagPattern: 'v{version}',
    buildMode: 'CI',
    scmIntegrationId: connections.scm.id,
    ...{ ciConfigId, projectManagementConfigId, testManagementConfigId, commsConfigId },
    ...(stores.length === 0 ? {} : { stores: await Promise.all(stores) }),
    versionScheme: 'SEMVER',
    preRegressionBuilds: true,
    automationRuns: true,
    automationPassThresholdPercent: 90,
    gates: { preReleaseApproval: 'manual', quorum: 1, allowSelfApproval: false },
  });
}

const platforms = ['ANDROID', 'IOS'] as const;
export const targets = [
  { platform: 'ANDROID', target: 'PLAY_STORE' },
  { platform: 'IOS', target: 'APP_STORE' },
] as const;

async function ensure(api: Api, path: string, body: { name: string } & Record<string, unknown>): Promise<string> {
  const [collection = path, query] = path.split('?');
  const suffix = query === undefined ? '' : `?${query}`;
  const existing = (await allItems(api, collection, named)).find(({ name }) => name === body.name);
  const made = existing
    ? await api.send('PUT', `${collection}/${existing.id}${suffix}`, body, named)
    : await api.send('POST', path, body, named);
  return made.id;
}
