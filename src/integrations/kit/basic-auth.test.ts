import { expect, it } from 'vitest';
import { Secret } from '../../platform/secret.ts';
import { basicCredentials } from './basic-auth.ts';

it('encodes as RFC 7617 does and shows nothing by itself', () => {
  const credentials = basicCredentials('Aladdin', new Secret('open sesame'));

  expect(credentials.reveal()).toBe('QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
  expect(basicCredentials('test', new Secret('123£')).reveal()).toBe('dGVzdDoxMjPCow==');
  expect(String(credentials)).toBe('[redacted]');
});
