import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { randomSigningSecret } from '../../platform/crypto.ts';
import { Secret } from '../../platform/secret.ts';
import { isSigned, keyOf, signedHeaders, signingSecretField } from './standard-webhooks.ts';

const credentialsSchema = z.object({ signingSecret: signingSecretField('the secret') });
const encoded = (bytes: number, fill = 7) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;

describe('signedHeaders', () => {
  it('are those of the specification’s own example', () => {
    const secret = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const at = new Date(1_614_265_330_000);

    const headers = signedHeaders(secret, { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, body: '{"test": 2432232314}' });

    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('pass the library that receivers use, with any text as body', () => {
    const secret = encoded(32);
    const body = JSON.stringify({ text: 'größe 日本 😀 \u2028' });

    const headers = signedHeaders(new Secret(secret), { id: 'msg_1', at: new Date(), body });

    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(encoded(32, 8)).verify(body, headers)).toThrow();
  });
});

describe('the secret', () => {
  it.each([24, 32, 64])('of %i bytes is one', (bytes) => {
    expect(keyOf(new Secret(encoded(bytes)))).toHaveLength(bytes);
  });

  it.each([encoded(23), encoded(65), encoded(32).slice(6), `${encoded(32)}!`, encoded(32).replace(/.$/, ''), 'whsec_==', 'hunter2'])(
    '%s is none, and the form says what is wanted without repeating it',
    (text) => {
      const parsed = credentialsSchema.safeParse({ signingSecret: text });

      expect(parsed.success).toBe(false);
      expect(parsed.error?.message).toContain('24 to 64 bytes');
      expect(parsed.error?.message).not.toContain(text);
    },
  );
});

describe('isSigned', () => {
  const at = new Date('2026-11-21T12:00:00Z');
  const rawBody = Buffer.from('{"type":"changed"}');
  const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);
  const request = (secret: string) => ({ rawBody, headers: signedHeaders(new Secret(secret), { id: 'm1', at, body: rawBody.toString() }) });

  it('takes what is signed with the secret, for five minutes on either side of the clock', () => {
    for (const seconds of [-300, 0, 300]) expect(isSigned(request(encoded(32)), encoded(32), later(seconds))).toBe(true);
    for (const seconds of [-301, 301]) expect(isSigned(request(encoded(32)), encoded(32), later(seconds))).toBe(false);
  });

  it('takes what the library signs with a secret that Signalbox made', () => {
    for (let tries = 0; tries < 20; tries += 1) {
      const secret = randomSigningSecret().reveal();
      const headers = { 'webhook-id': 'm1', 'webhook-timestamp': String(at.getTime() / 1000) };
      const signature = new Webhook(secret).sign('m1', at, rawBody.toString());

      expect(isSigned({ rawBody, headers: { ...headers, 'webhook-signature': signature } }, secret, at)).toBe(true);
    }
  });

  it('refuses another secret, none, another body, and another id', () => {
    const good = request(encoded(32));
    for (const secret of [encoded(32, 8), '', 'whsec_==']) expect(isSigned(good, secret, at)).toBe(false);
    expect(isSigned({ ...good, rawBody: Buffer.from('{}') }, encoded(32), at)).toBe(false);
    expect(isSigned({ ...good, headers: { ...good.headers, 'webhook-id': 'm2' } }, encoded(32), at)).toBe(false);
  });
});
