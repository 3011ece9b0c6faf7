import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { jenkinsWebhook } from './webhook.ts';
import { webhookInstructions } from './webhook-instructions.ts';

const secret = 'whsec-0123456789';
const rawBody = Buffer.from('{"name":"app"}');
const accepts = (headers: Record<string, string | undefined>, expected = secret) => jenkinsWebhook.verify({ headers, rawBody }, expected);
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const signature = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;

describe('webhooks of Jenkins jobs', () => {
  it('are accepted with the secret in a header, or as the password of the address', () => {
    expect(accepts({ 'x-signalbox-token': secret })).toBe(true);
    expect(accepts({ authorization: basic(`signalbox:${secret}`) })).toBe(true);
    expect(accepts({ authorization: basic(':with:colon') }, 'with:colon')).toBe(true);
  });

  it.each([
    ['another token', { 'x-signalbox-token': `${secret}x` }],
    ['a token cut short', { 'x-signalbox-token': secret.slice(0, -1) }],
    ['an empty token', { 'x-signalbox-token': '' }],
    ['another password', { authorization: basic('signalbox:wrong') }],
    ['the secret as the user', { authorization: basic(`${secret}:`) }],
    ['the secret without a user', { authorization: basic(secret) }],
    ['the secret as it is', { authorization: secret }],
    ['a bearer token', { authorization: `Bearer ${secret}` }],
    ['a wrong signature beside the right token', { 'x-signalbox-signature': 'sha256=00', 'x-signalbox-token': secret }],
    ['an empty signature beside the right password', { 'x-signalbox-signature': '', authorization: basic(`a:${secret}`) }],
    ['no proof', {}],
  ])('are refused with %s', (_what, headers) => {
    expect(accepts(headers)).toBe(false);
  });

  it('are refused where the secret is empty, whatever is sent', () => {
    for (const headers of [{ 'x-signalbox-token': '' }, { authorization: basic('a:') }, { 'x-signalbox-signature': signature }]) {
      expect(accepts(headers, '')).toBe(false);
    }
  });

  it('name no job outside the names Jenkins allows', () => {
    const parse = (body: unknown) => jenkinsWebhook.parse({ headers: {}, rawBody: Buffer.from(JSON.stringify(body)) }).hints;

    expect(parse({ name: '../x', build: { number: 1, phase: 'COMPLETED' } })).toEqual([]);
    expect(parse({ url: 'job/a/job/../', build: { number: 1, phase: 'COMPLETED' } })).toEqual([]);
    expect(parse({ name: 'a', build: { number: -1, phase: 'COMPLETED' } })).toEqual([]);
  });

  it('are set up by steps that name the address and no secret', () => {
    const steps = webhookInstructions({ url: 'https://signalbox.example/api/v1/webhooks/jenkins/i-1' });

    expect(steps.length).toBeGreaterThan(2);
    expect(steps.join('\n')).toContain("'https://signalbox.example/api/v1/webhooks/jenkins/i-1'");
    expect(steps.join('\n')).toContain('https://signalbox:SECRET@signalbox.example/api/v1/webhooks/jenkins/i-1');
  });
});
