import type { Database } from '../../../db/client.ts';
import type { FrozenStore } from '../../../domain/release/config.ts';
import type { StoreBuild } from '../../../integrations/capabilities/app-store.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { Bundle, BundleFiles } from './bundle.ts';
import type { NamedStore, StoreService } from './store-service.ts';

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
  /** Number of the store's build that somebody gave the task; null = its build comes from a file, or is not there yet. */
  adopted(own: OwnBuild): Promise<string | null>;
  /** The file of a kept artifact; null = it is not kept any more. @param known what an earlier look found: it is not read again */
  fileOf(key: string, known: Bundle | null): Promise<Bundle | null>;
  /** Hands the file to the store, once. @throws ProviderError invalid where its API takes no files */
  upload(store: NamedStore, tenantId: string, version: string, bundle: Bundle): Promise<StoreBuild>;
  /** The build of this number; without one, that of the digest, or the newest that the store has of the version. */
  find(
    store: NamedStore,
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

  const fileOf: StoreBuildService['fileOf'] = async (key, known) => (known?.key === key ? known : files.describe(key));

  const upload: StoreBuildService['upload'] = async (store, tenantId, version, bundle) => {
    const { app, upload: door, displayName } = await stores.open(tenantId, store);
    const why = `${displayName} takes no files through its API: have CI upload the build (uploadBy CI).`;
    if (door === null) throw new ProviderError('invalid', why, { provider: store.provider });
    return door.ensureUploaded({ app, version, file: files.fileOf(bundle) });
  };

  return {
    ...{ fileOf, upload },

    async bundle(own, known) {
      const key = (await newest(own))?.artifactKey ?? null;
      return key === null ? null : fileOf(key, known);
    },

    async ensureThere(store, own, version, bundle) {
      if (store.uploadBy === 'SIGNALBOX') {
        const why = 'No artifact of the build is kept that could be uploaded; run the build again.';
        if (bundle === null) throw new ProviderError('invalid', why, { provider: store.provider });
        return upload(store, own.tenantId, version, bundle);
      }
      const { appStore, app } = await stores.open(own.tenantId, store);
      const uploadedSince = (await newest(own))?.dispatchedAt?.toISOString() ?? null;
      const query = { app, version, buildNumber: null, uploadedSince };
      const found = bundle === null ? null : await appStore.findBuild({ ...query, sha256: bundle.sha256 });
      // CI may have signed or repacked what it uploaded: then it goes by its version.
      return found ?? appStore.findBuild({ ...query, sha256: null });
    },

    async adopted({ tenantId, taskId }) {
      const [row] = await db.rows<{ buildNumber: string | null }>(
        `SELECT store_build_number AS buildNumber FROM builds
         WHERE tenant_id = ? AND task_id = ? AND status = 'SUCCEEDED' ORDER BY ordinal DESC, id DESC LIMIT 1`,
        [tenantId, taskId],
      );
      return row?.buildNumber ?? null;
    },

    async find(store, { tenantId, version, sha256, buildNumber }) {
      const { appStore, app } = await stores.open(tenantId, store);
      return appStore.findBuild({ app, version, buildNumber, sha256: buildNumber === null ? sha256 : null, uploadedSince: null });
    },
  };
}
