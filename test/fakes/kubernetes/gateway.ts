import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { KubernetesObject, KubernetesObjects } from './objects.ts';

/** A gateway: takes up HTTPRoutes, says so in their status, and sends requests as it has them in force. */
export class KubernetesGateway {
  readonly #objects: KubernetesObjects;
  /** Rules in force, by route. */
  readonly #inForce = new Map<string, KubernetesObject['spec']>();
  /** Where each Service's pods are. */
  readonly endpoints = new Map<string, readonly string[]>();
  /** Takes nothing up while it is: what is in force stays so. */
  isBehind = false;

  constructor(objects: KubernetesObjects) {
    this.#objects = objects;
  }

  changed(name: string): void {
    const route = this.#objects.get('httproutes', name);
    if (route === undefined || this.isBehind) return;
    const refs = route.spec.rules.flatMap((rule: Rule) => rule.backendRefs);
    const missing = refs.find((ref: Ref) => this.#objects.get('services', ref.name) === undefined);
    const told = (type: string, holds: boolean, reason: string, message = '') => ({
      ...{ type, status: holds ? 'True' : 'False', reason, message },
      ...{ observedGeneration: route.metadata.generation, lastTransitionTime: '2026-01-01T00:00:00Z' },
    });
    const conditions = [
      told('Accepted', true, 'Accepted'),
      missing
        ? told('ResolvedRefs', false, 'BackendNotFound', `service ${missing.name} not found`)
        : told('ResolvedRefs', true, 'ResolvedRefs'),
    ];
    this.#inForce.set(name, structuredClone(route.spec));
    const parents = route.spec.parentRefs.map((parentRef: object) => ({ parentRef, controllerName: 'example.test/gateway', conditions }));
    this.#objects.put('httproutes', name, { ...route, status: { parents } });
  }

  /** Where clients reach a route. */
  async listen(name: string): Promise<{ url: string; close(): Promise<void> }> {
    const server = createServer((incoming, response) => {
      const address = this.#choose(name, (header) => String(incoming.headers[header.toLowerCase()] ?? ''));
      if (address === undefined) return void response.writeHead(503).end();
      const [hostname = '', port = ''] = address.split(':');
      const onwards = request({ hostname, port, path: incoming.url, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502);
        answer.pipe(response);
      });
      onwards.on('error', () => response.writeHead(502).end());
      onwards.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return {
      url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`,
      async close() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  /** The rule with the most headers that fit, then by weight. */
  #choose(name: string, header: (name: string) => string): string | undefined {
    const rules: Rule[] = this.#inForce.get(name)?.rules ?? [];
    const fitting = rules.flatMap((rule) =>
      (rule.matches ?? [{}])
        .filter(({ headers = [] }) => headers.every((each) => header(each.name) === each.value))
        .map(({ headers = [] }) => ({ rule, specificity: headers.length })),
    );
    const best = fitting.sort((a, b) => b.specificity - a.specificity)[0]?.rule;
    const refs = best?.backendRefs ?? [];
    let left = Math.random() * refs.reduce((sum, { weight = 1 }) => sum + weight, 0);
    const chosen = refs.find(({ weight = 1 }) => {
      left -= weight;
      return left < 0;
    });
    const pods = this.endpoints.get(chosen?.name ?? '') ?? [];
    return pods[Math.floor(Math.random() * pods.length)];
  }
}

interface Ref {
  name: string;
  weight?: number;
}
interface Rule {
  matches?: { headers?: { name: string; value: string }[] }[];
  backendRefs: Ref[];
}
