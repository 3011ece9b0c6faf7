import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const ENDS_WITHIN_MS = 10_000;
let child: ChildProcess | undefined;

afterEach(async () => {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
});

/** A process that logs through ours and shuts down as ours do. It says `ready` on stderr once `body` has run. */
function start(body: string) {
  const program = `
    import { onShutdown } from './lifecycle.ts';
    import { createLogger } from './logger.ts';
    const logger = createLogger({ level: 'info', name: 'child' });
    const shutdown = onShutdown(logger, { graceMs: 5000 });
    const timer = setInterval(() => undefined, 1000);
    shutdown.add('timer', () => clearInterval(timer));
    ${body}
    process.stderr.write('ready\\n');`;
  const started = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  return { process: started, ready: once(createInterface({ input: started.stderr }), 'line') };
}

/** Kills it, and says so, when it does not end in time. */
async function terminate(started: ChildProcess) {
  const timer = setTimeout(() => started.kill('SIGKILL'), ENDS_WITHIN_MS);
  const exited = once(started, 'exit');
  started.kill('SIGTERM');
  const [code, signal] = await exited;
  clearTimeout(timer);
  return { code, signal };
}

const logMegabytes = (count: number) => `for (let n = 0; n < ${count}_000; n += 1) logger.info({ n, text: 'x'.repeat(1000) }, 'line');`;

describe('the log of a process', () => {
  it('does not keep it from ending when nobody reads a full pipe', async () => {
    const started = start(logMegabytes(4));
    await started.ready;

    const end = await terminate(started.process);

    expect(end).toEqual({ code: 0, signal: null });
  });

  it('does not keep it from ending when the reader has gone', async () => {
    const started = start(`setInterval(() => logger.info('tick'), 20).unref();`);
    started.process.stdout.destroy();
    await started.ready;

    const end = await terminate(started.process);

    expect(end).toEqual({ code: 0, signal: null });
  });

  it('does not keep it from ending when the first thing a gone reader misses is the farewell', async () => {
    const started = start('');
    await started.ready;
    started.process.stdout.destroy();

    const end = await terminate(started.process);

    expect(end).toEqual({ code: 0, signal: null });
  });

  it('arrives whole and in order at a slow reader, to the last line', async () => {
    const started = start(logMegabytes(4));
    await started.ready;
    const lines: string[] = [];
    createInterface({ input: started.process.stdout }).on('line', (line) => lines.push(line));

    const [end] = await Promise.all([terminate(started.process), once(started.process.stdout, 'close')]);

    const entries = lines.map((line) => JSON.parse(line) as { n?: number; msg: string });
    expect(end.code).toBe(0);
    expect(entries.slice(0, 4000).map((entry) => entry.n)).toEqual(Array.from({ length: 4000 }, (_, n) => n));
    expect(entries.slice(4000).map((entry) => entry.msg)).toEqual(['shutting down', 'shut down']);
  });

  it('takes bounded memory while nobody reads, and says then how many lines are missing', async () => {
    const started = start(logMegabytes(40));
    await started.ready;
    const lines: string[] = [];
    createInterface({ input: started.process.stdout }).on('line', (line) => lines.push(line));

    await Promise.all([terminate(started.process), once(started.process.stdout, 'close')]);

    const entries = lines.map((line) => JSON.parse(line) as { n?: number; dropped?: number });
    const written = entries.filter((entry) => entry.n !== undefined).length;
    const dropped = entries.find((entry) => entry.dropped !== undefined)?.dropped ?? 0;
    expect(written).toBeLessThan(20_000);
    // What was logged, and the line that says that the shutdown begins.
    expect(written + dropped).toBeGreaterThanOrEqual(40_000);
    expect(written + dropped).toBeLessThanOrEqual(40_002);
  });

  it('has the line that says why a process died', async () => {
    const started = start(`setImmediate(() => { throw new Error('bug'); });`);
    const lines: string[] = [];
    createInterface({ input: started.process.stdout }).on('line', (line) => lines.push(line));

    const [[code]] = await Promise.all([once(started.process, 'exit'), once(started.process.stdout, 'close')]);

    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'fatal', err: expect.objectContaining({ message: 'bug' }) }),
    ]);
    expect(code).toBe(1);
  });
});
