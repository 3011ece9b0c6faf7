import { describe, expect, it } from 'vitest';
import { googlePlayWebhook } from '../../src/integrations/providers/google-play/webhook.ts';
import { webhookInstructions } from '../../src/integrations/providers/google-play/webhook-instructions.ts';
import { type WebhookHarness, type WebhookSample, webhookSourceContract } from './webhook-source.contract.ts';

const secret = 'whsec-0123456789';
const APP = 'com.example.app';

function deliver({ event, payload }: WebhookSample, messageId: string) {
  const notification = { version: '1.0', eventTimeMillis: '1790000000000', packageName: APP, [event]: payload };
  const data = Buffer.from(JSON.stringify(notification)).toString('base64');
  const message = { data, messageId, message_id: messageId, publishTime: '2026-11-21T12:00:00.000Z' };
  const rawBody = Buffer.from(JSON.stringify({ message, subscription: 'projects/acme/subscriptions/signalbox' }));
  return { headers: { 'content-type': 'application/json' }, query: { token: secret }, rawBody };
}

const noSignature = {
  reason: 'a push signs neither body nor headers: the secret is a parameter of the address',
  tests: ['every altered byte of the body fails', 'a delivery without headers, or with odd ones, fails and does not throw'],
};

webhookSourceContract(
  'google-play',
  async (): Promise<WebhookHarness> => ({
    subject: googlePlayWebhook,
    secret,
    deliver,
    hints: ['subscriptionNotification', 'oneTimeProductNotification', 'voidedPurchaseNotification'].map((event) => ({
      name: event,
      sample: { event, payload: { version: '1.0' } },
      keys: [`store-app:${APP}`],
    })),
    ignored: { event: 'testNotification', payload: { version: '1.0' } },
    close: async () => undefined,
  }),
  { skip: [noSignature] },
);

describe('webhooks of Google Play', () => {
  const good = deliver({ event: 'subscriptionNotification', payload: {} }, '1');

  it.each([
    ['no query', undefined],
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['a token cut short', { token: secret.slice(0, -1) }],
    ['a longer token', { token: `${secret}0` }],
    ['the token under another name', { key: secret }],
  ])('are refused with %s', (_what, query) => {
    expect(googlePlayWebhook.verify({ headers: good.headers, rawBody: good.rawBody, ...(query && { query }) }, secret)).toBe(false);
  });

  it('are refused where the secret is empty, whatever is sent', () => {
    expect(googlePlayWebhook.verify({ ...good, query: { token: '' } }, '')).toBe(false);
  });

  it('are not believed in a header', () => {
    const headers = { authorization: `Bearer ${secret}`, token: secret };

    expect(googlePlayWebhook.verify({ headers, rawBody: good.rawBody }, secret)).toBe(false);
  });

  it('hint at their app whatever Google adds to them', () => {
    const request = deliver({ event: 'notificationOfTomorrow', payload: {} }, '1');

    expect(googlePlayWebhook.parse(request)).toEqual({
      event: 'unknown',
      hints: [{ key: `store-app:${APP}`, summary: `unknown of ${APP}` }],
    });
  });

  it('have the id of the message, whoever signs and whatever else the push says', () => {
    expect(googlePlayWebhook.deliveryId(deliver({ event: 'x', payload: {} }, '2070443601311540'))).toBe('2070443601311540');
  });

  it('are set up by steps that name the address and no secret', () => {
    const url = 'https://signalbox.example.com/api/v1/webhooks/google-play/i-1';
    const steps = webhookInstructions({ url });

    expect(steps.length).toBeGreaterThan(2);
    expect(steps.join('\n')).toContain(`${url}?token=SECRET`);
    expect(steps.join('\n')).toContain('google-play-developer-notifications@system.gserviceaccount.com');
  });
});
