import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/lib/ports.mjs';
import type { Place, Workload } from '../../src/integrations/capabilities/deploy-target.ts';
import { sshDeployTarget } from '../../src/integrations/providers/ssh/deploy-target.ts';
import { verifySsh } from '../../src/integrations/providers/ssh/verify.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { opening, serverArchive } from './deploy-program.ts';
import { type DeployTargetHarness, deployTargetContract } from './deploy-target.contract.ts';
import { kill, processesUnder } from './local-runner-harness.ts';
import { onFreePorts } from './private-program.ts';
import { makeKey, type SshServer, sshd, startSshServer } from './ssh-harness.ts';

let starting: Promise<SshServer> | null = null;
const server = (): Promise<SshServer> => {
  const binary = sshd;
  if (binary === null) throw new Error('there is no sshd');
  starting ??= onFreePorts(() => startSshServer(binary));
  return starting;
};
afterAll(async () => (await starting)?.stop());

/** What an operator without a service manager would write; HOME tells the tests whose process it is. */
const commands = {
  start: ['sh', '-c', 'HOME={directory}/ node hello.mjs >../../log 2>&1 & echo $! >../../pid'],
  stop: ['sh', '-c', 'kill $(cat ../../pid)'],
  status: ['sh', '-c', 'pid=$(cat ../../pid) && kill -0 $pid && ! grep -q "^State:.Z" /proc/$pid/status || exit 3'],
  kill: ['sh', '-c', 'kill -9 $(cat ../../pid)'],
};

