import type { FrozenStore } from '../../../domain/release/config.ts';
import type { AppStore, StoreApp } from '../../../integrations/capabilities/app-store.ts';
import type { StagedRollout } from '../../../integrations/capabilities/staged-rollout.ts';
import type { StoreUpload } from '../../../integrations/capabilities/store-upload.ts';
import type { SubmissionWithdrawal } from '../../../integrations/capabilities/submission-withdrawal.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { Connector } from '../../connections/connect.ts';
import { attemptSignal } from '../attempt-scope.ts';

/** A store connection, opened for one app on one track. */
export interface OpenStore {
  appStore: AppStore;
  app: StoreApp;
  /** null = the store has days of its own. */
  stagedRollout: StagedRollout | null;
  /** null = its API takes no files. */
  upload: StoreUpload | null;
  /** null = only people take a version back from review. */
  withdrawal: SubmissionWithdrawal | null;
  displayName: string;
}

/** One app on one track of a connection, as a release's copy of its config or a deployment's plan names it. */
export type NamedStore = Pick<FrozenStore, 'integrationId' | 'target' | 'provider' | 'appId' | 'track'>;

/** Stores for task handlers. */
export interface StoreService {
  open(tenantId: string, store: NamedStore): Promise<OpenStore>;
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
        withdrawal: provider.submissionWithdrawal?.(connection, deps) ?? null,
        displayName: provider.displayName,
      };
    },
  };
}
