import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeAtEnd } from '../../scripts/lib/guard.mjs';
import { freePort } from '../../scripts/lib/ports.mjs';
import { findProgram } from '../../scripts/lib/programs.mjs';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { PrometheusConnection } from '../../src/integrations/providers/prometheus/identity.ts';
import { prometheus } from '../../src/integrations/providers/prometheus/index.ts';
import { prometheusMetricsSource } from '../../src/integrations/providers/prometheus/metrics-source.ts';
import { Secret } from '../../src/platform/secret.ts';
import { waitFor } from '../support/wait-for.ts';
import { guardedDeps } from './adapter-harness.ts';
import { type MetricsSourceHarness, metricsSourceContract, pointsOf, STEP_MS } from './metrics-source.contract.ts';
import { onFreePorts, type PrivateProgram, startProgram } from './private-program.ts';

// promtool belongs to it and writes what was measured before the server starts.
const program = findProgram('promtool') === null ? null : findProgram('prometheus');
const user = 'signalbox';
const password = 'pr0m-hunter2-9876';
const passwordHash = '$2b$04$abcdefghijklmnopqrstuuMeyOT4F7kZyRqX9qLP/U0CxOHEU3/Qu';

/** Yesterday, at a full minute: what was measured then is told to the millisecond. */
const since = new Date(Math.floor((Date.now() - 86_400_000) / 60_000) * 60_000);

const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((thread) => / T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')));

interface Prometheus {
  url: string;
  running: PrivateProgram;
  close(): Promise<void>;
}

function samples(name: string, labels: string, values: readonly (number | string)[]): string[] {
  return values.map((value, index) => `${name}{${labels}} ${value} ${(since.getTime() + index * STEP_MS) / 1000}`);
}

const measured = [
  '# TYPE requests gauge',
  ...samples('requests', 'service="checkout",side="blue"', pointsOf(10)),
  ...samples('requests', 'service="checkout",side="green"', pointsOf(30)),
  '# TYPE odd gauge',
  ...samples(
    'odd',
    'kind="nan"',
    pointsOf(0).map(() => 'NaN'),
  ),
  ...samples(
    'odd',
    'kind="infinite"',
    pointsOf(0).map(() => '+Inf'),
  ),
  ...samples(
    'odd',
    'kind="negative"',
    pointsOf(0).map(() => '-Inf'),
  ),
  '# EOF',
  '',
].join('\n');

async function privatePrometheus(): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'prometheus-'));
  removeAtEnd(dir);
  const data = join(dir, 'data');
  mkdirSync(data);
  writeFileSync(join(dir, 'measured.txt'), measured);
  execFileSync(findProgram('promtool') ?? 'promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(dir, 'measured.txt'), data], {
    stdio: 'ignore',
  });
  writeFileSync(join(dir, 'prometheus.yml'), 'global: {}\n');
  writeFileSync(join(dir, 'web.yml'), `basic_auth_users:\n  ${user}: '${passwordHash}'\n`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await startProgram(
    program ?? 'prometheus',
    [
      `--config.file=${dir}/prometheus.yml`,
      `--web.config.file=${dir}/web.yml`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    async () => (await fetch(`${url}/-/ready`, { headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` } })).ok,
  );
  return {
    ...{ url, running },
    async close() {
      running.signal('SIGCONT');
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const connectionTo = (baseUrl: string, secret = password): PrometheusConnection => ({
  ...{ id: 'c1', baseUrl, settings: {} },
  credentials: { user, password: new Secret(secret) },
});

async function harness(): Promise<MetricsSourceHarness> {
  const world = await onFreePorts(privatePrometheus);
  const observed: ProviderCall[] = [];
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      prometheusMetricsSource(
        connectionTo(world.url, wrongCredentials ? `wrong-${password}` : password),
        guardedDeps('prometheus', observed, options),
      ),
    queries: {
      requests: 'requests',
      blue: 'requests{side="blue"}',
      constant: { query: '2.5', value: 2.5 },
      nothing: 'misspelt_requests',
      odd: { nan: 'odd{kind="nan"}', infinite: 'odd{kind="infinite"}', negative: 'odd{kind="negative"}' },
      broken: 'sum(requests',
      unfit: 'requests[5m]',
    },
    observed,
    secrets: [password, btoa(`${user}:${password}`)],
    async freeze() {
      world.running.signal('SIGSTOP');
      // It may answer what is asked until the system has stopped all of its threads.
      await waitFor(() => isStopped(world.running.pid), { what: 'Prometheus to stand still' });
    },
    thaw: () => world.running.signal('SIGCONT'),
    stop: () => world.running.stop(),
    close: world.close,
  };
}

metricsSourceContract('prometheus', harness, { program, since });

describe.skipIf(program === null)('prometheus', () => {
  let world: Prometheus;
  beforeAll(async () => {
    world = await onFreePorts(privatePrometheus);
  });
  afterAll(() => world?.close());

  const verify = (baseUrl: string, secret?: string) =>
    prometheus.verify(connectionTo(baseUrl, secret), guardedDeps('prometheus', []), 'monitoring');

  it('is verified by its version', async () => {
    expect(await verify(world.url)).toMatchObject({ ok: true, account: expect.stringMatching(/^Prometheus \d+\.\d+/) });
  });

  it('says that the credentials are wrong, and that another path is not its API', async () => {
    expect(await verify(world.url, 'nobody-knows')).toMatchObject({ ok: false, problems: [expect.stringContaining('credentials')] });
    expect(await verify(`${world.url}/graph`)).toMatchObject({ ok: false, problems: [expect.stringContaining('base URL')] });
  });
});
