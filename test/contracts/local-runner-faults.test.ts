import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeployTarget, Place, Workload } from '../../src/integrations/capabilities/deploy-target.ts';
import { localDeployTarget } from '../../src/integrations/providers/local-runner/deploy-target.ts';
import { localJobRunner } from '../../src/integrations/providers/local-runner/job-runner.ts';
import { verifyLocalRunner } from '../../src/integrations/providers/local-runner/verify.ts';
import { waitFor } from '../support/wait-for.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { type Archive, archiveOf, ask, opening, serverArchive } from './deploy-program.ts';
import { kill, localWorld } from './local-runner-harness.ts';

/** What real processes, disks and archives do to the local runner. */

let world: ReturnType<typeof localWorld>;
let subject: DeployTarget;
const config = { command: ['node', 'hello.mjs'], overlapMs: 0, graceMs: 2_000, stableMs: 1_000 };
const place: Place = { name: 'hello', side: 'blue', config };
const archive = serverArchive('1');

beforeEach(() => {
  world = localWorld();
  subject = localDeployTarget(world.connection, world.deps());
});
afterEach(() => world.close());

const workloadOf = (from: Archive, changes: Partial<Workload> = {}): Workload => ({
  place,
  revision: {
    artifactId: 'a',
    version: '1',
    digest: from.digest,
    commit: null,
    source: { kind: 'kept', key: 'k', sizeBytes: from.bytes.length },
  },
  ...{ configVersion: 'c1', variables: new Map(), replicas: 1, open: opening(from) },
  ...changes,
});
const ready = () =>
  waitFor(
    async () => {
      const seen = await subject.observe(place);
      return seen.state.kind === 'ready' ? seen : Promise.reject(new Error(JSON.stringify(seen)));
    },
    { what: 'readiness' },
  );
const directory = () => join(world.localRoot, 'local-runner', world.connection.id, 'services', 'hello', 'blue');
const runs = () => readdirSync(join(directory(), 'runs'));
const stateOf = (run = runs()[0] ?? '') => JSON.parse(readFileSync(join(directory(), 'runs', run, 'state.json'), 'utf8'));
const pidAt = async (address: string | undefined) => (await ask(address))?.pid;

