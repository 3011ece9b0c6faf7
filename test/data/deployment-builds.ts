import { createHash } from 'node:crypto';
import type { Database } from '../../src/db/client.ts';
import { type ArtifactStore, ArtifactTooLargeError, piecesOf } from '../../src/platform/artifact-store.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { createBuiltArtifactService } from '../../src/services/execution/deployments/built-artifact-service.ts';
import { createRecipeService } from '../../src/services/execution/deployments/recipe-service.ts';
import type { DeploymentServices } from '../../src/workers/deployment-context.ts';
import { Ci } from './ci.ts';

/** What builds and tests of deployments need: a CI, names of commits, and a place for what they leave. */
export class MemoryBuilds {
  ci = new Ci();
  /** `<tag> <commit>` */
  readonly tags: string[] = [];
  readonly files = new Map<string, Buffer>();

  readonly store: ArtifactStore = {
    put: async (key, body, { maxBytes }) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of piecesOf(body)) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      if (bytes.length > maxBytes) throw new ArtifactTooLargeError('it is too large');
      this.files.set(key, bytes);
      return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    open: async (key) => {
      const bytes = this.files.get(key);
      return bytes === undefined ? null : { body: new Blob([new Uint8Array(bytes)]).stream(), sizeBytes: bytes.length };
    },
    remove: async (key) => void this.files.delete(key),
  };

  services(db: Database, connector: Connector): Pick<DeploymentServices, 'recipes' | 'built' | 'artifactMaxBytes'> {
    const { store } = this;
    const cicd = new Proxy({} as ReturnType<Ci['service']>, { get: (_none, name) => Reflect.get(this.ci.service(), name) });
    return {
      recipes: createRecipeService({
        ...{ connector, cicd, artifacts: store },
        sourceControl: {
          createTag: async (_tenant, _integration, name, commit, message) => {
            if (!this.tags.includes(`${name} ${commit}`)) this.tags.push(`${name} ${commit}`);
            return { name, commit, annotated: true, message };
          },
        },
      }),
      built: createBuiltArtifactService({ db, artifacts: store }),
      artifactMaxBytes: 10_000_000,
    };
  }
}
