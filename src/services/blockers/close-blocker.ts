import type { Permission } from '../../domain/access/permissions.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict } from '../service-error.ts';
import { changeBy } from './add-blocker.ts';
import { lockBlocker } from './blocker-row.ts';
import { type BlockerView, blockerView } from './blocker-view.ts';
import { close } from './change-blocker.ts';

type Deps = Pick<ServiceDeps, 'db' | 'ring'>;

/** It is out of the way, whatever its ticket says. Resolving twice, or after the tracker did, is resolving once. */
export function resolveBlocker(
  deps: Deps,
  caller: Caller,
  releaseId: string,
  blockerId: string,
  input: { reason?: string | undefined },
): Promise<BlockerView> {
  return closeAs('RESOLVED', 'release:pause', deps, caller, { releaseId, blockerId }, input.reason);
}

/** It is there and the release goes on all the same: that is setting a gate aside. */
export function waiveBlocker(
  deps: Deps,
  caller: Caller,
  releaseId: string,
  blockerId: string,
  input: { reason: string },
): Promise<BlockerView> {
  return closeAs('WAIVED', 'gate:override', deps, caller, { releaseId, blockerId }, input.reason);
}

async function closeAs(
  to: 'RESOLVED' | 'WAIVED',
  permission: Permission,
  deps: Deps,
  caller: Caller,
  { releaseId, blockerId }: { releaseId: string; blockerId: string },
  reason: string | undefined,
): Promise<BlockerView> {
  authorise(caller, permission);
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const blocker = await lockBlocker(tx, release.tenantId, release.id, blockerId);
    refuseEnded(release);
    if (blocker.status === 'OPEN') await close(tx, deps.ring, release, blocker, to, await changeBy(tx, caller, reason));
    else if (blocker.status !== to) throw conflict(`The blocker is ${blocker.status} already: it blocks nothing.`);
    return blockerView(tx, release.tenantId, release.id, blockerId);
  });
}
