import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';
import { freePort } from '../../scripts/lib/ports.mjs';
import { findProgram } from '../../scripts/lib/programs.mjs';
import type { HaproxyConnection } from '../../src/integrations/providers/haproxy/identity.ts';
import { haproxy } from '../../src/integrations/providers/haproxy/index.ts';
import { haproxyTrafficRouter } from '../../src/integrations/providers/haproxy/traffic-router.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { onFreePorts, type PrivateProgram, startProgram } from './private-program.ts';
import { type TrafficRouterHarness, trafficRouterContract } from './traffic-router.contract.ts';

const program = findProgram('haproxy');

interface Haproxy {
  /** The tenant's directory; the socket is in it. */
  dir: string;
  port: number;
  /** Of a runtime API over TCP that may not change anything. */
  userPort: number;
  /** The same of one that sees everything. */
  operatorPort: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

const serverLines = ['blue1', 'blue2', 'green1', 'green2'].map((name) => `  server ${name} 127.0.0.1:1 disabled`).join('\n');

async function privateHaproxy(): Promise<Haproxy> {
  const dir = mkdtempSync(join(tmpdir(), 'haproxy-'));
  removeAtEnd(dir);
  mkdirSync(join(dir, 'run'));
  const [port, userPort, operatorPort] = [await freePort(), await freePort(), await freePort()];
  const file = join(dir, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  stats socket ${dir}/run/admin.sock mode 600 level admin
  stats socket ipv4@127.0.0.1:${userPort} level user
  stats socket ipv4@127.0.0.1:${operatorPort} level operator
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:${port}
  default_backend checkout
backend checkout
  balance roundrobin
${serverLines}
  server spare 127.0.0.1:1 backup
backend basket
  balance leastconn
${serverLines}
backend static
  balance static-rr
  server blue1 127.0.0.1:1
  server green1 127.0.0.1:2
backend crowded
  balance roundrobin
  server blue1 127.0.0.1:1
  server green1 127.0.0.1:2
  server stray 127.0.0.1:3
`,
  );
  let running: PrivateProgram | null = null;
  const self: Haproxy = {
    ...{ dir, port, userPort, operatorPort },
    async start() {
      running = await startProgram(program ?? 'haproxy', ['-db', '-f', file], async () => {
        await routerOf(self).read(route);
        return true;
      });
    },
    async stop() {
      await running?.stop();
      running = null;
    },
    async close() {
      await self.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  await self.start();
  return self;
}

function connectionTo(baseUrl = 'unix://localhost/run/admin.sock'): HaproxyConnection {
  return { id: 'c1', baseUrl, credentials: {}, settings: {} };
}

const routerOf = ({ dir }: { dir: string }, baseUrl?: string) =>
  haproxyTrafficRouter(connectionTo(baseUrl), guardedDeps('haproxy', [], { localRoot: dir }));

const servers = { blue: ['blue1', 'blue2'], green: ['green1', 'green2'] };
const route = { name: 'checkout', config: { backend: 'checkout', servers } };
const oneEach = { blue: ['blue1'], green: ['green1'] };

async function harness(): Promise<TrafficRouterHarness> {
  const world = await onFreePorts(privateHaproxy);
  return {
    connect: () => routerOf(world),
    route,
    otherRoute: { name: 'basket', config: { backend: 'basket', servers } },
    unknownRoute: { name: 'gone', config: { backend: 'gone', servers } },
    url: `http://127.0.0.1:${world.port}/`,
    // A new process has read haproxy.cfg and knows nothing of what was set at run time.
    async forget() {
      await world.stop();
      await world.start();
    },
    start: world.start,
    stop: world.stop,
    close: world.close,
  };
}

trafficRouterContract('haproxy', harness, { program });

describe.skipIf(program === null)('haproxy', () => {
  let world: Haproxy;
  beforeAll(async () => {
    world = await onFreePorts(privateHaproxy);
  });
  afterAll(() => world?.close());

  const deps = (localRoot?: string) => guardedDeps('haproxy', [], localRoot === undefined ? {} : { localRoot });
  const verify = (baseUrl?: string, localRoot?: string) => haproxy.verify(connectionTo(baseUrl), deps(localRoot), 'deployment');

  it('is verified by its version, with a socket that may change weights', async () => {
    expect(await verify(undefined, world.dir)).toMatchObject({ ok: true, account: expect.stringMatching(/^HAProxy \d+\.\d+/) });
  });

  it('says that a socket of a lower level will not do', async () => {
    expect(await verify(`tcp://127.0.0.1:${world.userPort}`)).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('level admin')],
    });
  });

  it('is not verified by a web server, nor without the directory that the operator allows', async () => {
    expect(await verify(`tcp://127.0.0.1:${world.port}`)).toMatchObject({ ok: false, problems: [expect.stringContaining('runtime API')] });
    expect(await verify()).toMatchObject({ ok: false, problems: [expect.stringContaining('LOCAL_RUNNER_ROOT')] });
    expect(await verify('unix://localhost/', world.dir)).toMatchObject({ ok: false, problems: [expect.stringContaining('base URL')] });
  });

  it('reads through a socket that may not write no weights and says why; writing there is forbidden', async () => {
    const router = routerOf(world, `tcp://127.0.0.1:${world.userPort}`);

    expect(await router.read(route)).toMatchObject({ weights: null, why: expect.stringContaining('level admin') });
    expect((await providerError(router.setAddresses(route, 'blue', ['127.0.0.1:7']))).kind).toBe('forbidden');
  });

  it('believes what it reads back: a change that is not carried out is no success', async () => {
    await routerOf(world).setAddresses(route, 'blue', ['127.0.0.1:7001']);
    await routerOf(world).setAddresses(route, 'green', ['127.0.0.1:7002']);
    await routerOf(world).setWeights(route, { blue: 100, green: 0 });

    const error = await providerError(routerOf(world, `tcp://127.0.0.1:${world.operatorPort}`).setWeights(route, { blue: 50, green: 50 }));

    expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('Permission denied') });
    expect((await routerOf(world).read(route)).weights).toEqual({ blue: 100, green: 0 });
  });

  it('refuses a backend that does not follow weights, in words', async () => {
    const fixed = { name: 'static', config: { backend: 'static', servers: oneEach } };

    expect(await routerOf(world).read(fixed)).toMatchObject({ weights: null, why: expect.stringContaining('static-rr') });
    expect(await providerError(routerOf(world).setWeights(fixed, { blue: 95, green: 5 }))).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('roundrobin'),
    });
  });

  it('tells no weights where servers of no side get traffic', async () => {
    const crowded = { name: 'crowded', config: { backend: 'crowded', servers: oneEach } };

    expect(await routerOf(world).read(crowded)).toMatchObject({ weights: null, why: expect.stringContaining('stray') });
  });

  it('names a server that the backend does not have', async () => {
    const wrong = { name: 'checkout', config: { backend: 'checkout', servers: { ...servers, green: ['green9'] } } };

    expect(await providerError(routerOf(world).read(wrong))).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('green9'),
    });
  });

  it('refuses more addresses than a side has servers', async () => {
    const addresses = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];

    expect((await providerError(routerOf(world).setAddresses(route, 'blue', addresses))).kind).toBe('invalid');
  });

  it('does not follow a link in place of the socket', async () => {
    symlinkSync('/var/run', join(world.dir, 'elsewhere'));
    symlinkSync(join(world.dir, 'run/admin.sock'), join(world.dir, 'linked.sock'));

    for (const path of ['elsewhere/admin.sock', 'linked.sock', '../admin.sock']) {
      const error = await providerError(routerOf(world, `unix://localhost/${path}`).read(route));
      expect(['forbidden', 'unavailable', 'not-found']).toContain(error.kind);
      if (path !== '../admin.sock') expect(error.kind).toBe('forbidden');
    }
  });
});