describe('the local runner', () => {
  it('starts a replica again that was killed, on its old port', async () => {
    await subject.ensure(workloadOf(archive));
    const { addresses } = await ready();
    const pid = await pidAt(addresses[0]);

    kill(pid ?? 0);
    const next = await waitFor(async () => (await pidAt(addresses[0])) ?? null, { what: 'the restart' });

    expect(next).not.toBe(pid);
    expect(stateOf().replicas[0]).toMatchObject({ restarts: 1, lastExit: { why: 'was ended by SIGKILL' } });
  });

  it('keeps serving when its supervisor is killed, and looks after it again', async () => {
    await subject.ensure(workloadOf(archive));
    const { addresses } = await ready();
    const pid = await pidAt(addresses[0]);
    const supervisor = stateOf().supervisor.pid;

    kill(supervisor);
    const seen = await ready();
    await waitFor(async () => (await subject.observe(place)) && stateOf().supervisor.pid !== supervisor, { what: 'another supervisor' });
    const served = await pidAt(seen.addresses[0]);
    kill(pid ?? 0);
    const next = await waitFor(async () => (await pidAt(addresses[0])) ?? null, { what: 'the restart' });

    expect(served).toBe(pid);
    expect(next).not.toBe(pid);
  });

  it('ends what a killed supervisor left, groups and those that left their group included', async () => {
    const script = 'setsid -f sleep 1234567 & node hello.mjs';
    const wild = { ...place, config: { ...config, command: ['sh', '-c', script] } };
    await subject.ensure(workloadOf(archive, { place: wild }));
    await ready();
    const sleepers = () => execFileSync('sh', ['-c', 'pgrep -f "sleep 123456[7]" || true'], { encoding: 'utf8' }).trim();
    expect(sleepers()).not.toBe('');

    kill(stateOf().supervisor.pid);
    await subject.ensureAbsent(wild, { graceMs: 500 });
    await waitFor(async () => (await subject.observe(wild)).state.kind === 'absent', { what: 'the end' });

    expect(sleepers()).toBe('');
    await subject.observe(wild);
    expect(runs()).toEqual([]);
  });

  it('serves with the old until the new is ready, and goes on with it when the new does not come up', async () => {
    await subject.ensure(workloadOf(archive));
    const { addresses } = await ready();
    const broken = archiveOf({ 'hello.mjs': 'process.exit(3)', version: 'x' });

    await subject.ensure(workloadOf(broken));
    const seen = await waitFor(async () => ((await subject.observe(place)).state.kind === 'failed' ? subject.observe(place) : null), {
      what: 'the failure',
    });
    const meanwhile = await pidAt(addresses[0]);
    await subject.ensure(workloadOf(archive));
    const back = await ready();

    expect(seen.state).toMatchObject({ kind: 'failed', why: expect.stringContaining('exit code 3') });
    expect(meanwhile).toBeDefined();
    expect(back.addresses).toEqual(addresses);
    expect(await pidAt(addresses[0])).toBe(meanwhile);
    await waitFor(async () => (await subject.observe(place)) && runs().length === 1, { what: 'the end of the broken one' });
  });

  it('runs as many replicas as are asked for, each on a port of its own', async () => {
    await subject.ensure(workloadOf(archive, { replicas: 3 }));
    const three = await ready();
    const pids = await Promise.all(three.addresses.map(pidAt));
    await subject.ensure(workloadOf(archive, { replicas: 1 }));
    const one = await ready();

    expect(new Set(pids).size).toBe(3);
    expect(one.addresses).toEqual(three.addresses.slice(0, 1));
    await waitFor(async () => (await ask(three.addresses[2])) === null, { what: 'the end of the third' });
    expect(await pidAt(one.addresses[0])).toBe(pids[0]);
  });

  it('gives a service nothing of our environment, and keeps its variables from others', async () => {
    process.env.SIGNALBOX_KEYS_OF_TEST = 'ours';
    await subject.ensure(workloadOf(archive, { variables: new Map([['TOKEN', 'hunter2']]) }));
    const told = await ask((await ready()).addresses[0]);
    delete process.env.SIGNALBOX_KEYS_OF_TEST;

    const release = join(directory(), readlinkSync(join(directory(), 'current')));
    expect(Object.keys(told?.env ?? {}).sort()).toEqual(['HOME', 'LANG', 'PATH', 'PORT', 'SIGNALBOX_WORKLOAD', 'TOKEN']);
    expect(told?.env.HOME).toBe(release);
    const [run = ''] = runs();
    for (const name of readdirSync(join(directory(), 'runs', run)))
      expect(statSync(join(directory(), 'runs', run, name)).mode & 0o077).toBe(0);
  });

  it('limits what a replica may take', async () => {
    const limited = {
      ...place,
      config: { ...config, limits: { openFiles: 77, memoryMb: 4_000 }, command: ['sh', '-c', 'ulimit -n >n; exec node hello.mjs'] },
    };
    await subject.ensure(workloadOf(archive, { place: limited }));
    await ready();

    expect(readFileSync(join(directory(), 'current', 'n'), 'utf8')).toBe('77\n');
  });

  it('says at once of a program that is not there that it failed', async () => {
    await subject.ensure(workloadOf(archive, { place: { ...place, config: { ...config, command: ['./no-such-program'] } } }));

    const seen = await waitFor(async () => ((await subject.observe(place)).state.kind === 'failed' ? subject.observe(place) : null), {
      what: 'it',
    });

    expect(seen.state).toMatchObject({ why: expect.stringContaining('ENOENT') });
  });

  it('is ready without a port once it has run for a while', async () => {
    const portless = { ...place, config: { ...config, portVariable: null, settleMs: 100, command: ['sleep', '600'] } };
    await subject.ensure(workloadOf(archive, { place: portless }));

    expect((await ready()).addresses).toEqual([]);
  });

  it('keeps three old releases', async () => {
    for (let version = 1; version <= 6; version += 1) await subject.ensure(workloadOf(serverArchive(`v${version}`), { replicas: 1 }));
    await ready();
    await waitFor(async () => (await subject.observe(place)) && runs().length === 1, { what: 'the end of the old' });
    await subject.ensure(workloadOf(serverArchive('v6')));

    expect(readdirSync(join(directory(), 'releases'))).toHaveLength(4);
    expect(readdirSync(join(directory(), 'arriving'))).toEqual([]);
  });

  it.each([
    ['a path that leads out', { '../evil': 'x' }],
    ['an absolute path', { '/tmp/evil': 'x' }],
    ['a link that leads out', { link: { type: 'SymbolicLink', linkpath: '../../..' } }],
    ['an absolute link', { link: { type: 'SymbolicLink', linkpath: '/etc/passwd' } }],
    ['a hard link that leads out', { link: { type: 'Link', linkpath: '../../wanted.json' } }],
    ['a file behind a link', { a: { type: 'SymbolicLink', linkpath: 'b' }, 'a/file': 'x' }],
    ['a pipe', { pipe: { type: 'FIFO' } }],
    ['what becomes too large', { zeros: '0'.repeat(51 * 1024 * 1024) }],
  ] as const)('unpacks no archive with %s', async (_what, entries) => {
    const error = await providerError(subject.ensure(workloadOf(archiveOf({ 'hello.mjs': '', ...entries }))));

    expect(error.kind).toBe('invalid');
    expect(existsSync(join(directory(), 'current'))).toBe(false);
    expect(readdirSync(join(directory(), 'releases'))).toEqual([]);
    expect(readdirSync(join(directory(), 'arriving'))).toEqual([]);
  });

  it('takes no corrupt archive, though its digest be right', async () => {
    const bytes = archive.bytes.subarray(0, archive.bytes.length - 40);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

    expect((await providerError(subject.ensure(workloadOf({ bytes, digest })))).kind).toBe('invalid');
  });

  it('does not take another process for its own after a restart of the machine', async () => {
    await subject.ensure(workloadOf(archive));
    await ready();
    const [run = ''] = runs();
    const state = stateOf();
    kill(state.supervisor.pid);
    kill(state.replicas[0].pid);
    // As if these numbers had been given to others meanwhile: this very process must not be ended for it.
    const stolen = { pid: process.pid, start: 'another@boot' };
    await waitFor(async () => (await ask(`127.0.0.1:${state.replicas[0].port}`)) === null, { what: 'the end' });
    const left = { ...state, supervisor: stolen, replicas: [{ ...state.replicas[0], ...stolen }] };
    writeFileSync(join(directory(), 'runs', run, 'state.json'), JSON.stringify(left));

    const seen = await ready();

    expect(await pidAt(seen.addresses[0])).toEqual(expect.any(Number));
    expect(stateOf().replicas[0].pid).not.toBe(process.pid);
  });
});

