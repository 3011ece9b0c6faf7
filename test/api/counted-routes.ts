/** Which readers are counted where, and why others are not: together all there are. */

export const base = '/api/v1/release-management/tenants/{tenantId}/releases';
export const release = `${base}/{releaseId}`;
export const tenant = '/api/v1/tenants/{tenantId}';

const ofRelease = [
  ...['', '/tasks', '/tasks/{taskId}', '/tasks/{taskId}/attempts', '/approvals', '/gates', '/gates/{gate}', '/regression-slots'],
  ...['/cycles', '/cycles/{number}', '/blockers', '/clean-up', '/milestones', '/history', '/why', '/config', '/notes', '/notes/{noteId}'],
  ...['/builds', '/uploads', '/submissions', '/rollouts', '/deliveries', '/deliveries/{deliveryId}', '/window-overrides'],
];
const ofTenant = [
  ...['', '/tokens', '/members', '/chat-identities', '/me/chat-identities', '/approval-delegations', '/milestones'],
  ...['/milestones/{milestoneId}', '/milestones/{milestoneId}/history', '/deliveries', '/deliveries/{deliveryId}'],
  ...['/notification-templates', '/webhook-events', '/integrations/scm', '/ci-cd-configs', '/project-management-configs'],
  ...['/test-management-configs', '/communication-channels', '/store-configs', '/release-configs', '/release-configs/{releaseConfigId}'],
  ...['/release-configs/{releaseConfigId}/history', '/release-configs/{releaseConfigId}/next-versions?type=MINOR'],
  ...[
    '/search/shipped?ticket=SHOP-1',
    '/apps',
    '/services',
    '/environments',
    '/windows',
    '/pipelines',
    '/service-releases',
    '/deployments',
  ],
];

/** In `query-counts.test.ts`. */
export const releasePaths = [base, ...ofRelease.map((below) => `${release}${below}`), ...ofTenant.map((below) => `${tenant}${below}`)];

/** In `query-counts-deployments.test.ts`. */
export const deploymentPaths = [
  ...['', '/why', '/history', '/tasks', '/rollouts', '/migrations', '/window-overrides'].map(
    (below) => `/deployments/{deploymentId}${below}`,
  ),
  ...['/deployments', '/apps', '/apps/{appId}', '/services', '/services/{serviceId}', '/services/{serviceId}/artifacts', '/pipelines'],
  ...['/pipelines/{pipelineId}', '/pipelines/{pipelineId}/versions/1', '/environments', '/environments/{environmentId}'],
  ...['/environments/{environmentId}/targets', '/environments/{environmentId}/variables', '/service-releases'],
  ...['/service-releases/{serviceReleaseId}', '/windows/decision?environmentId={environmentId}'],
].map((below) => `${tenant}${below}`);

/** Readers that are counted nowhere, by how they end below a tenant, and why. */
export const elsewhere: readonly [pattern: RegExp, why: string][] = [
  [/\/events$/, 'a stream; test/data/events.test.ts counts what it asks'],
  [/\/(commits|pull-requests)$/, 'asks source control'],
  [/\/test-results$/, 'asks the test management'],
  [/\/artifact$/, 'a file'],
  [/\/store-notes(\/\{target\}\/\{locale\})?$/, 'by store, not by row; test/api/release-store-notes.test.ts'],
  [/\/integrations\/\{category\}(\/providers|\/\{integrationId\}(\/webhook)?)?$/, 'the registry, or one row; the list is counted for scm'],
  [/\/integrations\/[a-z-]+\/\{integrationId\}\/.+$/, 'asks the provider'],
  [/\/[a-z-]+-configs\/\{configId\}$/, 'one row'],
  [/\/communication-channels\/\{configId\}$/, 'one row'],
  [/\/notification-templates\/\{type\}$/, 'one of a fixed number'],
  [/\/suggested-schedule$/, 'computed of one row'],
  [/\/windows\/\{entryId\}$/, 'one row'],
  [/\/dora$/, 'test/api/dora.test.ts'],
];
