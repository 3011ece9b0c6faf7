import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clickup } from '../../src/integrations/providers/clickup/index.ts';
import { clickupWebhook } from '../../src/integrations/providers/clickup/webhook.ts';
import { type WebhookHarness, webhookSourceContract } from './webhook-source.contract.ts';

const secret = 'O94IM25S7PXBPYTMNXLLET230SRP0S89COR7B1YOJ2ZIE8WQNK5UUKEF26W0Z5GA';
const move = { field: 'status', before: { status: 'to do', type: 'open' }, after: { status: 'complete', type: 'closed' } };

function deliver({ event, payload }: { event: string; payload: unknown }, deliveryId: string) {
  const { history_items = [{}], ...rest } = payload as { history_items?: object[] };
  const items = history_items.map((item) => ({ id: deliveryId, parent_id: '162641062', ...item }));
  const rawBody = Buffer.from(JSON.stringify({ event, history_items: items, ...rest, webhook_id: '7fa3ec74-69a8-4530-a251-8a13730bd204' }));
  const signature = createHmac('sha256', secret).update(rawBody).digest('hex');
  return { headers: { 'content-type': 'application/json', 'x-signature': signature }, rawBody };
}

webhookSourceContract('clickup', async (): Promise<WebhookHarness> => {
  const keys = ['ticket:1vj38vv'];
  return {
    subject: clickupWebhook,
    secret,
    deliver,
    hints: [
      { name: 'a ticket moves', sample: { event: 'taskStatusUpdated', payload: { task_id: '1vj38vv', history_items: [move] } }, keys },
      { name: 'a ticket changes', sample: { event: 'taskUpdated', payload: { task_id: '1vj38vv' } }, keys },
      { name: 'a ticket is deleted', sample: { event: 'taskDeleted', payload: { task_id: '1vj38vv', history_items: [] } }, keys },
    ],
    ignored: { event: 'listUpdated', payload: { list_id: '162641234' } },
    close: async () => undefined,
  };
});

describe('webhooks of ClickUp', () => {
  it('tell one change as two events, which are two deliveries', () => {
    const [moved, updated] = ['taskStatusUpdated', 'taskUpdated'].map((event) =>
      clickupWebhook.deliveryId(deliver({ event, payload: { task_id: '1vj38vv', history_items: [move] } }, '2800763136717140857')),
    );

    expect(moved).not.toBe(updated);
  });

  it('say from which status to which a task went', () => {
    const request = deliver({ event: 'taskStatusUpdated', payload: { task_id: '1vj38vv', history_items: [move] } }, '1');

    expect(clickupWebhook.parse(request).hints[0]?.summary).toContain('to do → complete');
  });

  it('are explained to people: address, events, and that ClickUp makes the secret', () => {
    const url = 'https://signalbox.example.com/api/v1/webhooks/clickup/1';
    const steps = clickup.webhookInstructions?.({ url }).join('\n') ?? '';

    for (const part of [url, 'taskStatusUpdated', 'taskUpdated', 'taskDeleted', 'webhook.secret', 'webhook secret'])
      expect(steps).toContain(part);
  });
});