describe('the local runner where it is not allowed', () => {
  it('says so plainly, and does nothing', async () => {
    const deps = guardedDeps('local-runner', []);
    const off = localDeployTarget(world.connection, deps);

    expect(await verifyLocalRunner(world.connection, deps)).toEqual({
      ok: false,
      problems: [expect.stringContaining('LOCAL_RUNNER_ROOT')],
    });
    expect(await off.check(place)).toEqual({ ok: false, problems: [expect.stringContaining('LOCAL_RUNNER_ROOT')] });
    expect((await providerError(off.ensure(workloadOf(archive)))).kind).toBe('forbidden');
    expect((await providerError(localJobRunner(world.connection, deps).state('x'))).kind).toBe('forbidden');
    expect(await verifyLocalRunner(world.connection, world.deps())).toMatchObject({ ok: true });
  });
});

describe('jobs of the local runner', () => {
  it('never takes a job for well ended whose supervisor was killed, and does not run it twice', async () => {
    const jobs = localJobRunner(world.connection, world.deps());
    await jobs.ensure({
      key: 'k',
      command: ['sh', '-c', 'echo ran >>count; sleep 600'],
      variables: new Map(),
      files: [],
      timeoutMs: 60_000,
    });
    await waitFor(() => jobs.openFile('k', 'count'), { what: 'the start' });
    const path = join(world.localRoot, 'local-runner', world.connection.id, 'jobs', 'k', 'state.json');

    kill(JSON.parse(readFileSync(path, 'utf8')).supervisor.pid);
    const state = await waitFor(async () => ((await jobs.state('k')).kind === 'stopped' ? jobs.state('k') : null), { what: 'the verdict' });

    expect(state).toEqual({ kind: 'stopped', why: expect.stringContaining('unknown') });
    const count = await jobs.openFile('k', 'count');
    expect(await new Response(count?.body).text()).toBe('ran\n');
  });

  it('takes no files without end, and leaves nothing of them', async () => {
    const jobs = localJobRunner({ ...world.connection, settings: { maxUnpackedMb: 1 } }, world.deps());
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const files = [{ into: '.', strip: 0 as const, open: async () => ({ body, sizeBytes: null }) }];

    const error = await providerError(jobs.ensure({ key: 'endless', command: ['true'], variables: new Map(), files, timeoutMs: 60_000 }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('1048576 bytes') });
    expect(sent).toBeLessThan(40);
    expect(
      readdirSync(join(world.localRoot, 'local-runner', world.connection.id, 'jobs')).filter((name) => name.includes('endless')),
    ).toEqual([]);
  });

  it('removes with a job what a worker that died was fetching for it', async () => {
    const jobs = localJobRunner(world.connection, world.deps());
    const home = join(world.localRoot, 'local-runner', world.connection.id, 'jobs');
    mkdirSync(join(home, 'k1.0b5c/work'), { recursive: true });
    mkdirSync(join(home, 'k10'), { recursive: true });

    await jobs.remove('k1');

    expect(readdirSync(home).filter((name) => name.startsWith('k1'))).toEqual(['k10']);
  });
});

const root = process.getuid?.() === 0;
describe.skipIf(!root)('a full disk', () => {
  let disk: string | null = null;
  let tmpfs: ReturnType<typeof localWorld>;
  beforeAll(() => {
    tmpfs = localWorld();
    try {
      execFileSync('sh', ['-c', `mount -t tmpfs -o size=1m tmpfs ${tmpfs.localRoot}`], { stdio: 'ignore' });
      disk = tmpfs.localRoot;
    } catch {
      disk = null; // mounting is not allowed here
    }
  });
  afterAll(async () => {
    if (disk !== null) execFileSync('sh', ['-c', `umount ${disk}`]);
    await tmpfs.close();
  });

  it('is told as such, and leaves nothing behind', async (context) => {
    if (disk === null) return context.skip('no tmpfs may be mounted here');
    const large = archiveOf({ 'hello.mjs': 'x'.repeat(3_000_000), version: '1' });
    const full = localDeployTarget(tmpfs.connection, tmpfs.deps());

    const error = await providerError(full.ensure(workloadOf(large)));

    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('full') });
    const home = join(disk, 'local-runner', tmpfs.connection.id, 'services', 'hello', 'blue');
    expect(readdirSync(join(home, 'arriving'))).toEqual([]);
  });
});
