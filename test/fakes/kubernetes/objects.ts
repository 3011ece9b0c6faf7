import type { FakeAnswer } from '../fake-wire.ts';

/** The objects of one namespace, as the API server keeps them. */

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: { manager: string; operation: string }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: what an object holds depends on its kind
  [field: string]: any;
}

export const resources = {
  deployments: { apiVersion: 'apps/v1', kind: 'Deployment', group: 'apps', hasGeneration: true },
  services: { apiVersion: 'v1', kind: 'Service', group: '', hasGeneration: false },
  secrets: { apiVersion: 'v1', kind: 'Secret', group: '', hasGeneration: false },
  pods: { apiVersion: 'v1', kind: 'Pod', group: '', hasGeneration: false },
  httproutes: { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', hasGeneration: true },
} as const;
export type Resource = keyof typeof resources;
export const isResource = (name: string): name is Resource => Object.hasOwn(resources, name);

export class KubernetesObjects {
  readonly namespace: string;
  #version = 100;
  readonly #kept = new Map<string, KubernetesObject>();
  /** Fields by manager and object, see `applyFields`. */
  readonly #managers = new Map<string, Map<string, Set<string>>>();

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  get(resource: Resource, name: string): KubernetesObject | undefined {
    return this.#kept.get(`${resource}/${name}`);
  }

  all(resource: Resource, labelSelector = ''): KubernetesObject[] {
    const wanted = labelSelector
      .split(',')
      .filter(Boolean)
      .map((each) => each.split('='));
    return [...this.#kept]
      .filter(([key]) => key.startsWith(`${resource}/`))
      .map(([, object]) => object)
      .filter(({ metadata }) => wanted.every(([name = '', value]) => metadata.labels?.[name] === value));
  }

  /** Fields by manager. */
  managers(resource: Resource, name: string): Map<string, Set<string>> {
    const key = `${resource}/${name}`;
    const managers = this.#managers.get(key) ?? new Map<string, Set<string>>();
    this.#managers.set(key, managers);
    return managers;
  }

  /** Writes what came of a change; the generation counts changes of the spec. */
  put(resource: Resource, name: string, next: Record<string, unknown>): KubernetesObject {
    const before = this.get(resource, name);
    const { apiVersion, kind, hasGeneration } = resources[resource];
    const specChanged = JSON.stringify(before?.spec) !== JSON.stringify(next.spec);
    this.#version += 1;
    const metadata = {
      ...(next.metadata as object),
      name,
      namespace: this.namespace,
      uid: before?.metadata.uid ?? `uid-${this.#version}`,
      creationTimestamp: before?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
      resourceVersion: String(this.#version),
      ...(hasGeneration ? { generation: (before?.metadata.generation ?? 0) + (specChanged ? 1 : 0) } : {}),
    };
    const object: KubernetesObject = { ...next, apiVersion, kind, metadata };
    this.#kept.set(`${resource}/${name}`, object);
    return object;
  }

  remove(resource: Resource, name: string): void {
    this.#kept.delete(`${resource}/${name}`);
    this.#managers.delete(`${resource}/${name}`);
  }
}

/** What the API says in place of an object. */
export function status(code: number, reason: string, message: string, details: object = {}): FakeAnswer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code } };
}

export const notFound = (resource: string, name: string): FakeAnswer =>
  status(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource });
