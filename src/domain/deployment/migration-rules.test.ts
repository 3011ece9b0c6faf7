import { describe, expect, it } from 'vitest';
import { type Contraction, type MigrationFacts, migrationObstacles, schemaObstacle, takenFrom, wayBackWarning } from './migration-rules.ts';
import type { PlannedMigration } from './plan.ts';

const migration = (name: string, kind: PlannedMigration['class']): PlannedMigration => ({ name, class: kind, checksum: 'c' });
const expand = migration('001', 'expand');
const contract = migration('002', 'contract');
const facts = (changes: Partial<MigrationFacts>): MigrationFacts => ({
  ...{ migrations: [expand, contract], pending: new Set(['002']), running: [], allowIrreversible: false },
  ...changes,
});
const running = (migrations: string[], where = 'production') => ({ where, artifactId: 'A', version: '1.0', migrations });

describe('migrationObstacles', () => {
  it('finds none where every version that runs brought what expands before', () => {
    expect(migrationObstacles(facts({ running: [running(['001']), running(['001', '002'], 'staging')] }))).toEqual([]);
  });

  it('names a version that knows nothing of it, wherever it runs', () => {
    expect(migrationObstacles(facts({ running: [running(['001']), running([], 'staging')] }))).toEqual([
      expect.stringMatching(/^002 takes away what 1\.0 in staging .* 001/),
    ]);
  });

  it('lets everything pass where nothing runs', () => {
    expect(migrationObstacles(facts({ pending: new Set(['001', '002']) }))).toEqual([]);
  });

  it('asks nothing of what was applied already, nor of what expands later', () => {
    expect(migrationObstacles(facts({ pending: new Set(), running: [running([])] }))).toEqual([]);
    const later = [contract, migration('003', 'expand')];
    expect(migrationObstacles(facts({ migrations: later, pending: new Set(['002', '003']), running: [running([])] }))).toEqual([]);
  });

  it('asks the same of another service on the tables, and nothing of one that only has the same database', () => {
    const of = (isLinked: boolean, migrations: string[]) => ({ ...running(migrations), neighbour: { service: 'desk', isLinked } });
    const named = [expect.stringMatching(/what 1\.0 of desk in production may need, .* a version of desk that brings it/)];

    expect(migrationObstacles(facts({ running: [of(true, [])] }))).toEqual(named);
    expect(migrationObstacles(facts({ running: [of(false, ['002'])] }))).toEqual(named);
    expect(migrationObstacles(facts({ running: [of(true, ['001']), of(false, ['900'])] }))).toEqual([]);
  });

  it('needs leave for what cannot be taken back', () => {
    const once = { migrations: [migration('004', 'irreversible')], pending: new Set(['004']), running: [running([])] };
    expect(migrationObstacles(facts(once))).toEqual([expect.stringContaining('004 cannot be taken back')]);
    expect(migrationObstacles(facts({ ...once, allowIrreversible: true }))).toEqual([]);
  });
});

describe('what was taken from a version', () => {
  const dropped: Contraction = { name: '002', class: 'contract', checksum: 'c', ranBeside: ['BESIDE'] };
  const gone: Contraction = { name: '003', class: 'irreversible', checksum: 'c', ranBeside: ['BESIDE'] };
  const user = (artifactId: string, migrations: PlannedMigration[]) => ({ artifactId, version: '1.0', migrations });

  it.each([
    ['is nothing where it brings all of it', user('NEW', [contract, migration('003', 'irreversible')]), []],
    ['is what it knows nothing of', user('OLD', [expand]), ['002', '003']],
    ['is what it knows by another content', user('OLD', [{ ...contract, checksum: 'd' }, migration('003', 'irreversible')]), ['002']],
    ['is not what contracted while it ran, but what destroyed then', user('BESIDE', [expand]), ['003']],
  ])('%s', (_, version, names) => {
    expect(takenFrom(version, [dropped, gone]).map(({ name }) => name)).toEqual(names);
  });

  it('is what another service took from tables that both work with, and nothing else', () => {
    const by = (isLinked: boolean) => ({ ...dropped, neighbour: { service: 'desk', isLinked, migrations: ['001', '002'] } });
    const taken = (isLinked: boolean, migrations: PlannedMigration[]) => takenFrom(user('OLD', migrations), [by(isLinked)]).length;

    expect([taken(true, []), taken(false, [expand]), taken(false, [migration('900', 'expand')]), taken(true, [contract])]).toEqual([
      1, 1, 0, 0,
    ]);
    expect(schemaObstacle(user('OLD', []), [by(true)])).toContain('002 (contract, of desk)');
  });

  it('is told with its version, every migration and what to do', () => {
    expect(schemaObstacle(user('OLD', []), [dropped, gone])).toMatch(
      /^1\.0 is older than .* 002 \(contract\), 003 \(irreversible\), .* deploy a version that brings them$/,
    );
    expect(schemaObstacle(user('OLD', []), [])).toBeNull();
  });

  it('by what is irreversible is told before it is applied, where something runs that would have no way back', () => {
    const from = { revision: { version: '1.0' } };

    expect(wayBackWarning(from, [contract, migration('003', 'irreversible')])).toMatch(/003 .* no way back to 1\.0/);
    expect(wayBackWarning(from, [expand, contract])).toBeNull();
    expect(wayBackWarning(null, [migration('003', 'irreversible')])).toBeNull();
  });
});
