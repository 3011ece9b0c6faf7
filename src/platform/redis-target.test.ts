import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from './redis-target.ts';

describe('parseRedisUrl', () => {
  it('reads a single server with its defaults', () => {
    expect(parseRedisUrl('redis://cache')).toEqual({
      kind: 'single',
      host: 'cache',
      port: 6379,
      db: 0,
      username: null,
      password: null,
      tls: false,
    });
  });

  it('decodes the user and password and turns rediss into TLS', () => {
    const target = parseRedisUrl('rediss://app:p%40ss@cache:6380/3');

    expect(target).toMatchObject({ kind: 'single', port: 6380, db: 3, username: 'app', tls: true });
    expect(target.password?.reveal()).toBe('p@ss');
  });

  it('reads IPv6 addresses', () => {
    expect(parseRedisUrl('redis://[::1]:6380')).toMatchObject({ host: '::1', port: 6380 });
  });

  it('reads sentinels, master and database', () => {
    const target = parseRedisUrl('redis+sentinel://:pw@h1:26379,h2/mymaster/2');

    expect(target).toMatchObject({
      kind: 'sentinel',
      sentinels: [
        { host: 'h1', port: 26379 },
        { host: 'h2', port: 26379 },
      ],
      master: 'mymaster',
      db: 2,
    });
    expect(target.password?.reveal()).toBe('pw');
  });

  it('reads cluster nodes', () => {
    expect(parseRedisUrl('redis+cluster://h1:7000,h2:7001')).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'h1', port: 7000 },
        { host: 'h2', port: 7001 },
      ],
    });
  });

  it.each([
    'http://cache',
    'redis://',
    'redis://a,b',
    'redis://cache:99999',
    'redis://cache/x',
    'redis://cache/0/1',
    'redis://hunter2@cache',
    'redis://:%zz@cache',
    'redis+sentinel://h1:26379',
    'redis+cluster://h1/1',
  ])('refuses %s without repeating a password', (text) => {
    let message = '';
    try {
      parseRedisUrl(text);
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }

    expect(message).not.toBe('');
    expect(message).not.toContain('hunter2');
  });
});
