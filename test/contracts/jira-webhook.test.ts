import { createHmac } from 'node:crypto';
import { jiraWebhook } from '../../src/integrations/providers/jira/webhook.ts';
import { type WebhookHarness, webhookSourceContract } from './webhook-source.contract.ts';

webhookSourceContract('jira', async (): Promise<WebhookHarness> => {
  const secret = 'JHxgnYF8Ks2mQ0pLwZ';
  const issue = { id: '10001', key: 'APP-1', fields: { status: { name: 'Done' } } };
  return {
    subject: jiraWebhook,
    secret,
    deliver({ event, payload }, deliveryId) {
      const rawBody = Buffer.from(JSON.stringify({ timestamp: 1767225600000, webhookEvent: event, ...(payload as object) }));
      const signature = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
      const headers = {
        'content-type': 'application/json',
        'x-hub-signature': signature,
        'x-atlassian-webhook-identifier': deliveryId,
      };
      return { headers, rawBody };
    },
    hints: [{ name: 'a ticket changes', sample: { event: 'jira:issue_updated', payload: { issue } }, keys: ['ticket:APP-1'] }],
    ignored: { event: 'sprint_started', payload: { sprint: { id: 4 } } },
    close: async () => undefined,
  };
});
