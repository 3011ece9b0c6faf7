import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

/** Everything that is kept, as text to search in. */

/** One entry per row: its table and every column, bytes as they are. */
export async function dumpDatabase(url: string): Promise<{ table: string; text: string }[]> {
  const connection = await createConnection(url);
  try {
    const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES');
    const rows: { table: string; text: string }[] = [];
    for (const table of tables.map((each) => String(Object.values(each)[0]))) {
      const [found] = await connection.query<RowDataPacket[]>('SELECT * FROM ??', [table]);
      for (const row of found) rows.push({ table, text: Object.values(row).map(textOf).join('\n') });
    }
    return rows;
  } finally {
    await connection.end();
  }
}

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const readers: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  string: (redis, key) => redis.get(key),
  hash: (redis, key) => redis.hgetall(key),
  list: (redis, key) => redis.lrange(key, 0, -1),
  set: (redis, key) => redis.smembers(key),
  zset: (redis, key) => redis.zrange(key, '0', '-1'),
  stream: (redis, key) => redis.xrange(key, '-', '+'),
  none: async () => '',
};

/** One entry per key of this prefix. @throws Error for a kind of value it cannot read */
export async function dumpRedis(url: string, prefix: string): Promise<{ key: string; text: string }[]> {
  const redis = new Redis(url);
  try {
    const entries: { key: string; text: string }[] = [];
    for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 500 }) as AsyncIterable<string[]>) {
      for (const key of keys) {
        const type = await redis.type(key);
        const read = readers[type];
        if (read === undefined) throw new Error(`${key} is a ${type}`);
        entries.push({ key, text: `${key}\n${JSON.stringify(await read(redis, key))}` });
      }
    }
    return entries;
  } finally {
    redis.disconnect();
  }
}
