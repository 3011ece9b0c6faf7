import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onShutdown } from './lifecycle.ts';
import { createLogger } from './logger.ts';

function setUp(graceMs = 5000) {
  const exits: number[] = [];
  const lines: string[] = [];
  const host = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const logger = createLogger({ level: 'info', name: 'test', destination: { write: (line) => void lines.push(line) } });
  return { host, exits, lines, shutdown: onShutdown(logger, { graceMs, host }) };
}

describe('onShutdown', () => {
  it('closes in reverse order, one after the other, and exits 0', async () => {
    const { host, exits, shutdown } = setUp();
    const order: string[] = [];
    shutdown.add('database', () => order.push('database'));
    shutdown.add('server', async () => {
      await Promise.resolve();
      order.push('server');
    });

    host.emit('SIGTERM');
    await shutdown.begin('test');

    expect(order).toEqual(['server', 'database']);
    expect(exits).toEqual([0]);
    expect(shutdown.signal.aborted).toBe(true);
  });

  it('closes the rest when one cannot be closed, names it and exits 1', async () => {
    const { exits, lines, shutdown } = setUp();
    const closed: string[] = [];
    shutdown.add('database', () => closed.push('database'));
    shutdown.add('server', () => Promise.reject(new Error('stuck')));

    await shutdown.begin('test');

    expect(closed).toEqual(['database']);
    expect(exits).toEqual([1]);
    expect(lines.join()).toMatch(/"closing":"server"/);
  });

  it('exits 1 when the grace is over', async () => {
    const { exits, shutdown } = setUp(50);
    shutdown.add('server', () => new Promise(() => undefined));

    await shutdown.begin('test');

    expect(exits).toEqual([1]);
  });

  it('exits at once on the second signal', () => {
    const { host, exits, shutdown } = setUp();
    shutdown.add('server', () => new Promise(() => undefined));

    host.emit('SIGTERM');
    expect(exits).toEqual([]);
    host.emit('SIGINT');

    expect(exits).toEqual([1]);
  });

  it.each(['uncaughtException', 'unhandledRejection'])('logs an %s and exits 1', (event) => {
    const { host, exits, lines } = setUp();

    host.emit(event, new Error('bug'));

    expect(exits).toEqual([1]);
    expect(lines.join()).toContain('bug');
  });

  it('ends a real process on a real signal', async () => {
    const program = `
      import { onShutdown } from './lifecycle.ts';
      import { createLogger } from './logger.ts';
      const shutdown = onShutdown(createLogger({ level: 'silent', name: 'child' }), { graceMs: 5000 });
      const timer = setInterval(() => undefined, 1000);
      shutdown.add('timer', () => { clearInterval(timer); console.log('closed'); });
      console.log('ready');`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { cwd: import.meta.dirname });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes('ready') && !child.killed) child.kill('SIGTERM');
    });

    const code = await new Promise((resolve) => child.once('exit', resolve));

    expect(output).toBe('ready\nclosed\n');
    expect(code).toBe(0);
  });
});
