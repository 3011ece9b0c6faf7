import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, testDatabases } from './databases.ts';
import { testRedis } from './redis.ts';
import { waitFor } from './wait-for.ts';

describe.each(testDatabases())('a test database on $name', (server) => {
  it('is empty and compares text byte by byte, and is gone after drop', async () => {
    const database = await createTestDatabase(server);

    const connection = await createConnection(database.url);
    const [facts] = await connection.query<RowDataPacket[]>('SELECT @@collation_database AS collation');
    const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES');
    await connection.end();
    await database.drop();

    expect(facts).toEqual([{ collation: 'utf8mb4_bin' }]);
    expect(tables).toEqual([]);
    await expect(createConnection(database.url)).rejects.toMatchObject({ errno: 1049 });
  });
});

describe('a test Redis', () => {
  it('removes its own keys and nothing else', async () => {
    const [mine, other] = [testRedis(), testRedis()];
    const redis = new Redis(mine.url);
    await redis.set(`${mine.prefix}:a`, '1');
    await redis.set(`${other.prefix}:b`, '2');

    await mine.cleanup();

    const left = await redis.mget(`${mine.prefix}:a`, `${other.prefix}:b`);
    await other.cleanup();
    redis.disconnect();
    expect(left).toEqual([null, '2']);
  });
});

describe('waitFor', () => {
  it('returns the first value that is there', async () => {
    let calls = 0;

    const value = await waitFor(() => (++calls < 3 ? null : calls), { what: 'the third call', everyMs: 1 });

    expect(value).toBe(3);
  });

  it('says what it waited for and why it was not there', async () => {
    const never = waitFor(() => Promise.reject(new Error('refused')), { what: 'a miracle', timeoutMs: 20, everyMs: 1 });

    await expect(never).rejects.toThrow('waited 20 ms for a miracle; last: Error: refused');
  });
});
