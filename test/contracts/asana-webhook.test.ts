import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asana } from '../../src/integrations/providers/asana/index.ts';
import { asanaWebhook, webhookFilters } from '../../src/integrations/providers/asana/webhook.ts';
import { type WebhookHarness, type WebhookSample, webhookSourceContract } from './webhook-source.contract.ts';

const task = (gid: string) => ({ gid, resource_type: 'task', resource_subtype: 'default_task' });
const at = { created_at: '2026-11-21T12:00:00.000Z', user: { gid: '1', resource_type: 'user' } };
const events = (...list: object[]) => ({ events: list.map((event) => ({ ...at, ...event })) });

webhookSourceContract('asana', async (): Promise<WebhookHarness> => {
  const secret = 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81';
  return {
    subject: asanaWebhook,
    secret,
    deliver({ payload }: WebhookSample) {
      const rawBody = Buffer.from(JSON.stringify(payload));
      const signature = createHmac('sha256', secret).update(rawBody).digest('hex');
      return { headers: { 'content-type': 'application/json', 'x-hook-signature': signature }, rawBody };
    },
    hints: [
      {
        name: 'a task is completed',
        sample: {
          event: 'task changed',
          payload: events({ action: 'changed', resource: task('34'), parent: null, change: { field: 'completed', action: 'changed' } }),
        },
        keys: ['ticket:34'],
      },
      {
        name: 'a task is moved to another section',
        sample: {
          event: 'task added',
          payload: events({ action: 'added', resource: task('34'), parent: { gid: '22', resource_type: 'section' } }),
        },
        keys: ['ticket:34'],
      },
      {
        name: 'several things happen to two tasks',
        sample: {
          event: 'task added, task removed',
          payload: events(
            { action: 'added', resource: task('34'), parent: { gid: '22', resource_type: 'section' } },
            { action: 'removed', resource: task('34'), parent: { gid: '21', resource_type: 'section' } },
            { action: 'added', resource: task('35'), parent: { gid: '22', resource_type: 'section' } },
          ),
        },
        keys: ['ticket:34', 'ticket:35'],
      },
    ],
    ignored: {
      event: 'story added',
      payload: events({ action: 'added', resource: { gid: '9', resource_type: 'story' }, parent: task('34') }),
    },
    close: async () => undefined,
  };
});

describe('webhooks of Asana', () => {
  const challenge = (headers: Record<string, string>) => asanaWebhook.challenge?.({ headers, rawBody: Buffer.from('{}') });

  it('the handshake gets its secret back, before any secret is known', () => {
    expect(challenge({ 'x-hook-secret': 'b537207f' })).toEqual({ headers: { 'x-hook-secret': 'b537207f' }, unsigned: true });
  });

  it.each([
    ['a delivery', { 'x-hook-signature': 'b537207f' }],
    ['a delivery that brings a secret along', { 'x-hook-signature': 'b537207f', 'x-hook-secret': 'mine' }],
    ['an empty secret', { 'x-hook-secret': '' }],
    ['a secret that breaks a header', { 'x-hook-secret': 'a\r\nset-cookie: b' }],
    ['a secret too long for one', { 'x-hook-secret': 'a'.repeat(257) }],
  ])('%s is no handshake', (_what, headers) => {
    expect(challenge(headers as Record<string, string>)).toBeNull();
  });

  it('a heartbeat is told apart and hints at nothing', () => {
    expect(asanaWebhook.parse({ headers: {}, rawBody: Buffer.from('{"events":[]}') })).toEqual({ event: 'heartbeat', hints: [] });
  });

  it('people are told the address and every filter', () => {
    const steps = asana.webhookInstructions?.({ url: 'https://signalbox.example.com/hook' }).join('\n') ?? '';

    expect(steps).toContain('https://signalbox.example.com/hook');
    for (const filter of webhookFilters) expect(steps).toContain(JSON.stringify(filter).replaceAll(/([:,])(?=["[{])/g, '$1 '));
  });
});
