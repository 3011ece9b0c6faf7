import { describe, expect, it } from 'vitest';
import { gitlabWebhook } from '../../src/integrations/providers/gitlab/webhook.ts';
import { signatureHeaders, tokenHeaders } from '../fakes/gitlab/index.ts';
import { gitlabSignedWebhookHarness, gitlabTokenWebhookHarness, SIGNING_TOKEN } from './gitlab-webhook-harness.ts';
import { webhookSourceContract } from './webhook-source.contract.ts';

webhookSourceContract('gitlab', gitlabTokenWebhookHarness, {
  skip: [
    {
      reason: 'a secret token proves who calls, not what is said: GitLab signs the body only where the hook has a signing token',
      tests: ['every altered byte of the body fails'],
    },
  ],
});
webhookSourceContract('gitlab signed', gitlabSignedWebhookHarness);

describe('webhooks of GitLab', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const at = now.getTime() / 1_000;
  const webhook = gitlabWebhook(() => now);
  const rawBody = Buffer.from('{"object_kind":"push"}');
  const signed = (timestamp: number) => ({
    rawBody,
    headers: { ...tokenHeaders(null, 'Push Hook', 'd-1'), ...signatureHeaders(SIGNING_TOKEN, 'd-1', rawBody, timestamp) },
  });

  it('a signature is good for five minutes on either side of the clock', () => {
    for (const offset of [-300, 0, 300]) expect(webhook.verify(signed(at + offset), SIGNING_TOKEN)).toBe(true);
    for (const offset of [-301, 301]) expect(webhook.verify(signed(at + offset), SIGNING_TOKEN)).toBe(false);
  });

  it('one good signature among several is enough, as while a signing token is being replaced', () => {
    const good = signed(at);
    const signature = good.headers['webhook-signature'];
    const with_ = (value: string) => ({ rawBody, headers: { ...good.headers, 'webhook-signature': value } });

    expect(webhook.verify(with_(`v1,${'A'.repeat(43)}= ${signature}`), SIGNING_TOKEN)).toBe(true);
    expect(webhook.verify(with_(`v1,${'A'.repeat(43)}=`), SIGNING_TOKEN)).toBe(false);
    expect(webhook.verify(with_(`${signature}`.replace('v1,', 'v1a,')), SIGNING_TOKEN)).toBe(false);
  });

  it('a wrong signature is not made good by the right token', () => {
    const secret = 'whsec-gitlab';
    const request = { rawBody, headers: { ...signed(at).headers, 'x-gitlab-token': secret } };

    expect(webhook.verify(request, secret)).toBe(false);
  });

  it('older servers, which give one event id to all that follows from one cause, still have one id a delivery', () => {
    const from = (text: string) => ({ rawBody: Buffer.from(text), headers: { 'x-gitlab-event-uuid': 'e-1' } });

    expect(webhook.deliveryId(from('{"a":1}'))).toBe(webhook.deliveryId(from('{"a":1}')));
    expect(webhook.deliveryId(from('{"a":1}'))).not.toBe(webhook.deliveryId(from('{"a":2}')));
  });
});
