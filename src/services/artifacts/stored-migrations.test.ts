import { describe, expect, it } from 'vitest';
import { storedMigrations } from './artifacts.ts';

const stored = (sql: string) => storedMigrations({ migrations: [{ name: '001.sql', class: 'expand', sql }] })[0];

describe('the checksum of a migration', () => {
  it('is that of its lines, however a machine ends them', () => {
    const sql = '-- signalbox: expand\nALTER TABLE a ADD b INT;\n';

    expect(stored(sql.replaceAll('\n', '\r\n'))?.checksum).toBe(stored(sql)?.checksum);
    expect(stored(`\uFEFF${sql}`)?.checksum).toBe(stored(sql)?.checksum);
    expect(stored(sql.replace('b INT', 'b BIGINT'))?.checksum).not.toBe(stored(sql)?.checksum);
  });
});
