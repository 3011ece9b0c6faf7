import type { Database } from '../../db/client.ts';
import type { FrozenStore } from '../../domain/release/config.ts';
import type { StoreBuild } from '../../integrations/capabilities/app-store.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Bundle, BundleFiles } from './bundle.ts';
import type { StoreService } from './store-service.ts';

/** Whose build: of one task of a tenant. */
interface OwnBuild {
  tenantId: string;
  taskId: string;
}

export interface StoreBuildService {
  /** The file of the task's newest successful build; null = none is kept. @param known what an earlier look found: it is not read again */
  bundle(own: OwnBuild, known: Bundle | null): Promise<Bundle | null>;
  /**
   * The task's build in its store, uploaded first where that is ours to do; null = the store does not show it yet.
   * @throws ProviderError invalid where there is nothing to upload, or no way to
   */
  ensureThere(store: FrozenStore, own: OwnBuild, version: string, bundle: Bundle | null): Promise<StoreBuild | null>;
  /** The build of this number; without one, that of the digest, or the newest that the store has of the version. */
  find(
    store: FrozenStore,
    query: { tenantId: string; version: string; sha256: string | null; buildNumber: string | null },
  ): Promise<StoreBuild | null>;
}

export function createStoreBuildService(db: Database, stores: StoreService, files: BundleFiles): StoreBuildService {
  async function newest({ tenantId, taskId }: OwnBuild): Promise<{ artifactKey: string | null; dispatchedAt: Date | null } | undefined> {
    const [row] = await db.rows<{ artifactKey: string | null; dispatchedAt: Date | null }>(
      `SELECT artifact_key AS artifactKey, dispatched_at AS dispatchedAt FROM builds
       WHERE tenant_id = ? AND task_id = ? AND status = 'SUCCEEDED' ORDER BY ordinal DESC, id DESC LIMIT 1`,
      [tenantId, taskId],
    );
    return row;
  }

  return {
    async bundle(own, known) {
      const key = (await newest(own))?.artifactKey ?? null;
      if (key === null) return null;
      return known?.key === key ? known : files.describe(key);
    },

    async ensureThere(store, own, version, bundle) {
      const { appStore, app, upload, displayName } = await stores.open(own.tenantId, store);
      if (store.uploadBy === 'SIGNALBOX') {
        const refuse = (message: string) => new ProviderError('invalid', message, { provider: store.provider });
        if (upload === null) throw refuse(`${displayName} takes no files through its API: have CI upload the build (uploadBy CI).`);
        if (bundle === null) throw refuse('No artifact of the build is kept that could be uploaded; run the build again.');
        return upload.ensureUploaded({ app, version, file: files.fileOf(bundle) });
      }
      const uploadedSince = (await newest(own))?.dispatchedAt?.toISOString() ?? null;
      const query = { app, version, buildNumber: null, uploadedSince };
      const found = bundle === null ? null : await appStore.findBuild({ ...query, sha256: bundle.sha256 });
      // CI may have signed or repacked what it uploaded: then it goes by its version.
      return found ?? appStore.findBuild({ ...query, sha256: null });
    },

    async find(store, { tenantId, version, sha256, buildNumber }) {
      const { appStore, app } = await stores.open(tenantId, store);
      return appStore.findBuild({ app, version, buildNumber, sha256: buildNumber === null ? sha256 : null, uploadedSince: null });
    },
  };
}
