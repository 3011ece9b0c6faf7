import type { SandboxTenant } from '../tenant.ts';
import type { Robot } from './robot.ts';

/**
 * Takes the release's tickets up and closes them, as fast as nobody does. Older tickets of the project are not touched, and those that
 * somebody has moved elsewhere stay there.
 */
export function productOwner(tenants: () => Iterable<SandboxTenant>, times: { startAfterMs: number; doneAfterMs: number }): Robot {
  const seenAt = new Map<string, number>();
  return {
    look(now) {
      for (const { name, tickets, seeded } of tenants()) {
        const { open, started, done } = tickets.states;
        for (const { key, status } of tickets.all()) {
          if (seeded.has(`ticket ${key}`)) continue;
          const id = `${name} ${key}`;
          const age = now - (seenAt.get(id) ?? now);
          seenAt.set(id, now - age);
          if (status === open && age >= times.startAfterMs) tickets.move(key, started);
          else if (status === started && age >= times.doneAfterMs) tickets.move(key, done);
        }
      }
    },
  };
}
