import { describe, expect, it } from 'vitest';
import { createLogger, describeError } from './logger.ts';
import { Secret } from './secret.ts';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', name: 'test', destination: { write: (line) => void lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') };
}

describe('createLogger', () => {
  it('says level, process and time in words', () => {
    const { logger, last } = capture();

    logger.info('hello');

    expect(last()).toMatchObject({ level: 'info', name: 'test', msg: 'hello', time: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  it.each([
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'token',
    'accessToken',
    'password',
    'secret',
    'credentials',
    'apiKey',
  ])('hides %s at each of three depths', (key) => {
    const { logger, lines } = capture();

    logger.info({ [key]: 'hunter2', a: { [key]: 'hunter2', b: { [key]: 'hunter2' } }, seen: 'yes' }, 'x');

    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join().split('[redacted]')).toHaveLength(4);
    expect(lines.join()).toContain('yes');
  });

  it('hides Secret values under any name', () => {
    const { logger, lines } = capture();

    logger.info({ a: { b: { c: { d: new Secret('hunter2') } } } }, 'x');

    expect(lines.join()).not.toContain('hunter2');
  });

  it('keeps of an error its name, message, kind, code, frames and causes, and nothing that hangs on it', () => {
    const { logger, last, lines } = capture();
    const cause = Object.assign(new Error('socket closed'), { code: 'ECONNRESET', request: { headers: { whatever: 'hunter2' } } });
    const error = Object.assign(new TypeError('call failed', { cause }), { kind: 'unavailable', config: 'hunter2' });

    logger.error({ err: error }, 'x');

    expect(last().err).toMatchObject({
      name: 'TypeError',
      message: 'call failed',
      kind: 'unavailable',
      frames: expect.arrayContaining([expect.stringContaining('logger.test.ts')]),
      cause: { message: 'socket closed', code: 'ECONNRESET' },
    });
    expect(lines.join()).not.toContain('hunter2');
  });
});

describe('describeError', () => {
  it('hides passwords of URLs and SQL parameters in messages and stacks', () => {
    const text = JSON.stringify(describeError(new Error('no mysql://app:hunter2@db/x\nquery: select ?\nparams: hunter2,\nhunter2')));

    expect(text).not.toContain('hunter2');
    expect(text).toContain('select ?');
  });

  it('ends on a chain of causes without end', () => {
    const error = new Error('a');
    error.cause = error;

    expect(describeError(error).cause?.cause?.cause?.cause?.cause?.cause).toBeUndefined();
  });

  it('describes what is no Error without printing it', () => {
    expect(describeError({ token: 'hunter2' })).toEqual({ name: 'object', message: 'not an Error' });
  });
});
