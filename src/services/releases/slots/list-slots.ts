import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { findRunOf } from '../release-row.ts';
import type { SlotView } from '../release-view.ts';
import { slotsOf } from './slot-view.ts';

/** The regression slots of a release in the order of their dates. */
export async function listSlots(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: SlotView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: await slotsOf(deps.db, caller.tenantId, releaseId) };
}