async function harness(): Promise<DeployTargetHarness> {
  const { connection } = await server();
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-ssh-'));
  const config = { ...commands, ports: { blue: await freePort(), green: await freePort() }, startWithinMs: 0, graceMs: 2_000 };
  return {
    connect: () => sshDeployTarget(connection({ directory }), guardedDeps('ssh', [])),
    place: (side) => ({ name: 'hello', side, config }),
    wrong: [
      { config: { ...config, start: undefined }, field: '/start' },
      { config: { ...config, status: [] }, field: '/status' },
      { config: { ...config, ports: { blue: 1, green: 1 } }, field: '/ports' },
      { config: { ...config, adress: 'x' }, field: '/adress' },
    ],
    close: async () => {
      for (const pid of processesUnder(directory)) kill(pid);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

deployTargetContract('ssh', harness, { program: sshd });

const place = (changes: object = {}): Place => ({
  name: 'hello',
  side: 'blue',
  config: { ...commands, startWithinMs: 0, graceMs: 1_000, ...changes },
});
const archive = serverArchive('1');
/** What is up as long as a file is there. */
const pretended = () =>
  place({
    start: ['touch', '{directory}/up'],
    stop: ['rm', '-f', '{directory}/up'],
    status: ['sh', '-c', '[ -f {directory}/up ] || exit 3'],
  });
const workloadOf = (changes: Partial<Workload> = {}): Workload => ({
  place: pretended(),
  revision: {
    artifactId: 'a',
    version: '1',
    digest: archive.digest,
    commit: null,
    source: { kind: 'kept', key: 'k', sizeBytes: archive.bytes.length },
  },
  ...{ configVersion: 'c1', variables: new Map(), replicas: 1, open: opening(archive) },
  ...changes,
});

describe.skipIf(sshd === null)('ssh', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'signalbox-ssh-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
  const open = async (changes: Parameters<SshServer['connection']>[0] = {}) => (await server()).connection({ directory, ...changes });
  const target = async (changes: Parameters<SshServer['connection']>[0] = {}) =>
    sshDeployTarget(await open(changes), guardedDeps('ssh', []));

  it('signs in, and says as whom', async () => {
    expect(await verifySsh(await open(), guardedDeps('ssh', []))).toMatchObject({ ok: true, account: `${userInfo().username}@127.0.0.1` });
  });

  it('refuses a host whose key is not pinned, and names the key that it showed', async () => {
    const { hostKey } = await server();
    const strange = await open({ hostKeys: [`SHA256:${'a'.repeat(43)}`] });

    const error = await providerError(sshDeployTarget(strange, guardedDeps('ssh', [])).observe(place()));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining(hostKey) });
    expect(await verifySsh(strange, guardedDeps('ssh', []))).toMatchObject({ ok: false, problems: [expect.stringContaining(hostKey)] });
  });

  it('tells a key that the host does not know from one that cannot be read, and shows neither', async () => {
    const file = join(directory, 'key');
    makeKey(file, 'open sesame');
    const privateKey = readFileSync(file, 'utf8');
    const tries = [
      { privateKey, passphrase: 'open sesame' },
      { privateKey, passphrase: 'wrong one' },
      { privateKey },
      { privateKey: 'nothing like a key' },
    ];
    const errors = [];
    for (const changes of tries) errors.push(await providerError((await target(changes)).observe(place())));

    expect(errors.map(({ kind }) => kind)).toEqual(['unauthorized', 'unauthorized', 'unauthorized', 'unauthorized']);
    expect(errors[0]?.message).toContain('let');
    for (const error of errors.slice(1)) expect(error.message).toContain('private key');
    for (const error of errors) expectNoSecret(error, ['open sesame', 'wrong one', privateKey.split('\n')[2] ?? '']);
  });

  it('keeps variables in a file that nobody else can read, and removes them with the service', async () => {
    const subject = await target();
    await subject.ensure(workloadOf({ variables: new Map([['TOKEN', "it's hunter2"]]) }));
    const file = join(directory, 'hello-blue', 'env');
    const [mode, text] = [statSync(file).mode & 0o777, readFileSync(file, 'utf8')];
    await subject.ensureAbsent(pretended(), { graceMs: 1_000 });

    expect(mode).toBe(0o600);
    expect(text).toBe(`TOKEN='it'\\''s hunter2'\nSIDE='blue'\n`);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(join(directory, 'hello-blue', 'arriving'))).toEqual([]);
  });

  it('says why a start command failed, and starts again when it is asked again', async () => {
    const subject = await target();
    const failing = place({ start: ['sh', '-c', 'echo x >>../../starts; exit 9'], status: ['sh', '-c', 'exit 3'], stop: ['true'] });
    const { state } = await subject.ensure(workloadOf({ place: failing }));
    await subject.ensure(workloadOf({ place: failing }));

    expect(state).toEqual({ kind: 'failed', why: expect.stringContaining('exit code 9') });
    expect(readFileSync(join(directory, 'hello-blue', 'starts'), 'utf8')).toBe('x\nx\n');
  });

  it('unpacks nothing that is no archive, though its digest be right', async () => {
    const bytes = Buffer.from('no archive');
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const revision = { ...workloadOf().revision, digest };

    const error = await providerError((await target()).ensure(workloadOf({ revision, open: opening({ bytes }) })));

    expect(error.kind).toBe('invalid');
    expect(readdirSync(join(directory, 'hello-blue', 'releases'))).toEqual([]);
  });

  it('is told when somebody else holds the place', async () => {
    const subject = await target();
    await subject.ensure(workloadOf());
    const holder = spawn('sh', ['-c', 'exec flock "$0" sh -c "echo held; sleep 600"', join(directory, 'hello-blue', 'lock')], {
      detached: true,
    });
    await once(holder.stdout, 'data');
    try {
      const error = await providerError(subject.ensureAbsent(place(), { graceMs: 100 }));

      expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('another process') });
    } finally {
      process.kill(-(holder.pid ?? 0), 'SIGKILL');
    }
  });

  it('says what the directory lacks', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');

    expect(await (await target({ directory: `${file}/below` })).check(place())).toEqual({
      ok: false,
      problems: [expect.stringContaining('directory')],
    });
  });

  it('calls a service of another protocol by that', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const connection = { ...(await open()), baseUrl: `ssh://127.0.0.1:${(other.address() as { port: number }).port}` };

    const error = await providerError(sshDeployTarget(connection, guardedDeps('ssh', [])).observe(place()));
    other.close();

    expect(['malformed', 'unavailable']).toContain(error.kind);
  });
});
