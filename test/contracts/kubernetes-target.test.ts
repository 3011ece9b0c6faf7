import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeployTarget, Place, Workload } from '../../src/integrations/capabilities/deploy-target.ts';
import type { Exchange } from '../../src/integrations/kit/exchange.ts';
import { guardFetch } from '../../src/integrations/kit/http.ts';
import { kubernetesDeployTarget } from '../../src/integrations/providers/kubernetes/deploy-target.ts';
import { verifyKubernetes } from '../../src/integrations/providers/kubernetes/verify.ts';
import { waitFor } from '../support/wait-for.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { ask } from './deploy-program.ts';
import { type KubernetesWorld, kubernetesWorld, NAMESPACE, TOKEN } from './kubernetes-harness.ts';

let world: KubernetesWorld;
let target: DeployTarget;

beforeEach(async () => {
  world = await kubernetesWorld();
  target = world.target();
  for (const version of [1, 2, 3]) world.fake.workloads.images.set(digestOf(version), { kind: 'runs', version: String(version) });
});
afterEach(() => world.fake.close());

const digestOf = (version: number) => `sha256:${String(version).repeat(64)}`;
const place = (config: object = {}): Place => ({ name: 'hello', side: 'blue', config: { port: world.port, ...config } });

function workload(version: number, changes: Partial<Workload> = {}): Workload {
  const digest = digestOf(version);
  const source = { kind: 'image' as const, reference: `registry.example.test/hello@${digest}` };
  return {
    ...{ place: place(), configVersion: 'c1', variables: new Map(), replicas: 1 },
    revision: { artifactId: 'a', version: `1.${version} (beta)`, digest, commit: null, source },
    open: () => Promise.reject(new Error('an image has no files')),
    ...changes,
  };
}

const isReady = async () => (await target.observe(place())).state.kind === 'ready';

async function bring(version: number, changes: Partial<Workload> = {}) {
  await target.ensure(workload(version, changes));
  await waitFor(isReady, { what: 'readiness' });
  return target.observe(place());
}

const stored = () => world.fake.objects.get('deployments', 'hello-blue');
const secrets = () => world.fake.objects.all('secrets').map(({ metadata }) => metadata.name);

describe('what is applied', () => {
  it('keeps variables in a Secret, whose name says nothing of them; nothing of them is recorded', async () => {
    const variables = new Map([
      ['GREETING', 'hunter2 it\'s "$(id)" $(PORT) é\nnext'],
      ['EMPTY', ''],
    ]);
    const exchanges: Exchange[] = [];
    const deps = guardedDeps('kubernetes', world.observed);
    const door = { provider: 'kubernetes', signal: new AbortController().signal, observe: () => undefined, admit: async () => undefined };
    const fetch = guardFetch({ ...door, fetch: globalThis.fetch, timeoutMs: 5_000, record: (each) => void exchanges.push(each) });

    await kubernetesDeployTarget(world.connection, { ...deps, fetch }).ensure(workload(1, { variables }));
    await waitFor(isReady, { what: 'readiness' });

    const { addresses } = await target.observe(place());
    expect((await ask(addresses[0]))?.env).toEqual({ ...Object.fromEntries(variables), SIDE: 'blue', PORT: String(world.port) });
    const seen = JSON.stringify([exchanges, world.observed, stored(), secrets()]);
    expect(exchanges.length).toBeGreaterThan(4);
    expect(seen).not.toContain('hunter2');
    expect(seen).not.toContain(Buffer.from('hunter2 it').toString('base64').slice(0, 12));
    expect(seen).not.toContain(TOKEN);
  });

  it('removes Secrets that no pod needs any more, and all of them in the end', async () => {
    for (const configVersion of ['c1', 'c2', 'c3']) await bring(1, { configVersion });

    expect(secrets()).toHaveLength(2);
    await target.ensureAbsent(place(), { graceMs: 1_000 });
    expect(secrets()).toEqual([]);
  });

  it('has Services for both sides, which stay: a route names them', async () => {
    await bring(1);
    await target.ensureAbsent(place(), { graceMs: 1_000 });

    expect(world.fake.objects.all('services').map(({ metadata }) => metadata.name)).toEqual(['hello-blue', 'hello-green']);
  });

  it('leaves what others say of it, takes back what it no longer says, and puts right what is its own', async () => {
    await bring(1, { place: place({ resources: { limits: { memory: '64Mi' } } }) });
    world.fake.edit('deployments', 'hello-blue', (object) => {
      const { metadata, spec } = object as { metadata: { annotations: object }; spec: { replicas: number } };
      Object.assign(metadata.annotations, { 'team.example/owner': 'checkout' });
      spec.replicas = 3;
    });

    await bring(1);

    expect(stored()?.metadata.annotations).toMatchObject({ 'team.example/owner': 'checkout', 'signalbox/digest': digestOf(1) });
    expect(stored()?.spec.replicas).toBe(1);
    expect(JSON.stringify(stored()?.spec)).not.toContain('64Mi');
  });

  it('shortens names that are too long, each in its own way', async () => {
    const names = ['9-lives', 'Upper', `${'x'.repeat(60)}-a`, `${'x'.repeat(60)}-b`];
    for (const name of names) await target.ensure(workload(1, { place: { ...place(), name } }));

    const made = world.fake.objects.all('deployments').map(({ metadata }) => metadata.name);
    expect(new Set(made).size).toBe(4);
    for (const name of made) expect(name).toMatch(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
  });

  it.each([
    ['an archive', { revision: { ...workloadRevision(), source: { kind: 'kept' as const, key: 'k', sizeBytes: 1 } } }, /container images/],
    ['a variable that is set here', { variables: new Map([['SIDE', 'x']]) }, /SIDE/],
    ['a name that pods would leave out', { variables: new Map([['a b', 'x']]) }, /a b/],
    ['no replicas', { replicas: 0 }, /replicas/],
  ])('refuses %s and changes nothing', async (_what, changes, words) => {
    expect(await providerError(target.ensure(workload(1, changes)))).toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(words),
    });
    expect(stored()).toBeUndefined();
  });
});

