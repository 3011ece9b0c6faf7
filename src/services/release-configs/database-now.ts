import type { Sql } from '../../db/client.ts';

/** The only clock that decides. */
export async function databaseNow(sql: Pick<Sql, 'rows'>): Promise<Date> {
  const [row] = await sql.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now');
  if (row === undefined) throw new Error('the database did not tell its time');
  return row.now;
}
