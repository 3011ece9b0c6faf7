import { can, type Permission, type Role, roles } from '../../../domain/access/permissions.ts';
import type { HoldReason } from '../../../domain/run.ts';
import type { TaskFact, WhyItem } from './why-items.ts';

/** Whose turn it is. */
export interface WhyOwner {
  /** `person` where somebody is known by name, `role` where anybody with one of the roles may. */
  kind: 'person' | 'role' | 'provider' | 'worker' | 'time';
  /** Who may act. */
  roles: Role[];
  /** The first few of them by name, the pilot before all. */
  people: string[];
  /** Whose provider is waited for. */
  provider: string | null;
}

export interface Person {
  name: string;
  role: Role;
  isPilot: boolean;
  /** Created the release. */
  isCreator: boolean;
}

export interface OwnerFacts {
  people: readonly Person[];
  /** Whether whoever created the release may approve it. */
  allowSelfApproval: boolean;
}

const PEOPLE = 5;
/** Machines are nobody's turn. */
const actingRoles: readonly Role[] = roles.filter((role) => role !== 'ci');

const ofHold: Record<HoldReason, Permission> = {
  USER_REQUESTED: 'release:pause',
  TASK_FAILURE: 'task:retry',
  AWAITING_APPROVAL: 'gate:approve',
  FREEZE: 'release:pause',
  BLOCKER: 'release:pause',
};

/** Of everything that a person may have to do: whose names are worth reading. */
export const permissionsToAct: readonly Permission[] = [
  ...new Set([...Object.values(ofHold), 'integration:write', 'build:report', 'release:update', 'gate:override'] as const),
];

/** @param provider whom the task waits for, where it waits for one */
export function ownerOf(item: WhyItem, task: TaskFact | null, provider: string | null, facts: OwnerFacts): WhyOwner {
  // It opens by itself; who may let the release pass before is told all the same.
  const byWindow = task?.window ? 'gate:override' : null;
  if (item.on !== 'person' && byWindow === null) {
    return { kind: item.on, roles: [], people: [], provider: item.on === 'provider' ? provider : null };
  }
  const permission = byWindow ?? permissionFor(item, task);
  const mayAct = actingRoles.filter((role) => can(role, permission));
  const people = facts.people
    .filter(({ role }) => mayAct.includes(role))
    .filter(({ isCreator }) => permission !== 'gate:approve' || facts.allowSelfApproval || !isCreator)
    .sort((a, b) => Number(b.isPilot) - Number(a.isPilot))
    .map(({ name }) => name);
  const kind = item.on !== 'person' ? item.on : people.length === 0 ? 'role' : 'person';
  return { kind, roles: mayAct, people: people.slice(0, PEOPLE), provider: null };
}

function permissionFor(item: WhyItem, task: TaskFact | null): Permission {
  // Exactly the reasons of holds are the words of hold items.
  if (item.kind === 'hold') return ofHold[item.what as HoldReason];
  if (task === null) return 'release:update';
  if (task.waitReason === 'CONNECTION') return 'integration:write';
  if (task.held) return 'release:pause';
  if (task.status === 'FAILED') return 'task:retry';
  if (task.waitReason === 'APPROVAL') return 'gate:approve';
  return task.waitReason === 'MANUAL_BUILD' ? 'build:report' : 'release:update';
}