function workloadRevision(): Workload['revision'] {
  return { artifactId: 'a', version: '1', digest: digestOf(1), commit: null, source: { kind: 'image', reference: '' } };
}

describe('what is seen', () => {
  it('an image that is not there: the old pods serve on, and when the time is over it failed', async () => {
    await bring(1);
    world.fake.workloads.images.delete(digestOf(2));
    await target.ensure(workload(2));
    await world.fake.workloads.settle();

    const seen = await target.observe(place());
    expect(seen).toMatchObject({ state: { kind: 'progressing', why: expect.stringContaining('ImagePullBackOff') }, digest: digestOf(2) });
    expect(seen.addresses).toEqual([]);
    expect(stored()?.status).toMatchObject({ replicas: 2, availableReplicas: 1 });
    world.fake.workloads.exceedDeadline('hello-blue');
    expect((await target.observe(place())).state).toEqual({ kind: 'failed', why: expect.stringContaining('ImagePullBackOff') });
    await bring(1);
  });

  it('nothing is ready that the controllers have not taken up', async () => {
    await bring(1);
    world.fake.workloads.isStopped = true;

    const { state, digest } = await target.ensure(workload(2));

    expect(digest).toBe(digestOf(2));
    expect(state).toEqual({ kind: 'progressing', why: expect.stringContaining('not taken it up') });
  });

  it.each([
    ['another image', (spec: Spec) => Object.assign(spec.template.spec.containers[0] ?? {}, { image: 'evil:latest' }), /evil:latest/],
    ['no replicas', (spec: Spec) => Object.assign(spec, { replicas: 0 }), /no replicas/],
  ])('somebody else asked for %s: unknown, until it is asked for again', async (_what, change, words) => {
    await bring(1);
    world.fake.edit('deployments', 'hello-blue', ({ spec }) => void change(spec as Spec));

    expect((await target.observe(place())).state).toEqual({ kind: 'unknown', raw: expect.stringMatching(words) });
    expect((await bring(1)).state).toEqual({ kind: 'ready' });
  });

  it('what Signalbox did not make is unknown, and is neither replaced nor ended', async () => {
    const spec = {
      replicas: 1,
      selector: { matchLabels: {} },
      template: { metadata: {}, spec: { containers: [{ name: 'app', image: 'x' }] } },
    };
    world.fake.objects.put('deployments', 'hello-blue', { metadata: {}, spec });

    expect((await target.observe(place())).state).toEqual({ kind: 'unknown', raw: expect.stringContaining('did not make') });
    expect((await providerError(target.ensure(workload(1)))).kind).toBe('conflict');
    expect((await providerError(target.ensureAbsent(place(), { graceMs: 1_000 }))).kind).toBe('conflict');
    expect(await target.check(place())).toEqual({ ok: false, problems: [expect.stringContaining('hello-blue')] });
    expect(stored()?.spec.template.spec.containers[0].image).toBe('x');
  });

  it('what is ending is not there any more for anybody, and is not brought back under it', async () => {
    await bring(1);
    world.fake.workloads.isStopped = true;

    expect((await target.ensureAbsent(place(), { graceMs: 1_000 })).state).toEqual({
      kind: 'progressing',
      why: expect.stringContaining('ending'),
    });
    expect(await target.ensure(workload(2))).toMatchObject({ state: { kind: 'progressing' }, digest: null });
  });

  it('every pod of several pages; a list that changed meanwhile is read again once', async () => {
    await bring(1, { replicas: 5 });
    world.fake.pageSize = 2;
    const expired = {
      match: (each: { query: URLSearchParams }) => each.query.has('continue'),
      status: 410,
      body: { kind: 'Status', reason: 'Expired' },
    };

    world.fake.failNext(expired);
    expect((await target.observe(place())).addresses).toHaveLength(5);
    world.fake.failNext({ ...expired, times: 2 });
    expect((await providerError(target.observe(place()))).kind).toBe('unavailable');
  });
});

