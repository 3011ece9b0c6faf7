/** A database whose schema moves with a service, bound to one connection. It keeps a ledger of its own beside the tables. */
export interface Migration {
  /** Order is that of the names, compared byte by byte; e.g. `0007_add_email.sql`. */
  name: string;
  /** For people who read the ledger. */
  class: 'expand' | 'contract' | 'irreversible';
  sql: string;
  /** SHA-256 of `sql`, lower-case hexadecimal. */
  checksum: string;
}

export interface AppliedMigration {
  name: string;
  checksum: string;
  /** `started`: it began and nobody wrote down its end. DDL commits by itself, so what it did is unknown: a person looks. */
  state: 'started' | 'applied' | 'failed';
  at: Date;
  error: string | null;
}

export interface SchemaMigrator {
  /** The ledger, by name. An absent ledger is empty. */
  applied(): Promise<AppliedMigration[]>;
  /**
   * Applies one migration, statement by statement, as the database's only runner (a lock of the database, waited for at most `waitMs`).
   * Already applied with the same checksum is success; with another, or begun and not ended, or failed before, is `conflict`. Another runner
   * that is at work longer than `waitMs` is `unavailable`.
   * @param options `timeoutMs`: for each statement
   * @throws ProviderError invalid with the statement and the database's words when one is refused: the ledger says `failed`, nothing after it ran
   */
  apply(migration: Migration, options: { waitMs: number; timeoutMs: number }): Promise<AppliedMigration>;
  /** A person has seen to one that `started` or `failed`: it counts as applied, or as never begun. */
  resolve(name: string, as: 'applied' | 'absent'): Promise<void>;
}
