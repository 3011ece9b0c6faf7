import { describe, expect, it } from 'vitest';
import { ipEndpoint } from './ip-endpoint.ts';

describe('ipEndpoint', () => {
  it('reads both kinds of address', () => {
    expect(ipEndpoint('10.0.0.7:8080')).toEqual({ host: '10.0.0.7', port: 8080 });
    expect(ipEndpoint('[fd00::7]:65535')).toEqual({ host: 'fd00::7', port: 65_535 });
  });

  it.each([
    'checkout:8080',
    '10.0.0.7',
    '10.0.0:80',
    '10.0.0.7:0',
    '10.0.0.7:65536',
    'fd00::7:80',
    '[10.0.0.7]:80',
    '10.0.0.7:80;',
    '10.0.0.7:80\n',
    '',
  ])('refuses %j', (text) => {
    expect(ipEndpoint(text)).toBeNull();
  });
});
