import { z } from 'zod';
import type { Api } from '../demo/api.ts';
import { type Balancer, route } from './balancer.ts';
import { errorShare, type Monitoring } from './monitoring.ts';

/** What is deployed, where and how: all of it made by public requests. */
export interface Catalogue {
  appId: string;
  serviceId: string;
  environmentId: string;
}

const made = z.object({ id: z.string() });
const connection = made.extend({ verificationStatus: z.string(), verificationError: z.string().nullable() });

const BAKE_MS = 4_000;
const DRAIN_MS = 3_000;
const shares = [5, 25, 50];

/** Whatever is wrong shows while the new version has its first share: it is measured beside the steps, all the while. */
const errorRate = {
  metrics: [
    {
      ...{ name: 'error-share', query: errorShare, intervalMs: 1_000, initialDelayMs: 2_000, until: { kind: 'count', count: 5 } },
      ...{ successCondition: { op: '<', threshold: 0.05 }, failureLimit: 0, inconclusiveLimit: 2, minSamples: 3 },
    },
  ],
  inconclusiveDeadlineMs: 20_000,
};

const canary = {
  kind: 'canary',
  steps: [
    ...shares.flatMap((percent) => [
      { do: 'set-weight', percent },
      { do: 'pause', forMs: BAKE_MS },
    ]),
    { do: 'set-weight', percent: 100 },
  ],
  background: errorRate,
  drainMs: DRAIN_MS,
};

export async function setUp(api: Api, tenantId: string, where: { balancer: Balancer; monitoring: Monitoring }): Promise<Catalogue> {
  const tenant = `/tenants/${tenantId}`;
  const connect = async (category: 'deployment' | 'monitoring', provider: string, baseUrl?: string) => {
    const form = { provider, displayName: `Demo ${provider}`, credentials: {}, ...(baseUrl === undefined ? {} : { baseUrl }) };
    const answer = await api.send('POST', `${tenant}/integrations/${category}`, form, connection);
    if (answer.verificationStatus === 'VALID') return answer.id;
    throw new Error(`${provider} could not be verified: ${answer.verificationStatus} ${answer.verificationError ?? ''}`);
  };
  const [runner, router, metrics] = await Promise.all([
    connect('deployment', 'local-runner'),
    connect('deployment', 'haproxy', where.balancer.runtime),
    connect('monitoring', 'prometheus', where.monitoring.url),
  ]);
  const app = await api.send('POST', `${tenant}/apps`, { name: 'shop' }, made);
  const service = await api.send('POST', `${tenant}/services`, { appId: app.id, name: 'web', kind: 'web' }, made);
  const environment = await api.send('POST', `${tenant}/environments`, { name: 'production', tier: 'production' }, made);
  const environmentPath = `${tenant}/environments/${environment.id}`;
  await api.send('PUT', `${environmentPath}/variables/GREETING`, { value: 'hello', isSecret: false }, z.unknown());
  await api.send(
    'PUT',
    `${environmentPath}/targets/${service.id}`,
    {
      deploy: { integrationId: runner, config: { command: ['node', 'server.mjs'] }, replicas: 1, readyWithinMs: 60_000, graceMs: 5_000 },
      strategy: canary,
      traffic: { integrationId: router, config: route },
      metrics: { integrationId: metrics },
      health: [{ kind: 'http', path: '/health', intervalMs: 250, successes: 2, withinMs: 60_000 }],
      requiredVariables: [{ name: 'GREETING' }],
    },
    z.unknown(),
  );
  return { appId: app.id, serviceId: service.id, environmentId: environment.id };
}