type Spec = { template: { spec: { containers: object[] } } };

describe('refusals', () => {
  const told = (reason: string, message: string) => ({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message });

  it.each([
    [403, told('Forbidden', 'exceeded quota: pods'), 'forbidden', 'exceeded quota'],
    [409, told('Conflict', 'the object has been modified'), 'conflict', 'has been modified'],
    [422, told('Invalid', 'spec.replicas: Invalid value'), 'invalid', 'spec.replicas'],
    [429, told('TooManyRequests', 'slow down'), 'rate-limited', 'slow down'],
    [500, told('InternalError', 'etcd leader changed'), 'unavailable', 'etcd'],
  ] as const)('%i is told in the words of the cluster', async (status, body, kind, words) => {
    world.fake.failNext({ match: { method: 'PATCH', path: /deployments/ }, status, body });

    const error = await providerError(target.ensure(workload(1)));

    expect(error).toMatchObject({ kind, message: expect.stringContaining(words) });
  });

  it('a 404 of something else is no absence', async () => {
    world.fake.failNext({ mode: 'html', status: 404 });

    expect((await providerError(target.observe(place()))).kind).toBe('malformed');
  });

  it('an answer that was lost is no second effect', async () => {
    world.fake.failNext({ match: { method: 'PATCH', path: /deployments/ }, mode: 'drop-after' });

    await providerError(target.ensure(workload(1)));
    await bring(1);

    expect(stored()?.metadata.generation).toBe(1);
  });
});

describe('checking and verifying', () => {
  it('names the rights that are missing', async () => {
    world.fake.rights.clear();
    for (const right of ['get deployments', 'create deployments', 'patch deployments', 'list pods', 'deletecollection pods'])
      world.fake.rights.add(right);

    expect(await target.check(place())).toEqual({
      ok: false,
      problems: [
        expect.stringContaining('may not delete deployments.apps'),
        expect.stringContaining('create, patch services'),
        expect.stringContaining('create, patch, list, delete secrets'),
      ],
    });
  });

  it('a namespace that is not there is an error, not a place that is empty', async () => {
    const connection = { ...world.connection, settings: { namespace: 'shoq' } };

    const error = await providerError(kubernetesDeployTarget(connection, guardedDeps('kubernetes', [])).check(place()));

    expect(error).toMatchObject({ kind: 'not-found', message: expect.stringContaining('namespaces') });
  });

  it('verifies who may deploy, and who may route alone', async () => {
    const verify = () => verifyKubernetes(world.connection, guardedDeps('kubernetes', []));
    expect(await verify()).toMatchObject({ ok: true, account: `Kubernetes v1.33.2, namespace ${NAMESPACE}` });

    world.fake.rights.clear();
    expect(await verify()).toMatchObject({ ok: false });
    for (const right of ['get httproutes', 'patch httproutes']) world.fake.rights.add(right);
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('does not judge by rights that the cluster cannot tell', async () => {
    world.fake.rights.clear();
    world.fake.rightsIncomplete = true;

    expect(await verifyKubernetes(world.connection, guardedDeps('kubernetes', []))).toMatchObject({ ok: true });
  });

  it.each([
    [{ status: 401 }, /does not accept the credentials/],
    [{ mode: 'html' as const }, /not the API of Kubernetes/],
  ])('reports what is wrong: %o', async (fault, words) => {
    world.fake.failNext(fault);

    expect(await verifyKubernetes(world.connection, guardedDeps('kubernetes', []))).toEqual({
      ok: false,
      problems: [expect.stringMatching(words)],
    });
  });

  it('throws when the cluster could not be asked', async () => {
    await world.fake.stop();

    await expect(verifyKubernetes(world.connection, guardedDeps('kubernetes', []))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
