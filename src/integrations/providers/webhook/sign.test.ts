import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../platform/secret.ts';
import { credentialsSchema } from './identity.ts';
import { keyOf, signedHeaders } from './sign.ts';

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
