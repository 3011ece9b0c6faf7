import type { CatalogueApp } from '../../integrations/capabilities/app-catalogue.ts';
import type { AppStore, StoreAbilities, StoreApp, StoreListing } from '../../integrations/capabilities/app-store.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { storeLock } from '../releases/store-lock.ts';
import { notFound } from '../service-error.ts';
import { askProvider, type ListQuery, lacks, type ProviderList, take } from './ask-provider.ts';
import type { OpenConnection } from './connect.ts';

/** What a person may choose from while filling in a store config, as the store tells it now. */

export function listApps(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  caller: Caller,
  id: string,
  query: ListQuery,
): Promise<ProviderList<CatalogueApp>> {
  return askProvider(deps, caller, { category: 'store', id, permission: 'config:write' }, (open) => {
    const catalogue = open.provider.appCatalogue?.(open.connection, open.deps);
    if (catalogue === undefined) throw lacks(open.provider, 'list of apps: name the app by its id');
    return take(catalogue.apps(), query, ({ appId, name }) => `${name}\n${appId}`);
  });
}

export interface StoreAppView extends StoreListing {
  appId: string;
  abilities: StoreAbilities & {
    /** Whether Signalbox can hand builds to it. */
    takesUploads: boolean;
    /** Whether a version can be taken back from review. */
    withdrawsSubmissions: boolean;
  };
}

/** The track of a listing does not matter: it names them all. */
const ANY_TRACK = 'production';

/** @throws ServiceError not-found for an app that the store does not have, or does not show to these credentials */
export function readApp(
  deps: Pick<ServiceDeps, 'db' | 'connector' | 'locks'>,
  caller: Caller,
  id: string,
  appId: string,
): Promise<StoreAppView> {
  return askProvider(deps, caller, { category: 'store', id, permission: 'config:write' }, async (open) => {
    const { abilities, listing } = await readListing(deps, open, { appId, track: ANY_TRACK });
    if (listing === null) throw notFound(`The app ${appId}`);
    const { provider } = open;
    const takesUploads = provider.storeUpload !== undefined;
    return {
      appId,
      ...listing,
      abilities: { ...abilities, takesUploads, withdrawsSubmissions: provider.submissionWithdrawal !== undefined },
    };
  });
}

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

/** Stores that show a listing inside a change of the app would drop the change of a task for it. */
export async function readListing(
  { locks }: Pick<ServiceDeps, 'locks'>,
  open: OpenConnection,
  app: StoreApp,
): Promise<{ abilities: StoreAbilities; listing: StoreListing | null }> {
  const store = storeOf(open);
  const listing = await locks.withLock(storeLock({ provider: open.provider.id, appId: app.appId }), LOCK, () => store.listing(app));
  return { abilities: store.abilities, listing };
}

/** @throws ProviderError invalid where the provider has none */
export function storeOf({ provider, connection, deps }: OpenConnection): AppStore {
  const store = provider.appStore?.(connection, deps);
  if (store === undefined) throw lacks(provider, 'store');
  return store;
}
