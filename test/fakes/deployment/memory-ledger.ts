import { createHash } from 'node:crypto';
import type { PlannedMigration } from '../../../src/domain/deployment/plan.ts';
import type { AppliedMigration, Migration, SchemaMigrator } from '../../../src/integrations/capabilities/schema-migrator.ts';
import { ProviderError } from '../../../src/integrations/kit/provider-error.ts';

/** A ledger in memory that keeps the promises of real ones; SQL says what becomes of a migration: `fails`, `breaks off`. */
export class MemoryLedger implements SchemaMigrator {
  readonly entries = new Map<string, AppliedMigration>();
  readonly ran: string[] = [];

  async applied() {
    return [...this.entries.values()];
  }

  async apply({ name, checksum, sql }: Migration) {
    const known = this.entries.get(name);
    const trouble = (kind: 'conflict' | 'invalid' | 'unavailable', words: string) => new ProviderError(kind, words, { provider: 'memory' });
    if (known !== undefined && (known.state !== 'applied' || known.checksum !== checksum))
      throw trouble('conflict', `${name} is ${known.state}`);
    if (known !== undefined) return known;
    this.ran.push(name);
    const state = sql.includes('fails') ? 'failed' : sql.includes('breaks off') ? 'started' : 'applied';
    const entry: AppliedMigration = { name, checksum, state, at: new Date(), error: null };
    this.entries.set(name, entry);
    if (state === 'failed') throw trouble('invalid', `${name}, statement 1 of 1: no such table`);
    if (state === 'started') throw trouble('unavailable', 'the connection broke off');
    return entry;
  }

  async resolve(name: string, as: 'applied' | 'absent') {
    const known = this.entries.get(name);
    if (as === 'absent') this.entries.delete(name);
    else if (known !== undefined) this.entries.set(name, { ...known, state: 'applied' });
  }
}

/** Whose checksum is that of its words. */
export const migration = (name: string, kind: PlannedMigration['class'], sql = 'DO 1'): PlannedMigration & { sql: string } => ({
  ...{ name, class: kind, sql },
  checksum: createHash('sha256').update(sql).digest('hex'),
});
