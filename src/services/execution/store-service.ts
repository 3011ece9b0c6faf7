import type { FrozenStore } from '../../domain/release/config.ts';
import type { AppStore, StoreApp } from '../../integrations/capabilities/app-store.ts';
import type { StagedRollout } from '../../integrations/capabilities/staged-rollout.ts';
import type { StoreUpload } from '../../integrations/capabilities/store-upload.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { Connector } from '../connections/connect.ts';
import { attemptSignal } from './attempt-scope.ts';

/** A store connection, opened for one app on one track. */
export interface OpenStore {
  appStore: AppStore;
  app: StoreApp;
  /** null = the store has days of its own. */
  stagedRollout: StagedRollout | null;
  /** null = its API takes no files. */
  upload: StoreUpload | null;
  displayName: string;
}

/** Stores for task handlers: what a release's copy of its config names. */
export interface StoreService {
  open(tenantId: string, store: FrozenStore): Promise<OpenStore>;
}

export function createStoreService(connector: Connector): StoreService {
  return {
    async open(tenantId, { integrationId, appId, track }) {
      const { provider, connection, deps } = await connector.open('store', tenantId, integrationId, attemptSignal());
      const appStore = provider.appStore?.(connection, deps);
      if (appStore === undefined) throw new ProviderError('invalid', `${provider.displayName} is no store.`, { provider: provider.id });
      return {
        appStore,
        app: { appId, track },
        stagedRollout: provider.stagedRollout?.(connection, deps) ?? null,
        upload: provider.storeUpload?.(connection, deps) ?? null,
        displayName: provider.displayName,
      };
    },
  };
}
