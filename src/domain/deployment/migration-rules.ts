import type { PlannedMigration } from './plan.ts';

/**
 * Of one migration within one deployment. KNOWN: it was applied before. IN_DOUBT: it was begun, and nobody knows how far it came. ABSENT: a person
 * says that it counts as never begun.
 */
export const migrationStatuses = ['PENDING', 'RUNNING', 'APPLIED', 'KNOWN', 'FAILED', 'IN_DOUBT', 'ABSENT'] as const;
export type MigrationStatus = (typeof migrationStatuses)[number];

/** Another service that names the same database. */
export interface Neighbour {
  /** Its name. */
  service: string;
  /** Whether dependencies of the kind `schema` join the two, over others or directly. */
  isLinked: boolean;
}

/** A version that works with the database now, is about to, or may have to again. */
export interface RunningVersion {
  /** Whose it is; absent = the service's own. */
  neighbour?: Neighbour;
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
 * database must have brought all that expands before it, so it comes in a later deployment than those. Where nothing runs, nothing is needed. Of other
 * services those count that share its tables (`sharesTables`).
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
    for (const { where, version, migrations: brought, neighbour } of running) {
      if (!sharesTables(neighbour, brought, migrations)) continue;
      const missing = expands.find(({ name }) => !brought.includes(name));
      if (missing === undefined) continue;
      const remedy = neighbour === undefined ? 'that' : `a version of ${neighbour.service} that brings it`;
      obstacles.push(
        `${contract.name} takes away what ${version}${ofService(neighbour)} in ${where} may need, which knows nothing of ${missing.name}: deploy ${remedy} there first, and this in a later release`,
      );
    }
  }
  return obstacles;
}

const ofService = (neighbour: Neighbour | undefined) => (neighbour === undefined ? '' : ` of ${neighbour.service}`);

/**
 * Whether two services on one database work with the same tables: a dependency says so, or both bring the same file. Nobody reads that from SQL.
 * @param theirs names of migrations of the other one
 */
const sharesTables = (neighbour: Neighbour | undefined, theirs: readonly string[], ours: readonly PlannedMigration[]): boolean =>
  neighbour === undefined || neighbour.isLinked || ours.some(({ name }) => theirs.includes(name));

/** A migration that took something away from the database of a service, or may have: it was begun. */
export interface Contraction {
  /** Who brought it, and the names of all that it brought there; absent = the service itself. */
  neighbour?: Neighbour & { migrations: readonly string[] };
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
 * is irreversible was asked of nobody, so there is no way back behind it but to a version that brings it. What another service took from tables that both
 * work with (`sharesTables`) is taken from it as well.
 */
export const takenFrom = <C extends Contraction>({ artifactId, migrations }: SchemaUser, contractions: readonly C[]): C[] =>
  contractions.filter(
    (contraction) =>
      sharesTables(contraction.neighbour, contraction.neighbour?.migrations ?? [], migrations) &&
      !migrations.some(({ name, checksum }) => name === contraction.name && checksum === contraction.checksum) &&
      !(contraction.class === 'contract' && contraction.ranBeside.includes(artifactId)),
  );

/** For people; null = nothing was taken from it. */
export function schemaObstacle(user: SchemaUser, contractions: readonly Contraction[]): string | null {
  const taken = takenFrom(user, contractions);
  if (taken.length === 0) return null;
  const names = taken
    .map(({ name, class: kind, neighbour }) => `${name} (${kind}${neighbour === undefined ? '' : `, of ${neighbour.service}`})`)
    .join(', ');
  return `${user.version} is older than the schema of its database: it knows nothing of ${names}, which took away what it may need, and schemas are not taken back: deploy a version that brings ${taken.length === 1 ? 'it' : 'them'}`;
}

/** What people should know before they apply what cannot be taken back; null = nothing. */
export function wayBackWarning(from: { revision: { version: string } } | null, fresh: readonly PlannedMigration[]): string | null {
  const names = fresh.filter((migration) => migration.class === 'irreversible').map(({ name }) => name);
  if (from === null || names.length === 0) return null;
  return `once ${names.join(', ')} is applied there is no way back to ${from.revision.version}, which knows nothing of it`;
}
