import { type FakeAnswer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import { applyFields } from './apply.ts';
import { KubernetesGateway } from './gateway.ts';
import { isResource, KubernetesObjects, notFound, type Resource, resources, status } from './objects.ts';
import { KubernetesWorkloads } from './workloads.ts';

export type { Program } from './workloads.ts';

export interface KubernetesFake extends FakeServer {
  readonly objects: KubernetesObjects;
  readonly workloads: KubernetesWorkloads;
  readonly gateway: KubernetesGateway;
  /** What the token may do: `verb resource`, or `*`. */
  readonly rights: Set<string>;
  /** The rights cannot all be told. */
  rightsIncomplete: boolean;
  /** Items of a page, at most. */
  pageSize: number;
  /** As somebody with `kubectl edit` does. */
  edit(resource: Resource, name: string, change: (object: Record<string, unknown>) => void, manager?: string): void;
  /** The API server ends, and is there again at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

interface Options {
  token: string;
  namespace: string;
}

/** One namespace of a cluster: API server, controllers, kubelet, gateway. */
export async function createKubernetesFake({ token, namespace }: Options): Promise<KubernetesFake> {
  const objects = new KubernetesObjects(namespace);
  const workloads = new KubernetesWorkloads(objects);
  const gateway = new KubernetesGateway(objects);
  const state = {
    objects,
    workloads,
    gateway,
    rights: new Set(['*']),
    rightsIncomplete: false,
    pageSize: 500,
    token,
    isListExpired: false,
  };
  const listen = async (port: number) => {
    const server = await startFakeServer({
      port,
      before: ({ headers }) => (headers.authorization === `Bearer ${token}` ? undefined : status(401, 'Unauthorized', 'Unauthorized')),
      notFound: status(404, 'NotFound', 'the server could not find the requested resource'),
    });
    addRoutes(server, state);
    return server;
  };
  let server = await listen(0);
  const port = Number(new URL(server.origin).port);
  return Object.assign(state, {
    origin: server.origin,
    calls: server.calls,
    route: server.route,
    failNext: (fault: Parameters<FakeServer['failNext']>[0]) => server.failNext(fault),
    clearFaults: () => server.clearFaults(),
    edit(resource: Resource, name: string, change: (object: Record<string, unknown>) => void, manager = 'kubectl-edit') {
      const next = structuredClone(objects.get(resource, name)) as unknown as Record<string, unknown>;
      change(next);
      objects.managers(resource, name).set(manager, new Set());
      objects.put(resource, name, next);
      hear(state, resource, name);
    },
    stop: () => server.close(),
    async start() {
      server = await listen(port);
    },
    async close() {
      await server.close().catch(() => undefined);
      await workloads.close();
    },
  });
}

type State = Pick<KubernetesFake, 'objects' | 'workloads' | 'gateway' | 'rights' | 'rightsIncomplete' | 'pageSize'>;

function hear(state: State, resource: Resource, name: string): void {
  if (resource === 'deployments') state.workloads.changed(name);
  if (resource === 'httproutes') state.gateway.changed(name);
}

function addRoutes(server: FakeServer, state: State): void {
  const { namespace } = state.objects;
  const routed = (base: string) => {
    const inside = (verb: string, answer: (resource: Resource, request: FakeRequest) => FakeAnswer) => (request: FakeRequest) => {
      const { namespace: asked = '', resource = '' } = request.params;
      if (!isResource(resource)) return status(404, 'NotFound', 'the server could not find the requested resource');
      if (!allowed(state, verb, resource)) return forbidden(verb, resource, asked);
      if (asked !== namespace) return notFound(verb === 'list' || verb === 'get' ? resource : 'namespaces', request.params.name ?? asked);
      return shown(answer(resource, request), request);
    };
    const one = `${base}/namespaces/:namespace/:resource/:name`;
    const all = `${base}/namespaces/:namespace/:resource`;
    server.route(
      'GET',
      one,
      inside('get', (resource, { params: { name = '' } }) => body(state.objects.get(resource, name) ?? notFound(resource, name))),
    );
    server.route(
      'GET',
      all,
      inside('list', (resource, request) => list(state, resource, request)),
    );
    server.route(
      'PATCH',
      one,
      inside('patch', (resource, request) => patch(state, resource, request)),
    );
    server.route(
      'DELETE',
      one,
      inside('delete', (resource, request) => remove(state, resource, request)),
    );
    server.route(
      'DELETE',
      all,
      inside('deletecollection', (resource, request) => removeAll(state, resource, request)),
    );
  };
  server.route('GET', '/version', () => ({ status: 200, body: { gitVersion: 'v1.33.2', major: '1', minor: '33' } }));
  server.route('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', () => ({ status: 201, body: rulesReview(state) }));
  routed('/api/v1');
  routed('/apis/apps/v1');
  routed('/apis/gateway.networking.k8s.io/v1');
}

const body = (answer: object): FakeAnswer =>
  'status' in answer && typeof answer.status === 'number' ? (answer as FakeAnswer) : { status: 200, body: answer };

/** Metadata alone, where that is what the client takes. */
function shown(answer: FakeAnswer, { headers }: FakeRequest): FakeAnswer {
  if (!/as=PartialObjectMetadata/.test(headers.accept ?? '') || answer.status >= 400) return answer;
  const whole = answer.body as { metadata: unknown; items?: { metadata: unknown }[] };
  const bare = ({ metadata }: { metadata: unknown }) => ({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });
  const items = whole.items?.map(bare);
  return { ...answer, body: items === undefined ? bare(whole) : { ...bare(whole), kind: 'PartialObjectMetadataList', items } };
}

const allowed = ({ rights }: State, verb: string, resource: string) => rights.has('*') || rights.has(`${verb} ${resource}`);

const forbidden = (verb: string, resource: string, namespace: string) =>
  status(
    403,
    'Forbidden',
    `${resource} is forbidden: User "system:serviceaccount:ci" cannot ${verb} resource "${resource}" in the namespace "${namespace}"`,
  );

function rulesReview({ rights, rightsIncomplete }: State) {
  const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const rules = [...rights].map((right) => {
    const [verb = '', resource = ''] = right.split(' ');
    return right === '*'
      ? everything
      : { verbs: [verb], resources: [resource], apiGroups: [isResource(resource) ? resources[resource].group : ''] };
  });
  return {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', metadata: {}, spec: {} },
    status: { incomplete: rightsIncomplete, nonResourceRules: [], resourceRules: rules },
  };
}

function list({ objects, pageSize }: State, resource: Resource, { query }: FakeRequest): FakeAnswer {
  const all = objects.all(resource, query.get('labelSelector') ?? '');
  const from = Number(query.get('continue') ?? 0);
  const to = from + Math.min(pageSize, Number(query.get('limit') ?? pageSize));
  const { apiVersion, kind } = resources[resource];
  const metadata = { resourceVersion: '1', ...(to < all.length ? { continue: String(to), remainingItemCount: all.length - to } : {}) };
  return { status: 200, body: { apiVersion, kind: `${kind}List`, metadata, items: all.slice(from, to) } };
}

function patch(state: State, resource: Resource, request: FakeRequest): FakeAnswer {
  const { name = '' } = request.params;
  const wanted = request.body as Record<string, unknown>;
  const live = state.objects.get(resource, name);
  const type = request.headers['content-type'] ?? '';
  if (type === 'application/apply-patch+yaml') return apply(state, resource, request, wanted);
  if (type !== 'application/merge-patch+json')
    return status(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
  if (live === undefined) return notFound(resource, name);
  const { metadata } = wanted as { metadata?: { resourceVersion?: string } };
  if (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== live.metadata.resourceVersion) {
    return status(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${resource} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
  const next = state.objects.put(resource, name, mergePatch(live, wanted) as Record<string, unknown>);
  hear(state, resource, name);
  return { status: 200, body: next };
}

function apply(state: State, resource: Resource, request: FakeRequest, wanted: Record<string, unknown>): FakeAnswer {
  const { name = '' } = request.params;
  const { objects } = state;
  const live = objects.get(resource, name);
  const { apiVersion, kind } = resources[resource];
  if (wanted.apiVersion !== apiVersion || wanted.kind !== kind) return status(400, 'BadRequest', 'the kind is not that of the address');
  if (live === undefined && !allowed(state, 'create', resource)) return forbidden('create', resource, objects.namespace);
  const manager = request.query.get('fieldManager') ?? '';
  if (manager === '')
    return status(422, 'Invalid', 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
  const isTrial = request.query.get('dryRun') === 'All';
  const managers = isTrial ? structuredClone(objects.managers(resource, name)) : objects.managers(resource, name);
  const { object, conflicts } = applyFields((live ?? {}) as Record<string, unknown>, wanted, {
    manager,
    managers,
    force: request.query.get('force') === 'true',
  });
  if (conflicts.length > 0)
    return status(409, 'Conflict', `Apply failed with ${conflicts.length} conflict: conflict with ${conflicts.join(', ')}`);
  const invalid = problemOf(resource, name, object, live);
  if (invalid !== null) return status(422, 'Invalid', `${kind} "${name}" is invalid: ${invalid}`, { name, kind });
  if (isTrial)
    return {
      status: live === undefined ? 201 : 200,
      body: { ...object, apiVersion, kind, metadata: { ...(object.metadata as object), name } },
    };
  const isSame =
    live !== undefined &&
    JSON.stringify(live.spec) === JSON.stringify(object.spec) &&
    JSON.stringify(live.metadata) === JSON.stringify(object.metadata);
  const next = isSame ? live : objects.put(resource, name, object);
  if (!isSame) hear(state, resource, name);
  return { status: live === undefined ? 201 : 200, body: next };
}

/** The rules that matter to whoever applies. */
function problemOf(
  resource: Resource,
  name: string,
  object: Record<string, unknown>,
  live: Record<string, unknown> | undefined,
): string | null {
  if (resource === 'services' && !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    return `metadata.name: Invalid value: "${name}": a DNS-1035 label is needed`;
  const labels = Object.entries((object.metadata as { labels?: Record<string, string> }).labels ?? {});
  const odd = labels.find(([, value]) => !/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) || value.length > 63);
  if (odd) return `metadata.labels: Invalid value: "${odd[1]}"`;
  if (resource !== 'deployments') return null;
  // biome-ignore lint/suspicious/noExplicitAny: what a spec holds depends on its kind
  const [spec, before] = [object.spec, live?.spec] as any[];
  if (before && JSON.stringify(before.selector) !== JSON.stringify(spec.selector))
    return 'spec.selector: Invalid value: field is immutable';
  if (!spec.template.spec.containers[0]?.image) return 'spec.template.spec.containers[0].image: Required value';
  return null;
}

function remove(state: State, resource: Resource, { params: { name = '' }, body: options }: FakeRequest): FakeAnswer {
  const { objects } = state;
  const live = objects.get(resource, name);
  if (live === undefined) return notFound(resource, name);
  const { propagationPolicy } = (options ?? {}) as { propagationPolicy?: string };
  if (resource !== 'deployments') objects.remove(resource, name);
  else if (propagationPolicy !== 'Foreground') return status(400, 'BadRequest', 'this fake knows foreground deletion alone');
  else {
    objects.put(resource, name, { ...live, metadata: { ...live.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    hear(state, resource, name);
  }
  return { status: 200, body: objects.get(resource, name) ?? { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };
}

function removeAll(state: State, resource: Resource, { query }: FakeRequest): FakeAnswer {
  const all = state.objects.all(resource, query.get('labelSelector') ?? '');
  if (resource === 'pods') state.workloads.endPods(all, Number(query.get('gracePeriodSeconds') ?? 30) * 1000);
  const { apiVersion, kind } = resources[resource];
  return { status: 200, body: { apiVersion, kind: `${kind}List`, metadata: { resourceVersion: '1' }, items: all } };
}

/** RFC 7386. */
function mergePatch(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const result: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}
