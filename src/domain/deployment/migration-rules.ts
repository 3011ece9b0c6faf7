import type { PlannedMigration } from './plan.ts';

/**
 * Of one migration within one deployment. KNOWN: it was applied before. IN_DOUBT: it was begun, and nobody knows how far it came. ABSENT: a person
 * says that it counts as never begun.
 */
export const migrationStatuses = ['PENDING', 'RUNNING', 'APPLIED', 'KNOWN', 'FAILED', 'IN_DOUBT', 'ABSENT'] as const;
export type MigrationStatus = (typeof migrationStatuses)[number];

/** A version of the service that works with the database now, is about to, or may have to again. */
export interface RunningVersion {
  /** The environment it runs in. */
  where: string;
  artifactId: string;
  version: string;
  /** Names of the migrations it brought. */
  migrations: readonly string[];
}

export interface MigrationFacts {
  /** All of the version that is deployed, in the order of their names. */
  migrations: readonly PlannedMigration[];
  /** Names of those that were not applied yet. */
  pending: ReadonlySet<string>;
  running: readonly RunningVersion[];
  allowIrreversible: boolean;
}

/**
 * Why pending migrations may not be applied now; none = they may. What contracts takes away what older versions need: every version that works with the
 * database must have brought all that expands before it, so it comes in a later deployment than those. Where nothing runs, nothing is needed.
 */
export function migrationObstacles({ migrations, pending, running, allowIrreversible }: MigrationFacts): string[] {
  const obstacles: string[] = [];
  const waiting = migrations.filter(({ name }) => pending.has(name));
  const irreversible = waiting.filter((migration) => migration.class === 'irreversible').map(({ name }) => name);
  if (irreversible.length > 0 && !allowIrreversible) {
    obstacles.push(`${irreversible.join(', ')} cannot be taken back, and nobody said that it may run (allowIrreversible)`);
  }
  for (const contract of waiting.filter((migration) => migration.class === 'contract')) {
    const expands = migrations.filter((migration) => migration.class === 'expand' && migration.name < contract.name);
    for (const { where, version, migrations: brought } of running) {
      const missing = expands.find(({ name }) => !brought.includes(name));
      if (missing === undefined) continue;
      obstacles.push(
        `${contract.name} takes away what ${version} in ${where} may need, which knows nothing of ${missing.name}: deploy that there first, and this in a later release`,
      );
    }
  }
  return obstacles;
}

/** A migration of a service that took something away from its database, or may have: it was begun. */
export interface Contraction {
  name: string;
  class: 'contract' | 'irreversible';
  checksum: string;
  /** Artifacts that worked with the database when it was applied. */
  ranBeside: readonly string[];
}

/** A version that is to work with a database. */
export interface SchemaUser {
  artifactId: string;
  version: string;
  migrations: readonly PlannedMigration[];
}

/**
 * What was taken away from a version: schemas are never taken back, and the code of a version that does not know of a contraction may need what is gone. It
 * knows what its own list has, name and checksum. It also works with what contracted while it ran: that was asked of it before (`migrationObstacles`). What
 * is irreversible was asked of nobody, so there is no way back behind it but to a version that brings it.
 */
export const takenFrom = <C extends Contraction>({ artifactId, migrations }: SchemaUser, contractions: readonly C[]): C[] =>
  contractions.filter(
    (contraction) =>
      !migrations.some(({ name, checksum }) => name === contraction.name && checksum === contraction.checksum) &&
      !(contraction.class === 'contract' && contraction.ranBeside.includes(artifactId)),
  );

/** For people; null = nothing was taken from it. */
export function schemaObstacle(user: SchemaUser, contractions: readonly Contraction[]): string | null {
  const taken = takenFrom(user, contractions);
  if (taken.length === 0) return null;
  const names = taken.map(({ name, class: kind }) => `${name} (${kind})`).join(', ');
  return `${user.version} is older than the schema of its database: it knows nothing of ${names}, which took away what it may need, and schemas are not taken back: deploy a version that brings ${taken.length === 1 ? 'it' : 'them'}`;
}

/** What people should know before they apply what cannot be taken back; null = nothing. */
export function wayBackWarning(from: { revision: { version: string } } | null, fresh: readonly PlannedMigration[]): string | null {
  const names = fresh.filter((migration) => migration.class === 'irreversible').map(({ name }) => name);
  if (from === null || names.length === 0) return null;
  return `once ${names.join(', ')} is applied there is no way back to ${from.revision.version}, which knows nothing of it`;
}
