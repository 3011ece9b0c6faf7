import { createHash } from 'node:crypto';
import { nextHost, type RunningProgram, runProgram } from '../deployment/program-host.ts';
import type { KubernetesObject, KubernetesObjects } from './objects.ts';

/** What an image does when a pod runs it. */
export type Program =
  | { kind: 'runs'; version: string }
  /** It runs and never says that it is ready. */
  | { kind: 'unready' }
  | { kind: 'exits'; exitCode: number }
  /** The registry has no such image. */
  | { kind: 'missing' };

interface Running {
  template: string;
  program: RunningProgram | null;
}

/** The controllers and the kubelet: pods come and go as Deployments say, and really answer at their addresses. */
export class KubernetesWorkloads {
  /** By digest; an image nobody named is missing. */
  readonly images = new Map<string, Program>();
  /** Nothing is taken up while they stand still. */
  isStopped = false;
  readonly #objects: KubernetesObjects;
  readonly #running = new Map<string, Running>();
  readonly #ending = new Set<Promise<unknown>>();
  #tail: Promise<void> = Promise.resolve();
  #pods = 0;

  constructor(objects: KubernetesObjects) {
    this.#objects = objects;
  }

  /** Looks at a Deployment that changed, after all that changed before. */
  changed(name: string): void {
    this.#tail = this.#tail.then(() => this.#reconcile(name)).catch((error: unknown) => console.error('the fake cluster failed', error));
  }

  /** The progress deadline of a Deployment is over. */
  exceedDeadline(name: string): void {
    this.#setStatus(name, {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'has timed out progressing',
    });
  }

  /** What `DELETE pods` does: those there are given so long. */
  endPods(place: KubernetesObject[], graceMs: number): void {
    for (const pod of place) this.#end(pod.metadata.name, graceMs);
  }

  async settle(): Promise<void> {
    await this.#tail;
    while (this.#ending.size > 0) await Promise.all(this.#ending);
    await this.#tail;
  }

  async close(): Promise<void> {
    await this.#tail;
    this.isStopped = true;
    await Promise.all([...this.#running.values()].map(({ program }) => program?.end(0)));
  }

  async #reconcile(name: string): Promise<void> {
    const deployment = this.#objects.get('deployments', name);
    if (deployment === undefined || this.isStopped) return;
    const place = deployment.spec.selector.matchLabels;
    const pods = () => this.#podsOf(place);
    if (deployment.metadata.deletionTimestamp !== undefined) {
      for (const pod of pods()) this.#end(pod.metadata.name, deployment.spec.template.spec.terminationGracePeriodSeconds * 1000);
      if (this.#podsOf(place, true).length === 0) this.#objects.remove('deployments', name);
      return;
    }
    const template = hash(deployment.spec.template);
    const fresh = () => pods().filter((pod) => this.#running.get(pod.metadata.name)?.template === template);
    while (fresh().length < deployment.spec.replicas) await this.#start(deployment, template);
    for (const surplus of fresh().slice(deployment.spec.replicas)) this.#end(surplus.metadata.name, 0);
    const isComplete = fresh().every(isReady);
    if (isComplete) for (const pod of pods().filter((each) => !fresh().includes(each))) this.#end(pod.metadata.name, 0);
    this.#setStatus(name, { type: 'Progressing', status: 'True', reason: isComplete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' });
  }

  #setStatus(name: string, condition: object): void {
    const deployment = this.#objects.get('deployments', name);
    if (deployment === undefined) return;
    const pods = this.#podsOf(deployment.spec.selector.matchLabels);
    const template = hash(deployment.spec.template);
    const updated = pods.filter((pod) => this.#running.get(pod.metadata.name)?.template === template);
    this.#objects.put('deployments', name, {
      ...deployment,
      status: {
        observedGeneration: deployment.metadata.generation,
        replicas: pods.length,
        updatedReplicas: updated.length,
        availableReplicas: pods.filter(isReady).length,
        conditions: [{ lastTransitionTime: '2026-01-01T00:00:00Z', lastUpdateTime: '2026-01-01T00:00:00Z', ...condition }],
      },
    });
  }

  #podsOf(place: Record<string, string>, withEnding = false): KubernetesObject[] {
    const selector = Object.entries(place).map(([label, value]) => `${label}=${value}`);
    return this.#objects.all('pods', selector.join(',')).filter(({ metadata }) => withEnding || metadata.deletionTimestamp === undefined);
  }

  async #start(deployment: KubernetesObject, template: string): Promise<void> {
    const { spec, metadata } = deployment.spec.template;
    const [container] = spec.containers;
    this.#pods += 1;
    const name = `${deployment.metadata.name}-${template.slice(0, 8)}-${this.#pods}`;
    const env = this.#environment(container);
    const known = this.images.get(String(container.image).split('@')[1] ?? '') ?? { kind: 'missing' };
    const port = container.ports?.[0]?.containerPort ?? 0;
    const host = nextHost();
    const program = env !== null && known.kind === 'runs' ? await runProgram({ host, port }, known.version, env) : null;
    this.#running.set(name, { template, program });
    const shown = env === null ? waiting('CreateContainerConfigError', 0) : shownOf(known);
    this.#objects.put('pods', name, {
      metadata: { labels: metadata.labels },
      spec: { containers: spec.containers },
      status: {
        phase: shown.phase,
        podIP: host,
        conditions: [conditionOf('Ready', program !== null)],
        containerStatuses: [{ ...common, ...shown.container }],
      },
    });
  }

  /** null = a Secret that it names is not there. */
  #environment(container: {
    env?: { name: string; value: string }[];
    envFrom?: { secretRef: { name: string } }[];
  }): Record<string, string> | null {
    const told: Record<string, string> = {};
    for (const { secretRef } of container.envFrom ?? []) {
      const secret = this.#objects.get('secrets', secretRef.name);
      if (secret === undefined) return null;
      for (const [name, value] of Object.entries(secret.data ?? {})) told[name] = Buffer.from(String(value), 'base64').toString();
    }
    return { ...told, ...Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value])) };
  }

  #end(name: string, graceMs: number): void {
    const pod = this.#objects.get('pods', name);
    const running = this.#running.get(name);
    if (pod === undefined) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      // Whoever asks again may shorten what is left.
      void running?.program?.end(graceMs);
      return;
    }
    this.#objects.put('pods', name, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const ending = Promise.resolve(running?.program?.end(graceMs)).then(() => {
      this.#running.delete(name);
      this.#objects.remove('pods', name);
      for (const { metadata } of this.#objects.all('deployments')) this.changed(metadata.name);
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }
}

const hash = (template: unknown): string => createHash('sha256').update(JSON.stringify(template)).digest('hex');

const isReady = (pod: KubernetesObject): boolean =>
  pod.status.conditions.some((each: { type: string; status: string }) => each.type === 'Ready' && each.status === 'True');

const conditionOf = (type: string, holds: boolean) => ({ type, status: holds ? 'True' : 'False' });

const common = { name: 'app', image: '', imageID: '', ready: false, restartCount: 0 };

const waiting = (reason: string, restartCount: number, lastState: object = {}) => ({
  phase: 'Pending',
  container: { restartCount, state: { waiting: { reason } }, lastState },
});

function shownOf(program: Program) {
  switch (program.kind) {
    case 'exits':
      return waiting('CrashLoopBackOff', 5, { terminated: { exitCode: program.exitCode, reason: 'Error' } });
    case 'missing':
      return waiting('ImagePullBackOff', 0);
    default:
      return { phase: 'Running', container: { ready: program.kind === 'runs', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } } };
  }
}
