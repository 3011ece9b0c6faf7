import type { StoreHost } from '../stores/store.ts';
import type { SandboxTenant } from '../tenant.ts';
import type { Robot } from './robot.ts';

/** Whoever reviews at the stores: lets every version pass, but for those that people want to see turned down. Days go by, too. */
export function reviewer(tenants: () => Iterable<SandboxTenant>, times: { decideAfterMs: number; dayMs: number }): Robot {
  const seenAt = new Map<string, number>();
  let dayBegan = Number.POSITIVE_INFINITY;

  /** @param name of the team */
  function review(name: string, store: StoreHost, now: number): void {
    const waiting = new Set(store.underReview());
    for (const { version, submissions } of store.all().filter((each) => waiting.has(each.version))) {
      // Sent in again, it waits anew.
      const id = `${name} ${store.access.place.target} ${version} ${submissions}`;
      const since = seenAt.get(id) ?? now;
      seenAt.set(id, since);
      if (now - since >= times.decideAfterMs) decide(store, version);
    }
  }

  return {
    look(now) {
      dayBegan = Math.min(dayBegan, now);
      const isOver = now - dayBegan >= times.dayMs;
      if (isOver) dayBegan = now;
      for (const { name, stores } of tenants()) {
        for (const store of stores) {
          store.settle();
          if (isOver) store.nextDay();
          review(name, store, now);
        }
      }
    },
  };
}

function decide(store: StoreHost, version: string): void {
  const reason = store.rejections.shift();
  if (reason === undefined) store.approve(version);
  else store.reject(version, reason);
}
