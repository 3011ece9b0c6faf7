import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyKubernetes } from '../../src/integrations/providers/kubernetes/verify.ts';
import { waitFor } from '../support/wait-for.ts';
import { guardedDeps } from './adapter-harness.ts';
import { type KubernetesWorld, kubernetesWorld, TOKEN } from './kubernetes-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** What the description leaves out: its operations are cut down, and the Gateway API is none of Kubernetes' own. */
const leftOut = [/\/secrets/, /\/httproutes\//, /selfsubjectrulesreviews/, /^\/version$/];

/** Where the API is known to answer otherwise than described. */
const otherwise = [
  // Numbers or text, described as text alone.
  /(targetPort|maxUnavailable|httpGet\/port) must be string$/,
  // Refusals are not described.
  /404 is not described/,
  // What is deleted in the foreground is still there, and is the answer in place of a Status.
  /^DELETE .*\/deployments\/.* \/status must be string$/,
];

let peer: SpecPeer | null;
let world: KubernetesWorld;

beforeAll(async () => {
  peer = await openSpecPeer('k8s');
}, 300_000);
afterAll(() => peer?.close());
beforeEach(async () => {
  world = await kubernetesWorld();
});
afterEach(() => world.fake.close());

/** One use of everything the adapter calls. */
async function useEverything(): Promise<void> {
  const digest = `sha256:${'1'.repeat(64)}`;
  world.fake.workloads.images.set(digest, { kind: 'runs', version: '1' });
  const config = {
    ...{ port: world.port, command: ['node'], arguments: ['x'], readiness: { kind: 'http', path: '/ready' } },
    ...{ resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } }, serviceAccount: 'shop', imagePullSecrets: ['registry'] },
  };
  const place = { name: 'hello', side: 'blue' as const, config };
  const target = world.target();
  await verifyKubernetes(world.connection, guardedDeps('kubernetes', []));
  await target.check(place);
  const revision = {
    artifactId: 'a',
    version: '1',
    digest,
    commit: null,
    source: { kind: 'image' as const, reference: `registry.test/x@${digest}` },
  };
  const open = () => Promise.reject(new Error('an image has no files'));
  await target.ensure({ place, revision, configVersion: 'c1', variables: new Map([['A', 'b']]), replicas: 2, open });
  await waitFor(async () => (await target.observe(place)).state.kind === 'ready', { what: 'readiness' });
  await target.ensureAbsent(place, { graceMs: 1_000 });
}

const described = ({ path }: { path: string }) => !leftOut.some((pattern) => pattern.test(path));

describe('kubernetes and the description of its API', () => {
  it('every request of the adapter fits the description', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    await useEverything();

    const calls = world.fake.calls.filter(described);
    for (const { method, path, query, body, headers } of calls) {
      const type = headers['content-type'];
      const sent = { authorization: `Bearer ${TOKEN}`, ...(type === undefined ? {} : { 'content-type': type }) };
      const address = `${peer.origin}${path}${query.size === 0 ? '' : `?${query}`}`;
      await (await fetch(address, { method, headers: sent, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })).body?.cancel();
    }

    expect(peer.violations).toEqual([]);
    expect(new Set(calls.map(({ method, path }) => `${method} ${path.split('/').at(-2)}`)).size).toBeGreaterThan(4);
  });

  it('every answer of the fake fits it', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    await useEverything();

    const misfits = world.fake.calls.filter(described).flatMap(({ method, path, status, answer }) => {
      return (peer?.checkResponse(method, path, status, answer ?? null) ?? []).map((word) => `${method} ${path} ${status}: ${word}`);
    });

    expect([...new Set(misfits)].filter((word) => !otherwise.some((pattern) => pattern.test(word)))).toEqual([]);
  });
});
