import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';
import { freePort } from '../../scripts/lib/ports.mjs';
import { findProgram } from '../../scripts/lib/programs.mjs';
import type { NginxConnection, NginxSettings } from '../../src/integrations/providers/nginx/identity.ts';
import { nginx } from '../../src/integrations/providers/nginx/index.ts';
import { nginxTrafficRouter } from '../../src/integrations/providers/nginx/traffic-router.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { onFreePorts, type PrivateProgram, startProgram } from './private-program.ts';
import { ask } from './traffic-backends.ts';
import { type TrafficRouterHarness, trafficRouterContract } from './traffic-router.contract.ts';

const program = findProgram('nginx');
const binary = program ?? 'nginx';

interface Nginx {
  /** The tenant's directory. */
  dir: string;
  /** Where the files of routes lie. */
  routes: string;
  port: number;
  statusPort: number;
  settings: NginxSettings;
  start(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** With which an operator begins: the variable is there before the first deployment. */
const begun = (variable: string) => `map "" $${variable} { default ""; }\nmap "" $${variable}_state { default "{}"; }\n`;

const configOf = (dir: string, port: number, statusPort: number) => `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 2;
daemon off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  include ${dir}/routes/*.conf;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://$checkout; }
  }
  server {
    listen 127.0.0.1:${statusPort};
    default_type application/json;
    location = /checkout { return 200 $checkout_state; }
    location = /basket { return 200 $basket_state; }
    location = /fresh { return 200 '{}'; }
  }
}
`;

async function privateNginx(): Promise<Nginx> {
  const dir = mkdtempSync(join(tmpdir(), 'nginx-'));
  removeAtEnd(dir);
  const routes = join(dir, 'routes');
  mkdirSync(routes);
  for (const variable of ['checkout', 'basket']) writeFileSync(join(routes, `${variable}.conf`), begun(variable));
  const [port, statusPort] = [await freePort(), await freePort()];
  const file = join(dir, 'nginx.conf');
  writeFileSync(file, configOf(dir, port, statusPort));
  const words = [binary, '-e', `${dir}/error.log`, '-c', file];
  let running: PrivateProgram | null = null;
  const self: Nginx = {
    ...{ dir, routes, port, statusPort },
    settings: { directory: 'routes', testCommand: [...words, '-t'], reloadCommand: [...words, '-s', 'reload'] },
    async start() {
      running = await startProgram(binary, words.slice(1), async () => (await ask(`http://127.0.0.1:${statusPort}/checkout`)) !== '');
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

function connectionTo({ statusPort, settings }: Nginx, changes: Partial<NginxSettings> = {}): NginxConnection {
  return { id: 'c1', baseUrl: `http://127.0.0.1:${statusPort}`, credentials: {}, settings: { ...settings, ...changes } };
}

const routerOf = (world: Nginx, changes: Partial<NginxSettings> = {}) =>
  nginxTrafficRouter(connectionTo(world, changes), guardedDeps('nginx', [], { localRoot: world.dir }));

const routeTo = (variable: string) => ({ name: variable, config: { variable } });

async function harness(): Promise<TrafficRouterHarness> {
  const world = await onFreePorts(privateNginx);
  return {
    connect: () => routerOf(world),
    route: routeTo('checkout'),
    otherRoute: routeTo('basket'),
    unknownRoute: routeTo('gone'),
    url: `http://127.0.0.1:${world.port}/`,
    // Somebody brings back the file of yesterday.
    async forget() {
      await world.stop();
      writeFileSync(join(world.routes, 'checkout.conf'), begun('checkout'));
      await world.start();
    },
    start: world.start,
    stop: world.stop,
    close: world.close,
  };
}

trafficRouterContract('nginx', harness, { program });

describe.skipIf(program === null)('nginx', () => {
  let world: Nginx;
  beforeAll(async () => {
    world = await onFreePorts(privateNginx);
    await routerOf(world).setAddresses(routeTo('checkout'), 'blue', ['127.0.0.1:7001']);
    await routerOf(world).setAddresses(routeTo('checkout'), 'green', ['127.0.0.1:7002']);
  });
  afterAll(() => world?.close());

  const fileOf = (variable: string) => readFileSync(join(world.routes, `${variable}.conf`), 'utf8');
  const verify = (changes: Partial<NginxSettings> = {}, localRoot = world.dir) =>
    nginx.verify(connectionTo(world, changes), guardedDeps('nginx', [], { localRoot }), 'deployment');

  it('is verified where it is configured and answers', async () => {
    expect(await verify()).toMatchObject({ ok: true, account: expect.stringContaining('nginx') });
  });

  it('says what is wrong with its directory, its command and its configuration', async () => {
    expect(await verify({ directory: 'gone' })).toMatchObject({ ok: false, problems: [expect.stringContaining('"gone"')] });
    expect(await verify({ directory: '../routes' })).toMatchObject({ ok: false, problems: [expect.stringContaining('leads out')] });
    expect(await verify({ testCommand: [join(world.dir, 'no-such-nginx')] })).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('ENOENT')],
    });
    expect(await verify({ testCommand: ['sh', '-c', 'echo unknown directive; exit 1'] })).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('unknown directive')],
    });
  });

