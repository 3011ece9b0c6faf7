import { once } from 'node:events';
import { createServer } from 'node:net';
import { Pool } from 'undici';
import { createOperatorToken, createTenant } from '../src/services/access/operator.ts';
import { releaseIdOf, seedReleases } from './seed-releases.ts';
import { cpuSeconds, median, openWorld, quantile, round, type World } from './world.ts';

/* API: reading one release, and a page of 20 anywhere among 100,000, beside a server of one bare statement per request. Both serve the same
 * load from the same database, in turns, so that a noisy machine is noisy for both. Every answer must be 200 and about what was asked for. */

const CONNECTIONS = 32;
const POOL_SIZE = 10;

interface Load {
  rounds: number;
  releases: number;
  /** Of each round, after the warm-up. */
  seconds: number;
}

/** A server under test and what is asked of it for the n-th newest release and for the page after it. */
interface Subject {
  pid: number;
  pool: Pool;
  headers: Record<string, string>;
  one: (id: string) => string;
  list: (id: string) => string;
}

interface Round {
  rps: number;
  /** Of the server process, per request. */
  cpuMicros: number;
  latencies: number[];
}

export async function api(load: Load): Promise<Record<string, number>> {
  const world = await openWorld();
  const pools: Pool[] = [];
  try {
    const { tenantId } = await createTenant(world.db, 'Bench');
    const owner = { tenantId, name: 'bench', role: 'owner', scopes: [], expiresAt: null } as const;
    const { token, view } = await createOperatorToken(world.db, owner);
    await seedReleases(world.db, { tenantId, accountId: view.accountId, count: load.releases });
    const ours = await startApi(world, tenantId, token.reveal());
    const bare = await startBare(world, tenantId);
    pools.push(ours.pool, bare.pool);
    return { ...(await compare('one', ours, bare, load)), ...(await compare('list', ours, bare, load)) };
  } finally {
    await Promise.all(pools.map((pool) => pool.destroy()));
    await world.close();
  }
}

async function startApi(world: World, tenantId: string, token: string): Promise<Subject> {
  const port = await freePort();
  // The budget is counted as ever; the bench must not use it up.
  const env = { PORT: String(port), DATABASE_POOL_SIZE: String(POOL_SIZE), API_REQUESTS_PER_MINUTE: '10000000' };
  const child = await world.start('../src/main/api.ts', { env, ready: 'itself' });
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS });
  await answering(pool, '/readyz');
  const path = `/api/v1/release-management/tenants/${tenantId}/releases`;
  return {
    pid: child.pid ?? 0,
    pool,
    headers: { authorization: `Bearer ${token}` },
    one: (id) => `${path}/${id}`,
    list: (id) => `${path}?cursor=${Buffer.from(id, 'latin1').toString('base64url')}`,
  };
}

async function startBare(world: World, tenantId: string): Promise<Subject> {
  const port = await freePort();
  const child = await world.start('./bare-api-worker.ts', { env: { PORT: String(port), POOL_SIZE: String(POOL_SIZE) } });
  const path = `/tenants/${tenantId}/releases`;
  return {
    pid: child.pid ?? 0,
    pool: new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS }),
    headers: {},
    one: (id) => `${path}/${id}`,
    list: (id) => `${path}?before=${id}`,
  };
}

async function compare(kind: 'one' | 'list', ours: Subject, bare: Subject, load: Load): Promise<Record<string, number>> {
  await drive(ours, kind, load.releases, 2);
  await drive(bare, kind, load.releases, 2);
  const rounds: { ours: Round; bare: Round }[] = [];
  for (let turn = 0; turn < load.rounds; turn += 1) {
    const first = await drive(turn % 2 === 0 ? ours : bare, kind, load.releases, load.seconds);
    const second = await drive(turn % 2 === 0 ? bare : ours, kind, load.releases, load.seconds);
    rounds.push(turn % 2 === 0 ? { ours: first, bare: second } : { ours: second, bare: first });
  }
  const bareName = `bare${kind === 'one' ? 'One' : 'List'}`;
  return {
    [`${kind}Rps`]: Math.round(median(rounds.map((turn) => turn.ours.rps))),
    [`${bareName}Rps`]: Math.round(median(rounds.map((turn) => turn.bare.rps))),
    [`${kind}Ratio`]: round(median(rounds.map((turn) => turn.ours.rps / turn.bare.rps))),
    [`${kind}P50Ms`]: round(median(rounds.flatMap((turn) => turn.ours.latencies))),
    [`${kind}P99Ms`]: round(
      quantile(
        rounds.flatMap((turn) => turn.ours.latencies),
        0.99,
      ),
    ),
    [`${bareName}P99Ms`]: round(
      quantile(
        rounds.flatMap((turn) => turn.bare.latencies),
        0.99,
      ),
    ),
    [`${kind}CpuMicros`]: Math.round(median(rounds.map((turn) => turn.ours.cpuMicros))),
    [`${bareName}CpuMicros`]: Math.round(median(rounds.map((turn) => turn.bare.cpuMicros))),
  };
}

/** Every connection asks for a random release, or the page after one, as soon as it has its answer. */
async function drive(subject: Subject, kind: 'one' | 'list', releases: number, seconds: number): Promise<Round> {
  const latencies: number[] = [];
  const cpuBefore = cpuSeconds(subject.pid);
  const started = performance.now();
  const end = started + seconds * 1000;
  const lane = async () => {
    for (let at = started; at < end; ) {
      // A page of 20 follows every release but the oldest ones.
      const index = 21 + Math.floor(Math.random() * (releases - 21));
      const id = releaseIdOf(index);
      const { statusCode, body } = await subject.pool.request({ method: 'GET', path: subject[kind](id), headers: subject.headers });
      const text = await body.text();
      const expected = kind === 'one' ? id : releaseIdOf(index - 20);
      if (statusCode !== 200 || !text.includes(expected)) throw new Error(`${statusCode} for ${subject[kind](id)}: ${text.slice(0, 300)}`);
      const now = performance.now();
      latencies.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  const elapsed = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(subject.pid) - cpuBefore;
  return { rps: latencies.length / elapsed, cpuMicros: (cpu / latencies.length) * 1e6, latencies };
}

async function answering(pool: Pool, path: string): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    const status = await pool.request({ method: 'GET', path }).then(
      async ({ statusCode, body }) => {
        await body.dump();
        return statusCode;
      },
      () => null,
    );
    if (status === 200) return;
    if (performance.now() > giveUpAt) throw new Error(`the API does not answer ${path}: ${status ?? 'no connection'}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
