import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appStoreConnect } from '../../src/integrations/providers/app-store-connect/index.ts';
import { ascWebhook } from '../../src/integrations/providers/app-store-connect/webhook.ts';
import { type WebhookHarness, type WebhookSample, webhookSourceContract } from './webhook-source.contract.ts';

const secret = 'a-secret-that-is-hard-to-guess';

/** As in "Configuring and parsing App Store Connect API webhook notifications". */
function deliver({ event, payload }: WebhookSample, id: string) {
  const data = { type: event, id, version: 1, ...(payload as object) };
  const rawBody = Buffer.from(JSON.stringify({ data }));
  const signature = `hmacsha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
  return { headers: { 'content-type': 'application/json', 'x-apple-signature': signature }, rawBody };
}

const instance = (type: string) => ({
  instance: { data: { type, id: 'ad7e6298-2570-4ca6-b3cc-f81788e40bdc' }, links: { self: 'https://api.appstoreconnect.apple.com/v1/x' } },
});
const versionChanged = {
  event: 'appStoreVersionAppVersionStateUpdated',
  payload: {
    attributes: { oldValue: 'IN_REVIEW', newValue: 'PENDING_DEVELOPER_RELEASE', timestamp: '2026-03-01T05:00:52.745Z' },
    relationships: instance('appStoreVersions'),
  },
};
const buildUploaded = {
  event: 'buildUploadStateUpdated',
  payload: { attributes: { oldState: 'PROCESSING', newState: 'COMPLETE' }, relationships: instance('buildUploads') },
};

webhookSourceContract('app-store-connect', async (): Promise<WebhookHarness> => {
  const keys = ['store'];
  return {
    subject: ascWebhook,
    secret,
    deliver,
    hints: [
      { name: 'a version changes its state', sample: versionChanged, keys },
      { name: 'an upload was processed', sample: buildUploaded, keys },
    ],
    ignored: { event: 'webhookPingCreated', payload: { attributes: { timestamp: '2026-03-01T05:00:52.745Z' } } },
    close: async () => undefined,
  };
});

describe('webhooks of App Store Connect', () => {
  it('say from which state to which a version or an upload went', () => {
    const summaryOf = (sample: WebhookSample) => ascWebhook.parse(deliver(sample, 'd-1')).hints[0]?.summary;

    expect(summaryOf(versionChanged)).toContain('a version changed (IN_REVIEW → PENDING_DEVELOPER_RELEASE)');
    expect(summaryOf(buildUploaded)).toContain('an upload changed (PROCESSING → COMPLETE)');
  });

  it('still hint when they do not say how a version changed', () => {
    const sample = { ...versionChanged, payload: { relationships: instance('appStoreVersions') } };

    expect(ascWebhook.parse(deliver(sample, 'd-1')).hints).toMatchObject([{ key: 'store', summary: expect.stringContaining('? → ?') }]);
  });

  it('have the id that App Store Connect gave them', () => {
    expect(ascWebhook.deliveryId(deliver(versionChanged, '7c813492-9516-4c79-903e-224effdd57ac'))).toBe(
      '7c813492-9516-4c79-903e-224effdd57ac',
    );
  });

  it('with a bare digest, without saying which kind, are not taken', () => {
    const good = deliver(versionChanged, 'd-1');
    const bare = good.headers['x-apple-signature'].replace('hmacsha256=', '');

    expect(ascWebhook.verify({ ...good, headers: { 'x-apple-signature': bare } }, secret)).toBe(false);
  });

  it('are explained to people: address, secret, events, and that each app needs one', () => {
    const url = 'https://signalbox.example.com/api/v1/webhooks/app-store-connect/1';
    const steps = appStoreConnect.webhookInstructions?.({ url }).join('\n') ?? '';

    for (const part of [url, 'webhook secret', 'APP_STORE_VERSION_APP_VERSION_STATE_UPDATED', 'BUILD_UPLOAD_STATE_UPDATED', 'each app']) {
      expect(steps).toContain(part);
    }
  });
});
