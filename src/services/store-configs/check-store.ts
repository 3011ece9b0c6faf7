import { askConfig } from '../configs/ask-config.ts';
import { readListing } from '../connections/store-metadata.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { Problem } from '../service-error.ts';
import { type StoreConfigBody, storeConfig } from './store-config.ts';

/** Whether the store has the app and the track. @throws ServiceError as `askConfig` */
export async function checkStore(deps: ServiceDeps, caller: Caller, body: StoreConfigBody): Promise<void> {
  authorise(caller, 'config:write');
  const { appId, track } = body;
  await askConfig(deps, { kind: storeConfig, tenantId: caller.tenantId, body }, async (open) => {
    const { abilities, listing } = await readListing(deps, open, { appId, track });
    const problems: Problem[] = [];
    if (listing === null) problems.push({ field: '/appId', message: 'is no app that the store shows to these credentials' });
    // Stores with one track ignore what it is called.
    else if (listing.tracks.length > 1 && !listing.tracks.includes(track)) {
      problems.push({ field: '/track', message: `is no track of this app; it has ${listing.tracks.join(', ')}` });
    }
    if (body.updatePriority !== null && !abilities.updatePriority) {
      problems.push({ field: '/updatePriority', message: 'must be null: the store knows no such priority' });
    }
    return problems;
  });
}
