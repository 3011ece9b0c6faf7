import { describe, expect, it } from 'vitest';
import { certificate } from '../../../../test/fakes/smtp/certificate.ts';
import { credentialsSchema, serverOf, settingsSchema } from './identity.ts';

describe('the form of smtp', () => {
  it.each([
    ['smtp://mail.example.test', { host: 'mail.example.test', port: 587, isImplicitTls: false }],
    ['smtps://Mail.Example.test', { host: 'mail.example.test', port: 465, isImplicitTls: true }],
    ['smtp://[::1]:25', { host: '::1', port: 25, isImplicitTls: false }],
    ['smtp://0x7f.1:2525', { host: '127.0.0.1', port: 2525, isImplicitTls: false }],
  ])('reads the server out of %s', (baseUrl, server) => {
    expect(serverOf(baseUrl)).toEqual(server);
  });

  it('wants user and password both or neither', () => {
    const parsed = credentialsSchema.parse({ user: 'u', password: 'hunter2' });

    expect(JSON.stringify(parsed)).toBe('{"user":"u","password":"[redacted]"}');
    expect(credentialsSchema.parse({})).toEqual({});
    for (const half of [{ user: 'u' }, { password: 'hunter2' }, { user: '', password: '' }]) {
      expect(credentialsSchema.safeParse(half).success).toBe(false);
    }
  });

  it('wants one address and a readable certificate', () => {
    const from = 'releases@example.test';

    expect(settingsSchema.parse({ from, certificate })).toEqual({
      ...{ from, fromName: 'Signalbox', certificate: certificate.trim(), allowUnencrypted: false },
    });
    for (const wrong of [{ from: 'nobody' }, { from: `a <${from}>` }, { from: `${from}, b@example.test` }, { from, certificate: 'x' }]) {
      expect(settingsSchema.safeParse(wrong).success).toBe(false);
    }
  });
});
