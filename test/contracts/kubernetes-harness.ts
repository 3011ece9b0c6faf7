import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { freePort } from '../../scripts/lib/ports.mjs';
import type { DeployTarget, Workload } from '../../src/integrations/capabilities/deploy-target.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import { kubernetesDeployTarget } from '../../src/integrations/providers/kubernetes/deploy-target.ts';
import type { KubernetesConnection } from '../../src/integrations/providers/kubernetes/identity.ts';
import { kubernetesTrafficRouter } from '../../src/integrations/providers/kubernetes/traffic-router.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createKubernetesFake, type KubernetesFake } from '../fakes/kubernetes/index.ts';
import type { Program } from '../fakes/kubernetes/workloads.ts';
import { type ConnectOptions, guardedDeps } from './adapter-harness.ts';

export const TOKEN = 'eyJ-kubernetes-token-9876';
export const NAMESPACE = 'shop';

export interface KubernetesWorld {
  fake: KubernetesFake;
  connection: KubernetesConnection;
  observed: ProviderCall[];
  /** Free on every address that pods get. */
  port: number;
  target(options?: ConnectOptions): DeployTarget;
  router(options?: ConnectOptions): ReturnType<typeof kubernetesTrafficRouter>;
}

export async function kubernetesWorld(): Promise<KubernetesWorld> {
  const fake = await createKubernetesFake({ token: TOKEN, namespace: NAMESPACE });
  const connection: KubernetesConnection = {
    ...{ id: 'c1', baseUrl: fake.origin, credentials: { token: new Secret(TOKEN) } },
    settings: { namespace: NAMESPACE },
  };
  const observed: ProviderCall[] = [];
  const deps = (options?: ConnectOptions) => guardedDeps('kubernetes', observed, options);
  return {
    ...{ fake, connection, observed, port: await freePort() },
    target: (options) => kubernetesDeployTarget(connection, deps(options)),
    router: (options) => kubernetesTrafficRouter(connection, deps(options)),
  };
}

/** Takes archives as whoever builds images does: puts them into the registry under their own digest, and names that image. */
export function withImages(target: DeployTarget, images: Map<string, Program>): DeployTarget {
  return {
    ...target,
    async ensure(workload: Workload) {
      const bytes = Buffer.from(await new Response((await workload.open()).body).arrayBuffer());
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      images.set(digest, programIn(bytes));
      const source = { kind: 'image' as const, reference: `registry.example.test/hello@${digest}` };
      return target.ensure({ ...workload, revision: { ...workload.revision, source } });
    },
  };
}

/** By the file `version` of the archive. */
export function programIn(archive: Buffer): Program {
  const tar = gunzipSync(archive);
  let version = '';
  for (let offset = 0; offset < tar.length; ) {
    const name = tar.toString('utf8', offset, offset + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('utf8', offset + 124, offset + 136), 8) || 0;
    if (name === 'version') version = tar.toString('utf8', offset + 512, offset + 512 + size);
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  return version === 'broken' ? { kind: 'exits', exitCode: 3 } : { kind: 'runs', version };
}