  it('puts a file back that nginx refuses, and goes on with what was in force', async () => {
    const before = fileOf('checkout');
    const refusing = routerOf(world, { testCommand: ['sh', '-c', 'echo "[emerg] no such thing"; exit 1'] });

    const error = await providerError(refusing.setWeights(routeTo('checkout'), { blue: 50, green: 50 }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('no such thing') });
    expect(fileOf('checkout')).toBe(before);
    expect((await routerOf(world).read(routeTo('checkout'))).weights).toEqual({ blue: 100, green: 0 });
  });

  it('takes away a first file that nginx refuses', async () => {
    const refusing = routerOf(world, { testCommand: ['sh', '-c', 'exit 1'] });

    await providerError(refusing.setAddresses(routeTo('fresh'), 'blue', ['127.0.0.1:7001']));

    expect(readdirSync(world.routes).sort()).toEqual(['basket.conf', 'checkout.conf']);
  });

  it('reads what is in force, not what the file says; what was left half done is undone or done by the next call', async () => {
    const failing = routerOf(world, { reloadCommand: ['sh', '-c', 'exit 1'] });
    expect((await providerError(failing.setWeights(routeTo('checkout'), { blue: 40, green: 60 }))).kind).toBe('unavailable');

    const between = await routerOf(world).read(routeTo('checkout'));
    await routerOf(world).setAddresses(routeTo('checkout'), 'green', ['127.0.0.1:7003']);
    const readdressed = await routerOf(world).read(routeTo('checkout'));
    const after = await routerOf(world).setWeights(routeTo('checkout'), { blue: 40, green: 60 });

    expect(between).toMatchObject({ weights: { blue: 100, green: 0 }, why: expect.stringContaining('has not read it') });
    expect(readdressed).toEqual({ weights: { blue: 100, green: 0 }, headerRoute: null, why: null });
    expect(after).toEqual({ weights: { blue: 40, green: 60 }, headerRoute: null, why: null });
  });

  it('writes nothing for a route whose state nginx does not tell, and says what it lacks', async () => {
    const error = await providerError(routerOf(world).setAddresses(routeTo('untold'), 'blue', ['127.0.0.1:7001']));

    expect(error).toMatchObject({ kind: 'not-found', message: expect.stringContaining('return 200 $untold_state') });
    expect(readdirSync(world.routes)).not.toContain('untold.conf');
  });

  it('gives commands nothing of the environment of Signalbox', async () => {
    const seen = join(world.dir, 'environment');
    const telling = routerOf(world, { testCommand: ['sh', '-c', `env > ${seen}`] });
    process.env.SIGNALBOX_TEST_SECRET = 'hunter2';
    try {
      await telling.setWeights(routeTo('checkout'), { blue: 70, green: 30 });
    } finally {
      delete process.env.SIGNALBOX_TEST_SECRET;
    }

    expect(readFileSync(seen, 'utf8')).toContain('PATH=');
    expect(readFileSync(seen, 'utf8')).not.toContain('hunter2');
  });

  it('does not write through a link that leads out of the directory', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    symlinkSync(outside, join(world.dir, 'elsewhere'));
    copyFileSync(join(world.routes, 'checkout.conf'), join(outside, 'checkout.conf'));

    const error = await providerError(routerOf(world, { directory: 'elsewhere' }).setWeights(routeTo('checkout'), { blue: 1, green: 99 }));

    expect(error.kind).toBe('forbidden');
    rmSync(outside, { recursive: true });
  });

  it.each(['a"b', 'a b', '$uri', 'a;', '\n'])('refuses %j as the value of a header', async (value) => {
    const wanted = { header: 'X-Canary', value, side: 'green' } as const;

    expect((await providerError(routerOf(world).setHeaderRoute(routeTo('checkout'), wanted))).kind).toBe('invalid');
  });
});
